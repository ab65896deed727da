"""What a table is read in: pieces of files, each of so many rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa


class MalformedRecord(NamedTuple):
    """A record that can't be read as a row.

    Attributes:
        position: among the rows that are read with it.
        text: what stands there.
        kind: what is wrong with it, in words that many records may share.
        reason: the same of this record.
        column: where one of its cells is wrong.
    """

    position: int
    text: str
    kind: str
    reason: str
    column: str | None = None


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows of a table.

    Attributes:
        table: the readable ones, the wanted columns alone.
        positions: where each of them stands among the batch's rows, shape (table.num_rows,).
        broken: the others, in order.
    """

    table: pa.Table
    positions: np.ndarray
    broken: Sequence[MalformedRecord] = ()

    @classmethod
    def of(cls, table: pa.Table) -> "Batch":
        """A table none of whose rows is broken."""
        return cls(table, np.arange(table.num_rows))

    @property
    def n_rows(self) -> int:
        """Readable or not."""
        return len(self.positions) + len(self.broken)


@dataclass(frozen=True)
class Chunk:
    """A stretch of a file whose rows are still to be made of its bytes, which any thread may do.

    Attributes:
        read: makes them; raises a DataError where the file is broken.
        next_offset: where the next piece begins, in bytes of a CSV's text or in rows of Parquet.
    """

    read: Callable[[], Batch]
    next_offset: int


@dataclass(frozen=True)
class Position:
    """Where a batch begins.

    Attributes:
        file: the number of the file.
        offset: in it, as pieces count.
        row: how many rows lie before, in all files.
    """

    file: int = 0
    offset: int = 0
    row: int = 0


BEGINNING = Position()


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

    def pieces(self, wanted: Sequence[str], numbers: Sequence[str], offset: int = 0) -> Iterator[Chunk]:
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
