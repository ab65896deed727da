"""Read a whole table into memory, as training does."""

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from bakeoff.errors import DataError
from bakeoff.tables.formats.parquet_file import unpacked_bytes
from bakeoff.tables.reader import TableReader, missing_columns, open_table


def read_table(path: str | Path) -> pa.Table:
    """Read all rows of a file, or of the files in a folder.

    The columns of a CSV stay text, since `dtypes` alone infers types; those of Parquet keep their types.

    Raises:
        DataError: the file is missing, empty, of another format or too large, or one of its rows is malformed.
    """
    source = open_table(path)
    columns = source.files[0].schema.names
    source.require_columns(columns, f"{source.files[0].path.name!r} has it")
    tables, size, most = [], 0, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    for row, batch in source.batches(columns):
        for record in batch.broken:
            where = f"row {row + record.position} (from 0, behind the header)"
            column = "" if record.column is None else f"column {record.column!r} is "
            raise DataError(f"{str(path)!r} is broken in {where}: {column}{record.reason}")
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
    """Read a Parquet file whose bytes are in memory already, because their digest was verified."""
    return pa.parquet.ParquetFile(pa.BufferReader(content)).read()


def require_columns(table: pa.Table, names: Sequence[str], why: str) -> None:
    """Check that a table has the named columns.

    Args:
        table: the table to check.
        names: the required columns.
        why: the reason that they are required, for the message.

    Raises:
        DataError: a column is missing; the message suggests a similar name.
    """
    if missing := [name for name in names if name not in table.column_names]:
        raise DataError(missing_columns(missing, table.column_names, why))
