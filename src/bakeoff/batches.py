"""What a table is read in: batches of rows, each knowing where it stands in the whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Broken:
    """A record that can't be read as a row."""

    row: int
    value: str
    reason: str


@dataclass(frozen=True)
class Piece:
    """A stretch of one file.

    Attributes:
        table: its readable rows, the wanted columns alone.
        positions: where each of them stands among the piece's rows, shape (table.num_rows,).
        broken: the other rows, as position, text and reason.
        after: where the next piece begins.
    """

    table: pa.Table
    positions: np.ndarray
    broken: Sequence[tuple[int, str, str]]
    after: int

    @property
    def n_rows(self) -> int:
        """Readable or not."""
        return len(self.positions) + len(self.broken)


@dataclass(frozen=True)
class Place:
    """Where a batch begins.

    Attributes:
        file: the number of the file.
        offset: in it, in bytes of a CSV's text or in rows of Parquet.
        row: how many rows lie before, in all files.
    """

    file: int = 0
    offset: int = 0
    row: int = 0


BEGINNING = Place()


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows of a table.

    Attributes:
        table: the readable ones.
        rows: their numbers in the whole table, shape (table.num_rows,).
        broken: the others.
        start: where it begins.
        after: where the next one does.
    """

    table: pa.Table
    rows: np.ndarray
    broken: Sequence[Broken]
    start: Place
    after: Place

    @property
    def n_rows(self) -> int:
        """Readable or not."""
        return self.after.row - self.start.row


class TableFile(Protocol):
    """One file of rows.

    Attributes:
        path: for messages.
        schema: names and types; all of a CSV's columns are text.
        n_rows: None where it is not known before the file was read.
    """

    path: Path
    schema: pa.Schema
    n_rows: int | None

    def pieces(self, wanted: Sequence[str], numbers: Sequence[str], offset: int = 0) -> Iterator[Piece]:
        """Read from an offset on.

        Args:
            wanted: the columns to read; those that the file lacks are left out.
            numbers: those of them that may be read as numbers at once, where all cells are.
            offset: of a piece.

        Raises:
            DataError: the file is broken.
        """
        ...

    def share(self, offset: int) -> float:
        """How much of the file lies before an offset, about: 0 to 1."""
        ...
