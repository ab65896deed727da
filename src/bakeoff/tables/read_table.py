"""Read a whole table into memory, as training does."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from bakeoff.errors import DataError
from bakeoff.tables.cells import to_strings
from bakeoff.tables.formats.memory_table import half_of_memory
from bakeoff.tables.formats.parquet_file import ParquetFile, refuse_bomb, unpacked_bytes
from bakeoff.tables.reader import TableReader, describe_nested, find_nested, missing_columns, open_table


def read_table(
    path: str | Path,
    source: TableReader | None = None,
    unlearned: Sequence[str] = (),
    wanted: Sequence[str] | None = None,
    keep: np.ndarray | None = None,
) -> pa.Table:
    """Read all rows of a file, or of the files in a folder.

    The columns of a CSV stay text: their types are inferred in `dtypes` alone. Those of formats with types keep their
    types, unless the column is text in another file of the folder.

    Args:
        path: the file or folder.
        source: its files, if they are open already.
        unlearned: the columns that may be nested, since nothing is learned from them; such a column is not read, but is
            null in all rows.
        wanted: the columns to read, in the files' order; all if None.
        keep: whether each row is kept, shape (n_rows,); all are if None. No others are in memory at once but a batch.

    Raises:
        DataError: the file is missing, empty, of another format or too large, a column is nested, or one of its rows is
            malformed.
    """
    source = source or open_table(path)
    names = [name for name in source.files[0].schema.names if wanted is None or name in wanted]
    source.require_columns(names, f"{source.files[0].path.name!r} has it")
    nested = find_nested(source.files, wanted)
    if refused := {name: kind for name, kind in nested.items() if name not in unlearned}:
        raise DataError(f"{describe_nested(refused)}; give plain values, or name them in dataset.ignore")
    columns = [name for name in names if name not in nested]
    for file in source.files:
        if isinstance(file, ParquetFile) and wanted is None and keep is None:
            refuse_bomb(file)
    tables, size, most = [], 0, half_of_memory()
    for row, batch in source.batches(columns):
        for record in batch.malformed:
            where = f"row {row + record.position} (from 0, after the header)"
            column = "" if record.column is None else f"column {record.column!r} is "
            raise DataError(f"{str(path)!r} is broken in {where}: {column}{record.reason}")
        table = batch.table if keep is None else batch.table.filter(pa.array(keep[row : row + batch.n_rows]))
        tables.append(table)
        size += unpacked_bytes(table)
        if size > most:
            raise DataError(
                f"{str(path)!r} unpacks to more than {most / 1e9:.1f} GB, half of the available memory; "
                "train on fewer rows or columns"
            )
    table = _concat(path, source, columns, tables)
    for name in (name for name in names if name in nested):
        table = table.append_column(name, pa.nulls(table.num_rows))
    return table


def _concat(path: str | Path, source: TableReader, columns: list[str], tables: list[pa.Table]) -> pa.Table:
    if not tables:
        return pa.table({name: pa.array([], source.files[0].schema.field(name).type) for name in columns})
    try:
        if not all(file.typed for file in source.files):
            tables = _agree_on_text(columns, tables)
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"the files in {str(path)!r} have columns of different types: {error}") from error


def _agree_on_text(columns: Sequence[str], tables: Sequence[pa.Table]) -> list[pa.Table]:
    """Cast columns to text that are text in some tables and not in others."""
    for i, name in enumerate(columns):
        texts = [pa.types.is_string(table.schema.field(name).type) for table in tables]
        if any(texts) and not all(texts):
            tables = [table.set_column(i, name, to_strings(table[name])) for table in tables]
    return list(tables)


def read_parquet_bytes(content: bytes) -> pa.Table:
    """Read a Parquet file whose bytes are in memory already, because their digest was verified."""
    return pa.parquet.ParquetFile(pa.BufferReader(content)).read()


def require_columns(table: pa.Table, names: Sequence[str], why: str, where: str = "the file") -> None:
    """Check that a table has the named columns.

    Args:
        table: the table to check.
        names: the required columns.
        why: the reason that they are required, for the message.
        where: what lacks them, for the message.

    Raises:
        DataError: a column is missing; the message suggests a similar name.
    """
    present = dict.fromkeys(table.column_names)
    if missing := [name for name in names if name not in present]:
        raise DataError(missing_columns(missing, list(present), why, where))
