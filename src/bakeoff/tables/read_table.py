"""Reading a table whole, as training does, with a clear sentence for every one that can't be read."""

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from bakeoff.errors import DataError
from bakeoff.tables.parquet_file import unpacked_bytes
from bakeoff.tables.reader import TableReader, missing_columns, open_table


def read_table(path: str | Path) -> pa.Table:
    """Read all rows of a file, or of the files of a folder.

    Cells of a CSV are left as text, so that one place (`columns`) decides what they mean; Parquet keeps its types.

    Raises:
        DataError: it is missing, empty, of another format, or a row of it is broken; the text names the file and row.
    """
    source = open_table(path)
    columns = source.files[0].schema.names
    source.require_columns(columns, f"{source.files[0].path.name!r} has it")
    tables, size, most = [], 0, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    for row, batch in source.batches(columns):
        for wrong in batch.broken:
            where = f"row {row + wrong.position} (from 0, behind the header)"
            column = "" if wrong.column is None else f"column {wrong.column!r} is "
            raise DataError(f"{str(path)!r} is broken in {where}: {column}{wrong.reason}")
        tables.append(batch.table)
        size += unpacked_bytes(batch.table)
        if size > most:
            raise DataError(
                f"{str(path)!r} unpacks to more than {most / 1e9:.1f} GB, half of this machine's memory; "
                "train on fewer rows or columns"
            )
    return _concat(path, source, columns, tables)


def _concat(path: str | Path, source: TableReader, columns: list[str], tables: list[pa.Table]) -> pa.Table:
    if not tables:
        return pa.table({name: pa.array([], source.files[0].schema.field(name).type) for name in columns})
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"the files in {str(path)!r} have columns of different types: {error}") from error


def read_parquet_bytes(content: bytes) -> pa.Table:
    """Read a Parquet file that is in memory already, since its bytes were compared with a digest."""
    return pa.parquet.ParquetFile(pa.BufferReader(content)).read()


def require_columns(table: pa.Table, names: Sequence[str], why: str) -> None:
    """Refuse a table that lacks one of the named columns.

    Raises:
        DataError: naming the column and the nearest name that is there.
    """
    if missing := [name for name in names if name not in table.column_names]:
        raise DataError(missing_columns(missing, table.column_names, why))
