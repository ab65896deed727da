"""Reading the column that a split follows: times that can be put in order, or the names of groups."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.tables.cells import to_numbers, to_plain_type, to_text

YEAR = r"\s*\d{4}"  # with which a time in text begins: to_datetime would take "now" and "today" by the clock


def to_times(name: str, column: pa.ChunkedArray) -> np.ndarray:
    """Each row's time as a number that grows with it, shape (n_rows,).

    Args:
        column: dates or timestamps, numbers, or text that begins with the year (ISO 8601; without an offset: UTC).

    Raises:
        DataError: a time is missing or can't be read; the text names the row.
    """
    column = _decode(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        _refuse_missing(name, "time", pc.is_null(column).to_numpy())
        whole = pa.int32() if pa.types.is_date32(column.type) else pa.int64()
        times: np.ndarray = column.cast(whole).to_numpy()
        return times
    if pa.types.is_temporal(column.type) or pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        raise DataError(f"column {name!r}, which split.by: time follows, holds {column.type}; give dates or numbers")
    column = to_plain_type(name, column)
    numbers, unreadable = to_numbers(column)
    if not unreadable.any():
        _refuse_missing(name, "time", np.isnan(numbers))
        if (endless := np.flatnonzero(np.isinf(numbers))).size:
            raise DataError(f"column {name!r}, which split.by: time follows, is infinite in row {endless[0]}; mend it")
        return numbers
    text = to_text(column)
    _refuse_missing(name, "time", text.isna().to_numpy())
    moments = pd.to_datetime(text.where(text.str.match(YEAR)), format="ISO8601", utc=True, errors="coerce")
    if (broken := np.flatnonzero(moments.isna())).size:
        raise DataError(
            f"column {name!r}, which split.by: time follows, holds {text.iloc[broken[0]]!r} in row {broken[0]}: write "
            "times as numbers or with the year first, as 2026-11-22 or 2026-11-22T10:15:00Z"
        )
    return moments.dt.as_unit("us").astype("int64").to_numpy()


def to_groups(name: str, column: pa.ChunkedArray) -> np.ndarray:
    """Each row's group as a number from 0, in order of appearance, shape (n_rows,).

    Args:
        column: of text, numbers, dates or true/false.

    Raises:
        DataError: a group is missing, or the column is of another type; the text names the row.
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
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _refuse_missing(name: str, what: str, missing: np.ndarray) -> None:
    if missing.any():
        raise DataError(
            f"column {name!r}, which split.by: {what} follows, is missing in {missing.sum()} of {len(missing)} rows "
            f"(the first is row {int(missing.argmax())}); fill them or take the rows out"
        )
