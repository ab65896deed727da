"""Text that may not be UTF-8: the rows that it is in are told from the others."""

import numpy as np
import pyarrow as pa

from bakeoff.tables.batches import Batch, MalformedRecord

NOT_UTF8 = "not UTF-8: save the file as UTF-8"


def decode(table: pa.Table) -> Batch:
    """The table with its text as text; rows in which some is not UTF-8 are broken.

    Args:
        table: of which columns of text may hold any bytes.
    """
    wrong: dict[int, MalformedRecord] = {}
    for at, name in enumerate(table.column_names):
        if _is_text(table[name].type):
            cells = table[name].cast(pa.large_binary()).to_pylist()
            table = table.set_column(at, name, pa.array(_decode_cells(name, cells, wrong), pa.string()))
    bad = sorted(wrong)
    positions = np.delete(np.arange(table.num_rows), bad)
    return Batch(table.take(pa.array(positions)), positions, [wrong[row] for row in bad])


def _decode_cells(name: str, cells: list[bytes | None], wrong: dict[int, MalformedRecord]) -> list[str | None]:
    text: list[str | None] = []
    for row, cell in enumerate(cells):
        try:
            text.append(None if cell is None else cell.decode("utf-8"))
        except UnicodeDecodeError:
            seen = "" if cell is None else cell.decode("utf-8", errors="replace")
            wrong.setdefault(row, MalformedRecord(row, seen, NOT_UTF8, NOT_UTF8, name))
            text.append(seen)
    return text


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))
