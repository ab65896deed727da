"""Convert the column that rows are split by to sortable times or to group numbers."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.config.dataset import DateOrder
from bakeoff.errors import DataError
from bakeoff.tables.cells import to_numbers, to_plain_type, to_text
from bakeoff.tables.dates import AmbiguousDatesError, find_dates, read_dates, to_plain_dates
from bakeoff.tables.schema import CellFormat
from bakeoff.tables.tidying import yaml_name


def to_times(name: str, column: pa.ChunkedArray, order: DateOrder | None = None) -> np.ndarray:
    """Convert times to numbers in the same order, shape (n_rows,).

    Args:
        name: the column's name, for messages.
        column: dates, timestamps, numbers, or dates in text (in UTC if they have no offset).
        order: the order of year, month and day in text, if it is known.

    Raises:
        DataError: a time is missing or can't be read, or can be read in two ways; the message names the row.
    """
    column = _decode(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        _refuse_missing(name, "time", pc.is_null(column).to_numpy())
        integer = pa.int32() if pa.types.is_date32(column.type) else pa.int64()
        times: np.ndarray = column.cast(integer).to_numpy()
        return times
    if pa.types.is_temporal(column.type) or pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        raise DataError(f"column {name!r}, which split.by: time follows, holds {column.type}; give dates or numbers")
    column = to_plain_type(name, column)
    numbers, unreadable = to_numbers(column)
    if not unreadable.any() and not order:
        _refuse_missing(name, "time", np.isnan(numbers))
        if (infinite := np.flatnonzero(np.isinf(numbers))).size:
            raise DataError(
                f"column {name!r}, which split.by: time follows, is infinite in row {infinite[0]}; correct it"
            )
        return numbers
    text = to_plain_dates(name, column)
    _refuse_missing(name, "time", pc.is_null(text).to_numpy())
    try:
        found = find_dates(text, order)
    except AmbiguousDatesError as error:
        raise DataError(
            f"column {name!r}, which split.by: time follows, holds {str(error)!r}, which can be read day first and "
            f"month first; set dataset.dates: {{{yaml_name(name)}: dmy}}, or mdy"
        ) from error
    moments, bad = read_dates(text, CellFormat(order=found.format.order if found else "ymd"))
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"column {name!r}, which split.by: time follows, holds {text[row].as_py()!r} in row {row}: write times as "
            "numbers or dates, as 2026-11-22 or 2026-11-22T10:15:00Z"
        )
    _refuse_missing(name, "time", np.isnat(moments))  # a marker for a missing cell, such as `?`
    return moments.astype("int64")


def to_groups(name: str, column: pa.ChunkedArray) -> np.ndarray:
    """Number the groups from 0 in order of appearance; returns each row's number, shape (n_rows,).

    Args:
        name: the column's name, for messages.
        column: text, numbers, dates or booleans.

    Raises:
        DataError: the group of a row is missing, or the column has another type.
    """
    column = _decode(column)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    try:
        text = to_text(column.cast(pa.string()))
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise DataError(
            f"column {name!r}, which split.by: group follows, holds {column.type}; give text, numbers or dates"
        ) from error
    _refuse_missing(name, "group", text.isna().to_numpy())
    return pd.factorize(text)[0]


def _decode(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decode a dictionary-encoded column; return others unchanged."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _refuse_missing(name: str, what: str, missing: np.ndarray) -> None:
    if missing.any():
        raise DataError(
            f"column {name!r}, which split.by: {what} follows, is missing in {missing.sum()} of {len(missing)} rows "
            f"(the first is row {int(missing.argmax())}); fill them or take the rows out"
        )
