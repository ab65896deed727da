"""Make Arrow columns of Python values, for formats in which each cell has a type of its own."""

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from bakeoff.errors import DataError
from bakeoff.tables.batches import TablePath

# The types that the cells of a column may have, the Arrow type that the column gets, and the conversion of a cell.
PLAIN: tuple[tuple[set[type], pa.DataType, Callable[[Any], Any]], ...] = (
    (set(), pa.null(), str),
    ({bool}, pa.bool_(), bool),
    ({int}, pa.int64(), int),
    ({int, float, Decimal}, pa.float64(), float),  # also whole numbers beyond 64 bits, which overflow above
    ({dt.datetime}, pa.timestamp("us"), lambda cell: cell),
    ({bytes}, pa.binary(), bytes),
)


def make_table(path: TablePath, columns: Iterable[tuple[str, Sequence[Any]]]) -> pa.Table:
    """Make a table of columns of the same length.

    A column whose cells have different types becomes text, except for whole numbers among fractions. One with nested
    cells becomes lists, which are refused later unless nothing is learned from the column.

    Args:
        path: the file's path, for messages.
        columns: their names and cells; None where one is missing.

    Raises:
        DataError: a name or a text holds half of a surrogate pair, which can't be encoded as UTF-8.
    """
    try:
        names, cells = zip(*columns)
        return pa.table(list(map(infer_array, cells)), list(names))
    except UnicodeEncodeError as error:
        raise DataError(f"{str(path)!r} holds text that is not Unicode: {error.object[:80]!r}") from error


def infer_array(cells: Sequence[Any]) -> pa.Array:
    """Make an array of cells; its type is as in `make_table`."""
    kinds = set(map(type, cells)) - {type(None)}
    if kinds & {dict, list}:
        return pa.array([None if cell is None else [json.dumps(cell, default=str)] for cell in cells])
    for plain, kind, convert in PLAIN:
        if kinds <= plain:
            with contextlib.suppress(OverflowError):
                return pa.array([None if cell is None else convert(cell) for cell in cells], kind)
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return str(cell)
