"""Reading the column that a split follows: times that can be put in order, or the names of groups."""

import numpy as np
import pandas as pd
import pyarrow as pa

from bakeoff.columns import plain, to_numbers, to_text
from bakeoff.errors import DataError


def to_times(name: str, column: pa.ChunkedArray) -> np.ndarray:
    """Each row's time as a number that grows with it, shape (n_rows,).

    Args:
        column: dates or timestamps, numbers, or text that begins with the year (ISO 8601; without an offset: UTC).

    Raises:
        DataError: a time is missing or can't be read; the text names the row.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        _refuse_missing(name, "time", column.is_null().to_numpy())
        times: np.ndarray = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).to_numpy()
        return times
    column = plain(name, column)
    numbers, unreadable = to_numbers(column)
    if not unreadable.any():
        _refuse_missing(name, "time", np.isnan(numbers))
        return numbers
    text = to_text(column)
    _refuse_missing(name, "time", text.isna().to_numpy())
    moments = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    if (broken := np.flatnonzero(moments.isna())).size:
        raise DataError(
            f"column {name!r}, which split.by: time follows, holds {text.iloc[broken[0]]!r} in row {broken[0]}: write "
            "times as numbers or with the year first, as 2026-11-22 or 2026-11-22T10:15:00Z"
        )
    return moments.dt.as_unit("us").astype("int64").to_numpy()


def to_groups(name: str, column: pa.ChunkedArray) -> np.ndarray:
    """Each row's group as a number from 0, in order of appearance, shape (n_rows,).

    Raises:
        DataError: a group is missing; the text names the row.
    """
    text = to_text(plain(name, column))
    _refuse_missing(name, "group", text.isna().to_numpy())
    return pd.factorize(text)[0]


def _refuse_missing(name: str, what: str, missing: np.ndarray) -> None:
    if missing.any():
        raise DataError(
            f"column {name!r}, which split.by: {what} follows, is missing in {missing.sum()} of {len(missing)} rows "
            f"(the first is row {int(missing.argmax())}); fill them or take the rows out"
        )
