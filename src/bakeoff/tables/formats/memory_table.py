"""A table that is held in memory, because its format can only be read whole; and limits of its size."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from bakeoff.errors import DataError
from bakeoff.tables.batches import Batch, Chunk, TableFile, TablePath
from bakeoff.tables.formats.parquet_file import CELLS, LEAST_ROWS, MOST_BYTES, MOST_ROWS, unpacked_bytes
from bakeoff.tables.formats.utf8 import validate_rows


class MemoryTable(TableFile):
    """A table in memory, which is sliced into chunks."""

    def __init__(
        self, path: TablePath, table: pa.Table, note: str, *, typed: bool, index_columns: frozenset[str] = frozenset()
    ) -> None:
        """Take a table; the other arguments become the attributes of `TableFile` with the same names."""
        self.path: TablePath = path
        self.schema = table.schema
        self.n_rows: int | None = table.num_rows
        self.note, self.typed, self.index_columns = note, typed, index_columns
        self._table = table

    def chunks(self, wanted: Sequence[str], numbers: Sequence[str] = (), offset: int = 0) -> Iterator[Chunk]:  # noqa: ARG002  as `TableFile` has it
        """Read in chunks; the offset is a row number. See `TableFile`."""
        present = set(self.schema.names)
        table = self._table.select([name for name in wanted if name in present])
        size = min(max(CELLS // max(table.num_columns, 1), LEAST_ROWS), MOST_ROWS)
        size = min(size, MOST_BYTES * table.num_rows // _at_least_1(table))
        while offset < table.num_rows:
            part = table.slice(offset, max(size, 1))
            offset += part.num_rows
            yield Chunk(partial(_checked, self.path, part), offset)

    def share(self, offset: int) -> float:
        """Return the share of the table before a row, between 0 and 1."""
        return offset / self.n_rows if self.n_rows else 1.0


def half_of_memory(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Return half of the memory that this process may use, in bytes: the most that a table may take.

    Args:
        cgroup: the folder of the control group, which holds the container's limit; without a limit all memory counts.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):  # of version 2, and of version 1
        with contextlib.suppress(OSError, ValueError):  # there is no such file, or it says "max"
            memory = min(memory, int((cgroup / name).read_text()))
    return memory // 2


def refuse_too_large(path: TablePath, size: int) -> None:
    """Refuse a file that would take more memory than a table may.

    Args:
        path: the file's path.
        size: the memory that it would take, in bytes, approximately.

    Raises:
        DataError: it would.
    """
    if size > half_of_memory():
        raise DataError(
            f"{str(path)!r} would take more than {half_of_memory() / 1e9:.1f} GB, half of the available memory, since "
            "its format is read whole; save it as Parquet or CSV"
        )


def _at_least_1(table: pa.Table) -> int:
    return max(unpacked_bytes(table), 1)


def _checked(path: TablePath, table: pa.Table) -> Batch:
    """Validate a part of the table; rows that are not UTF-8 are malformed."""
    try:
        return validate_rows(table)
    except (pa.ArrowException, ValueError) as error:
        raise DataError(f"{str(path)!r} is damaged: {str(error).splitlines()[0][:300]}") from error
