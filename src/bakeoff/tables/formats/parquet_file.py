"""Read a Parquet file in batches of limited size, whatever the size of its row groups."""

import contextlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from bakeoff.errors import DataError
from bakeoff.formatting import format_count
from bakeoff.runtime.files import describe_read_error
from bakeoff.tables.batches import (
    FREE,
    MOST_UNPACKING,
    Batch,
    Chunk,
    TableFile,
    TablePath,
    most_unpacked,
    open_arrow,
    size_of,
)
from bakeoff.tables.formats.utf8 import validate_rows

MOST_BYTES = 1 << 26  # of a decoded batch
LONGEST_CELL = 1 << 20  # bytes of a text
MOST_DICTIONARY = 1 << 27  # bytes of a column chunk whose dictionary may be read to find its longest text

CELL = 8  # bytes that a number takes in memory, and a text at least
CELLS = 1 << 20  # of a batch, approximately
UNREADABLE = (pa.ArrowException, OSError, ValueError)  # what pyarrow raises for broken files
MOST_SKIPPED = 1 << 18  # rows of a row group: those before a chunk are decoded in vain
MOST_ROWS, LEAST_ROWS = 1 << 17, 1 << 10  # of a batch, unless `MOST_BYTES` allows fewer


class ParquetFile(TableFile):
    """A Parquet file; its columns have Arrow's types."""

    typed: bool = True
    note: str = ""

    def __init__(self, path: TablePath, content: bytes | None = None) -> None:
        """Read the footer.

        Args:
            path: the file's path.
            content: the file's bytes, if they are in memory already because their digest was verified.

        Raises:
            DataError: it is not a readable Parquet file.
        """
        self.path: TablePath = path
        self._content = content
        try:
            file = self._open()
            self.schema = file.schema_arrow
        except UNREADABLE as error:
            raise _unreadable(path, error) from error
        self.n_rows: int | None = file.metadata.num_rows
        self.index_columns = index_columns(self.schema)
        ends = np.cumsum([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)])
        self._ends = [0, *map(int, ends)]  # 0, and the number of rows up to the end of each row group
        self.seekable = content is None and int(np.diff(self._ends).max(initial=0)) <= MOST_SKIPPED

    def chunks(self, wanted: Sequence[str], numbers: Sequence[str] = (), offset: int = 0) -> Iterator[Chunk]:  # noqa: ARG002  as `TableFile` has it
        """Read in chunks; the offset is a row number. See `TableFile`."""
        if offset >= self._ends[-1]:
            return
        columns, size = self._plan(wanted)
        first = bisect_right(self._ends, offset) - 1
        try:
            batches = self._open().iter_batches(size, range(first, len(self._ends) - 1), columns=columns)
            for table in _rebatch(batches, size, offset - self._ends[first]):
                offset += table.num_rows
                yield Chunk(partial(_checked, self.path, table), offset)
        except UNREADABLE as error:
            raise _unreadable(self.path, error) from error

    def ends(self, wanted: Sequence[str], numbers: Sequence[str] = (), offset: int = 0) -> Iterator[int]:  # noqa: ARG002  as `TableFile` has it
        """Yield the row at which each chunk ends; no rows are read. See `TableFile`."""
        if offset < self._ends[-1]:
            _, size = self._plan(wanted)
            yield from (min(start + size, self._ends[-1]) for start in range(offset, self._ends[-1], size))

    def _plan(self, wanted: Sequence[str]) -> tuple[list[str], int]:
        """Choose the columns to read, and the rows of a chunk.

        Raises:
            DataError: the file is corrupt, or has too large cells.
        """
        present = set(self.schema.names)
        columns = [name for name in wanted if name in present]
        most = int(np.clip(CELLS // max(len(columns), 1), LEAST_ROWS, MOST_ROWS))
        try:
            texts = [name for name in columns if is_text(self.schema.field(name).type)]
            return columns, rows_at_once(self._open(dictionaries=texts), self.path, columns, most)
        except UNREADABLE as error:
            raise _unreadable(self.path, error) from error

    def share(self, offset: int) -> float:
        """Return the share of the file before a row, between 0 and 1."""
        return offset / self.n_rows if self.n_rows else 1.0

    def _open(self, dictionaries: Sequence[str] | None = None) -> Any:
        """Open a new reader, since threads can't share one; columns in `dictionaries` are read dictionary-encoded."""
        source = open_arrow(self.path, 0) if self._content is None else pa.BufferReader(self._content)
        # Not by the dataset reader, which makes a column of a folder named like `a=1`. Without pre_buffer, pages are
        # read when they are needed instead of a whole row group at once.
        return pa.parquet.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20, read_dictionary=dictionaries)


def _rebatch(batches: Iterator[pa.RecordBatch], size: int, skip: int) -> Iterator[pa.Table]:
    """Skip the first `skip` rows, and regroup the rest into tables of exactly `size` rows; the last may have fewer."""
    held: list[pa.RecordBatch] = []
    count = 0
    for whole in batches:
        batch = whole.slice(min(skip, whole.num_rows))
        skip -= whole.num_rows - batch.num_rows
        while count + batch.num_rows >= size:
            held.append(batch.slice(0, size - count))
            batch, count = batch.slice(size - count), 0
            yield pa.Table.from_batches(held)
            held = []
        if batch.num_rows:
            held.append(batch)
            count += batch.num_rows
    if held:
        yield pa.Table.from_batches(held)


def _checked(path: TablePath, table: pa.Table) -> Batch:
    """Validate a part of the table; rows that are not UTF-8 are malformed."""
    try:
        return validate_rows(table)
    except UNREADABLE as error:
        raise _unreadable(path, error) from error


def _unreadable(path: TablePath, error: Exception) -> DataError:
    """Make the error for a corrupt file, or for one that the system can't read."""
    if isinstance(error, OSError) and error.errno is not None:
        return DataError(describe_read_error(error, path))
    return DataError(f"{str(path)!r} is not a readable Parquet file: {(str(error).splitlines() or ['?'])[0][:300]}")


def rows_at_once(file: Any, path: object, columns: Sequence[str], most: int) -> int:
    """Compute the number of rows to read at once, at most `most` and so that they take at most `MOST_BYTES`.

    Args:
        file: pyarrow's reader of the file, with dictionary-encoded text columns.
        path: the file's path, for messages.
        columns: the columns to read.
        most: the largest number of rows.

    Raises:
        DataError: a text is longer than `LONGEST_CELL`, a dictionary is larger than `MOST_DICTIONARY`, or a column
            unpacks to too many bytes.
    """
    metadata = file.metadata
    numbers = {metadata.schema.column(number).path: number for number in range(metadata.num_columns)}
    schema = file.schema_arrow  # a property that pyarrow computes anew at each access
    texts = [name for name in columns if name in numbers and is_text(schema.field(name).type)]
    size = most
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        chunks = {name: row_group.column(numbers[name]) for name in columns if name in numbers}
        for name, chunk in chunks.items():
            unpacked = chunk.total_uncompressed_size
            if unpacked > most_unpacked(chunk.total_compressed_size):
                _refuse(path, name, f"{chunk.total_compressed_size:,} bytes that unpack to {unpacked:,}")
        widest = sum(chunk.total_uncompressed_size for chunk in chunks.values()) / max(row_group.num_rows, 1)
        for name in texts:
            chunk = chunks[name]
            if chunk.has_dictionary_page and chunk.total_uncompressed_size * most > MOST_BYTES:
                widest += _longest(file, path, group, name, chunk.total_uncompressed_size)
        if widest * size > MOST_BYTES:
            size = max(1, int(MOST_BYTES / widest))
    return size


def refuse_bomb(file: ParquetFile) -> None:
    """Refuse a small file whose repeated values would fill the memory if it is read whole, as for training.

    Raises:
        DataError: it has more cells than a file of its size may.
    """
    size, rows, columns = size_of(file.path), file.n_rows or 0, len(file.schema.names)
    if rows * columns * CELL > most_unpacked(size):
        raise DataError(
            f"{str(file.path)!r} has {size:,} bytes and unpacks to {rows:,} rows of {format_count(columns, 'column')}: "
            f"nearly all repeat; in training a file may unpack to {FREE >> 20} MB, or to {MOST_UNPACKING} times its "
            "size: leave out repeated rows"
        )


def unpacked_bytes(table: pa.Table) -> int:
    """Compute the size of a table in bytes if its dictionary-encoded columns were decoded."""
    total = 0
    for column in table.columns:
        for chunk in column.chunks:
            total += chunk.nbytes
            if pa.types.is_dictionary(chunk.type) and is_text(chunk.type.value_type) and len(chunk.dictionary):
                lengths = pc.binary_length(chunk.dictionary).take(chunk.indices)
                total += pc.sum(lengths.cast(pa.int64())).as_py() or 0
    return total


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column of this type can hold text, dictionary-encoded or not."""
    return bool(pa.types.is_large_string(kind) or pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _longest(file: Any, path: object, group: int, name: str, size: int) -> int:
    """Return the length in bytes of the longest value in a row group's dictionary; 0 without a dictionary."""
    if size > MOST_DICTIONARY:
        _refuse(path, name, f"a dictionary of up to {size:,} bytes, and {MOST_DICTIONARY:,} are the most")
    batch = next(file.iter_batches(1, [group], columns=[name]), None)
    if batch is None or not pa.types.is_dictionary(batch.column(0).type):
        return 0
    longest = pc.max(pc.binary_length(batch.column(0).dictionary)).as_py() or 0
    if longest > LONGEST_CELL:
        _refuse(path, name, f"a text of {longest:,} bytes, and {LONGEST_CELL:,} are the most")
    return int(longest)


def _refuse(path: object, name: str, what: str) -> None:
    """Raise a `DataError` for a column with too large content."""
    raise DataError(f"column {name!r} of {str(path)!r} has {what}; shorten it, or leave the column out of the file")


def index_columns(schema: pa.Schema) -> frozenset[str]:
    """Return the columns that pandas wrote as a frame's index, by its metadata; none without valid metadata."""
    with contextlib.suppress(ValueError, AttributeError, TypeError, RecursionError):
        columns = json.loads((schema.metadata or {}).get(b"pandas", b"{}")).get("index_columns", [])
        return frozenset(name for name in columns if isinstance(name, str))  # a RangeIndex is described by a dict
    return frozenset()
