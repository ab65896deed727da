"""Read a Feather file, or a file or stream of Arrow's format."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from bakeoff.errors import DataError
from bakeoff.runtime.files import describe_read_error
from bakeoff.runtime.objects.place import BLOCK
from bakeoff.tables.batches import TablePath, open_arrow
from bakeoff.tables.formats.arrow_messages import unpacked_size
from bakeoff.tables.formats.memory_table import MemoryTable, refuse_too_large
from bakeoff.tables.formats.parquet_file import UNREADABLE, index_columns, unpacked_bytes

FILE, STREAM = b"ARROW1", b"\xff\xff\xff\xff"  # first bytes of Arrow's file and stream formats


def open_feather(path: TablePath) -> MemoryTable:
    """Read a Feather file, or a file or stream of Arrow's format.

    Raises:
        DataError: it is neither, or it takes more memory than a table may.
    """
    try:
        table = _read(path)
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise DataError(describe_read_error(error, path)) from error
        why = (str(error).splitlines() or ["?"])[0][:300]
        raise DataError(f"{str(path)!r} is not a readable Feather or Arrow file: {why}") from error
    return MemoryTable(path, table, "is read as Arrow data", typed=True, index_columns=index_columns(table.schema))


def _read(path: TablePath) -> pa.Table:
    with open_arrow(path, BLOCK) as source:
        magic = source.read(len(FILE))
        if magic != FILE and not magic.startswith(STREAM):
            raise pa.ArrowInvalid("it does not begin as one")
        refuse_too_large(path, unpacked_size(source, magic == FILE))
        source.seek(0)
        reader = pa.ipc.open_file(source) if magic == FILE else pa.ipc.open_stream(source)
        batches, size = [], 0
        for batch in _batches(reader):
            _validate(batch)
            batches.append(batch)
            size += unpacked_bytes(pa.Table.from_batches([batch]))
            refuse_too_large(path, size)
        return pa.Table.from_batches(batches, reader.schema)


def _validate(batch: pa.RecordBatch) -> None:
    """Check that no value lies outside of its buffer; text that is not UTF-8 passes, as its rows are rejected later.

    Raises:
        pyarrow.ArrowInvalid: one does.
    """
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        for column in batch.columns:
            kind = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}.get(column.type)
            (column.view(kind) if kind else column).validate(full=True)


def _batches(reader: Any) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, pa.ipc.RecordBatchFileReader):
        return (reader.get_batch(number) for number in range(reader.num_record_batches))
    return iter(reader)
