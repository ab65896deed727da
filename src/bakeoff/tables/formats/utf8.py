"""Decode UTF-8, and find the rows that are not UTF-8."""

import numpy as np
import pyarrow as pa

from bakeoff.tables.batches import Batch, MalformedRecord

NOT_UTF8 = "not UTF-8: save the file as UTF-8"


def decode(table: pa.Table) -> Batch:
    """Decode the text and binary columns of a table; rows that are not UTF-8 become malformed records.

    Args:
        table: a table whose text columns may hold any bytes.
    """
    malformed: dict[int, MalformedRecord] = {}
    for i, name in enumerate(table.column_names):
        if _is_text(table[name].type):
            cells = table[name].cast(pa.large_binary()).to_pylist()
            table = table.set_column(i, name, pa.array(_decode_cells(name, cells, malformed), pa.string()))
    rows = sorted(malformed)
    positions = np.delete(np.arange(table.num_rows), rows)
    return Batch(table.take(pa.array(positions)), positions, [malformed[row] for row in rows])


def validate_rows(table: pa.Table) -> Batch:
    """Make a batch of a table that was read; rows with text that is not UTF-8 become malformed records.

    Raises:
        pyarrow.ArrowException: the table is damaged in another way.
        ValueError: likewise.
    """
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:
        batch = decode(table)
        batch.table.validate(full=True)
        return batch
    return Batch.of(table)


def _decode_cells(name: str, cells: list[bytes | None], malformed: dict[int, MalformedRecord]) -> list[str | None]:
    """Decode the cells of a column, and add a record to `malformed` for each row that is not UTF-8."""
    text: list[str | None] = []
    for row, cell in enumerate(cells):
        try:
            text.append(None if cell is None else cell.decode("utf-8"))
        except UnicodeDecodeError:
            replaced = "" if cell is None else cell.decode("utf-8", errors="replace")
            malformed.setdefault(row, MalformedRecord(row, replaced, NOT_UTF8, NOT_UTF8, name))
            text.append(replaced)
    return text


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))
