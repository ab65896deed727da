"""Convert the column that rows are split by to sortable times or to group numbers."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.config.rows.dataset import DateOrder
from bakeoff.errors import DataError
from bakeoff.tables.cells import to_numbers, to_plain_type, to_text
from bakeoff.tables.dates import AmbiguousDatesError, find_dates, read_dates, to_plain_dates
from bakeoff.tables.schema import CellFormat
from bakeoff.tables.tidying import yaml_name

BY_TIME = "split.by: time"


def to_times(name: str, column: pa.ChunkedArray, order: DateOrder | None = None, follower: str = BY_TIME) -> np.ndarray:
    """Convert times to numbers in the same order, shape (n_rows,).

    Args:
        name: the column's name, for messages.
        column: dates, timestamps, numbers, or dates in text (in UTC if they have no offset).
        order: the order of year, month and day in text, if it is known.
        follower: the setting that follows the column, for messages.

    Raises:
        DataError: a time is missing or can't be read, or can be read in two ways; the message names the row.
    """
    column = _decode(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        _refuse_missing(name, pc.is_null(column).to_numpy(), follower)
        integer = pa.int32() if pa.types.is_date32(column.type) else pa.int64()
        times: np.ndarray = column.cast(integer).to_numpy()
        return times
    if pa.types.is_temporal(column.type) or pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        raise DataError(f"column {name!r}, which {follower} follows, holds {column.type}; give dates or numbers")
    column = to_plain_type(name, column)
    numbers, unreadable = to_numbers(column)
    if not unreadable.any() and not order:
        _refuse_missing(name, np.isnan(numbers), follower)
        if (infinite := np.flatnonzero(np.isinf(numbers))).size:
            raise DataError(f"column {name!r}, which {follower} follows, is infinite in row {infinite[0]}; correct it")
        return numbers
    return _read_moments(name, column, order, follower).astype("int64")


def to_moments(name: str, column: pa.ChunkedArray, order: DateOrder | None, follower: str) -> np.ndarray:
    """Convert dates and times to datetime64[us] in UTC, shape (n_rows,); see `to_times`.

    Raises:
        DataError: as for `to_times`, or the column holds numbers, whose unit isn't known.
    """
    column = _decode(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        _refuse_missing(name, pc.is_null(column).to_numpy(), follower)
        return read_dates(column, CellFormat())[0]
    times = to_times(name, column, order, follower)
    if times.dtype.kind != "i":
        raise DataError(
            f"column {name!r}, which {follower} follows, holds numbers, and a duration needs dates; give a number of "
            f"rows, or dataset.dates: {{{yaml_name(name)}: ymd}} if they are dates such as 20261122"
        )
    return times.astype("datetime64[us]")


def _read_moments(name: str, column: pa.ChunkedArray, order: DateOrder | None, follower: str) -> np.ndarray:
    """Read dates in text; see `to_times`."""
    text = to_plain_dates(name, column)
    _refuse_missing(name, pc.is_null(text).to_numpy(), follower)
    try:
        found = find_dates(text, order)
    except AmbiguousDatesError as error:
        raise DataError(
            f"column {name!r}, which {follower} follows, holds {str(error)!r}, which can be read day first and "
            f"month first; set dataset.dates: {{{yaml_name(name)}: dmy}}, or mdy"
        ) from error
    moments, bad = read_dates(text, CellFormat(order=found.format.order if found else "ymd"))
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"column {name!r}, which {follower} follows, holds {text[row].as_py()!r} in row {row}: write times as "
            "numbers or dates, as 2026-11-22 or 2026-11-22T10:15:00Z"
        )
    _refuse_missing(name, np.isnat(moments), follower)  # a marker for a missing cell, such as `?`
    return moments


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
    _refuse_missing(name, text.isna().to_numpy(), "split.by: group")
    return pd.factorize(text)[0]


def _decode(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decode a dictionary-encoded column; return others unchanged."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _refuse_missing(name: str, missing: np.ndarray, follower: str) -> None:
    if missing.any():
        raise DataError(
            f"column {name!r}, which {follower} follows, is missing in {missing.sum()} of {len(missing)} rows "
            f"(the first is row {int(missing.argmax())}); fill them or take the rows out"
        )
