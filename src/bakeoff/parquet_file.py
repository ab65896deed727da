"""A Parquet file, read in batches that don't follow its row groups, however large those are."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from bakeoff.batches import Batch, Piece
from bakeoff.encoding import decode
from bakeoff.errors import DataError
from bakeoff.files import say_unread
from bakeoff.parquet_bounds import is_text, rows_at_once

CELLS = 1 << 20  # of a batch, about
UNREADABLE = (pa.ArrowException, OSError, ValueError)  # what pyarrow raises for broken files
MOST_ROWS, LEAST_ROWS = 1 << 17, 1 << 10


class ParquetFile:
    """Rows with Arrow's types."""

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        """Read the footer.

        Args:
            path: of the file.
            content: its bytes, where they are in memory already, since they were compared with a digest.

        Raises:
            DataError: it is no Parquet file, or a broken one.
        """
        self.path: Path = path
        self._content = content
        try:
            file = self._open()
            self.schema = file.schema_arrow
        except UNREADABLE as error:
            raise _unreadable(path, error) from error
        self.n_rows: int | None = file.metadata.num_rows
        ends = np.cumsum([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)])
        self._ends = [0, *map(int, ends)]  # of the row groups, in rows

    def pieces(self, wanted: Sequence[str], numbers: Sequence[str] = (), offset: int = 0) -> Iterator[Piece]:  # noqa: ARG002  as `TableFile` has it
        """Read from a row on; see `TableFile`."""
        columns = [name for name in wanted if name in self.schema.names]
        size = int(np.clip(CELLS // max(len(columns), 1), LEAST_ROWS, MOST_ROWS))
        if offset >= self._ends[-1]:
            return
        try:
            texts = [name for name in columns if is_text(self.schema.field(name).type)]
            size = rows_at_once(self._open(dictionaries=texts), self.path, columns, size)
        except UNREADABLE as error:
            raise _unreadable(self.path, error) from error
        first = bisect_right(self._ends, offset) - 1
        try:
            read = self._open().iter_batches(size, range(first, len(self._ends) - 1), columns=columns)
            for table in _in_steps(read, size, offset - self._ends[first]):
                offset += table.num_rows
                yield Piece(partial(_checked, self.path, table), offset)
        except UNREADABLE as error:
            raise _unreadable(self.path, error) from error

    def share(self, offset: int) -> float:
        """How much of the file lies before a row: 0 to 1."""
        return offset / self.n_rows if self.n_rows else 1.0

    def _open(self, dictionaries: Sequence[str] | None = None) -> Any:
        """A reader of its own, since threads can't share one; of some columns it leaves dictionaries as they are."""
        source = str(self.path) if self._content is None else pa.BufferReader(self._content)
        # The file itself, not the dataset reader: a folder named like `a=1` must not become a column. Pages are read as
        # they are needed, not a row group at once.
        return pa.parquet.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20, read_dictionary=dictionaries)


def _in_steps(batches: Iterator[pa.RecordBatch], size: int, skip: int) -> Iterator[pa.Table]:
    """The rows without the first `skip`, in tables of `size` rows, which don't depend on where one began."""
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


def _checked(path: Path, table: pa.Table) -> Batch:
    """A row with text that is not UTF-8 is broken; other damage than that is the file's."""
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:
        try:
            batch = decode(table)
            batch.table.validate(full=True)
        except UNREADABLE as error:
            raise _unreadable(path, error) from error
        return batch
    return Batch.of(table)


def _unreadable(path: Path, error: Exception) -> DataError:
    """The sentence for a broken file, or for one that the system refused to have read."""
    if isinstance(error, OSError) and error.errno is not None:
        return DataError(say_unread(error, path))
    return DataError(f"{str(path)!r} is not a readable Parquet file: {(str(error).splitlines() or ['?'])[0][:300]}")
