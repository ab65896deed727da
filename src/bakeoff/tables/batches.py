"""The types that tables are read with: files, chunks of files, and batches of rows."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from bakeoff.runtime.files import open_file
from bakeoff.runtime.objects.object_file import ObjectFile
from bakeoff.runtime.objects.place import BLOCK
from bakeoff.runtime.paths import allowed_roots
from bakeoff.tables.late_header import LateHeader

TablePath = Path | ObjectFile

FREE = 256 << 20  # bytes that any compressed file may unpack to
MOST_UNPACKING = 200  # times its size that a larger one may unpack to; gzip alone reaches 1000


def most_unpacked(packed: int) -> int:
    """Return the most bytes that a compressed file of `packed` bytes may unpack to: the larger of the two limits."""
    return max(FREE, MOST_UNPACKING * packed)


class MalformedRecord(NamedTuple):
    """A record that can't be read as a row.

    Attributes:
        position: its position in the batch, from 0.
        text: its content.
        kind: what is wrong, in the same words for all records with this fault.
        reason: what is wrong, with the details of this record.
        column: the column of the faulty cell; None if the record as a whole is faulty.
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
        table: the readable rows, with the requested columns.
        positions: the position of each readable row in the batch, from 0, shape (table.num_rows,).
        malformed: the other records, in order.
    """

    table: pa.Table
    positions: np.ndarray
    malformed: Sequence[MalformedRecord] = ()

    @classmethod
    def of(cls, table: pa.Table) -> "Batch":
        """Make a batch of a table whose rows are all readable."""
        return cls(table, np.arange(table.num_rows))

    @property
    def n_rows(self) -> int:
        """The number of rows, malformed ones included."""
        return len(self.positions) + len(self.malformed)


@dataclass(frozen=True)
class Chunk:
    """A part of a file that is not parsed yet.

    Attributes:
        read: parses it, in any thread; raises a DataError if the file is corrupt.
        next_offset: the offset of the next chunk: in a CSV bytes of its text as UTF-8, in other formats rows.
    """

    read: Callable[[], Batch]
    next_offset: int


@dataclass(frozen=True)
class Position:
    """The position in a table where a batch begins.

    Attributes:
        file: the index of the file.
        offset: the offset in that file, in the unit of `Chunk.next_offset`.
        row: the number of rows before it, in all files.
    """

    file: int = 0
    offset: int = 0
    row: int = 0


BEGINNING = Position()


class TableFile(Protocol):
    """A file that is read in chunks.

    Attributes:
        path: the file's path, for messages.
        schema: names and types of the columns; those of a CSV are all text.
        n_rows: the number of rows, or None if that is unknown before the file is read.
        typed: whether columns of text are known to hold text, as in Parquet; in a CSV they may hold numbers, dates or
            booleans.
        index_columns: the columns that pandas wrote as a frame's index, by the file's metadata.
        note: how the file is read, to follow its name in a message, if that had to be recognized; else empty.
        what: what it is, for messages.
        late_header: a line below the first that seems to be the header; else None.
        seekable: whether a chunk can be read by its offset without most of what is before it.
    """

    path: TablePath
    schema: pa.Schema
    n_rows: int | None
    typed: bool
    index_columns: frozenset[str]
    note: str
    what: str = "the file"
    late_header: LateHeader | None = None
    seekable: bool = False

    def chunks(self, wanted: Sequence[str], numbers: Sequence[str], offset: int = 0) -> Iterator[Chunk]:
        """Read the file in chunks.

        Args:
            wanted: the columns to read; columns that the file lacks are skipped.
            numbers: the columns to parse as numbers if all cells of a chunk are numbers.
            offset: where to start, as `Chunk.next_offset`.

        Raises:
            DataError: the file is corrupt.
        """
        ...

    def ends(self, wanted: Sequence[str], numbers: Sequence[str], offset: int = 0) -> Iterator[int]:
        """Yield `next_offset` of each chunk that `chunks` would yield; errors may come later than from there."""
        for chunk in self.chunks(wanted, numbers, offset):
            yield chunk.next_offset

    def share(self, offset: int) -> float:
        """Return the approximate share of the file before an offset, between 0 and 1."""
        ...

    def identity(self) -> list[Any]:
        """Return the file's path, size in bytes and modification time in nanoseconds, to detect changes.

        Of an object it is the address, the size and the version.
        """
        if isinstance(self.path, ObjectFile):
            return self.path.identity()
        try:
            stat = self.path.stat()
        except OSError:  # deleted in the meantime
            return [str(self.path)]
        return [str(self.path.resolve()), stat.st_size, stat.st_mtime_ns]


def size_of(path: TablePath) -> int:
    """Return the size of a file in bytes."""
    return path.size if isinstance(path, ObjectFile) else path.stat().st_size


def open_bytes(path: TablePath, ahead: int = BLOCK) -> IO[bytes]:
    """Open a file for reading; of an object, so many bytes are read at least.

    Raises:
        OSError: the system refuses.
        ConfigError: it lies outside of `BAKEOFF_ROOTS`, as by a link.
    """
    return path.open("rb", ahead) if isinstance(path, ObjectFile) else io.BufferedReader(open_file(path))


def open_arrow(path: TablePath, ahead: int) -> Any:
    """Open a file for pyarrow; see `open_bytes`."""
    if isinstance(path, ObjectFile):
        return pa.PythonFile(path.open("rb", ahead), "r")
    if not allowed_roots():
        return pa.OSFile(str(path))
    with open_file(path) as file:  # the very file that was checked: meanwhile the path may have become a link
        return pa.OSFile(f"/proc/self/fd/{file.fileno()}")
