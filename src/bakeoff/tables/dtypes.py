"""Infer what a column holds (numbers, booleans or categories), and refuse columns that can't be learned from."""

import logging

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.tables.cells import (
    FALSE,
    MAX_NUMBER,
    MISSING,
    TRUE,
    cast_or_none,
    dates_error,
    missing_to_null,
    to_numbers,
    to_pandas,
    to_plain_type,
    too_large,
)
from bakeoff.tables.schema import MAX_CATEGORIES, Feature, Kind

logger = logging.getLogger(__name__)
MISSING += ["N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"]
# A date: year-month-day or day-month-year in digits, or with the month's name; a time of day may follow.
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
DATE = (
    r"(?i)^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    rf"|\d{{1,2}}[ -]{_MONTH}[ -]\d{{4}}|{_MONTH} \d{{1,2}},? \d{{4}})"
    r"(?:[T ]+\d{1,2}:\d{2}.*)?\s*$"
)
MOSTLY = 0.9  # a text column with this share of numbers is taken for a number column with mistakes


def infer_feature(name: str, column: pa.ChunkedArray) -> tuple[Feature, pd.Series]:
    """Infer the feature that an Arrow column holds, and convert the column to pandas.

    Args:
        name: the column's name, for messages.
        column: of any Arrow type; text whose cells are all numbers or all booleans is converted.

    Returns:
        The feature, and the column as float64, int64, bool or str.

    Raises:
        DataError: the column is empty, holds dates, an unsupported type, infinite values or text that differs in every
            row, or it has too many categories of which nearly all are numbers.
    """
    kind, array = _typed(name, column)
    if kind == "number":
        _refuse_infinite(name, array)
    if kind == "category":
        _refuse_useless_text(name, array)
    series = to_pandas(kind, array)
    return Feature(name, str(series.dtype), kind), series


def _typed(name: str, column: pa.ChunkedArray) -> tuple[Kind, pa.ChunkedArray]:
    column = to_plain_type(name, column)
    if pa.types.is_string(column.type):
        column = missing_to_null(column)
    if column.null_count == len(column) or (pa.types.is_floating(column.type) and pc.all(pc.is_nan(column)).as_py()):
        raise DataError(f"column {name!r} is empty throughout; fill it, or add it to ignore")
    if pa.types.is_boolean(column.type):
        return "boolean", column
    if not pa.types.is_string(column.type):
        return "number", column
    trimmed = pc.utf8_trim_whitespace(column)
    if (numbers := cast_or_none(trimmed, pa.float64())) is not None:  # tried first: Arrow's cast to int64 accepts 0x1f
        return "number", cast_or_none(trimmed, pa.int64()) or numbers
    if pc.all(pc.is_in(trimmed.drop_null(), pa.array(TRUE + FALSE))).as_py():
        flags = pc.is_in(trimmed, pa.array(TRUE))
        return "boolean", pc.if_else(pc.is_valid(trimmed), flags, pa.scalar(None, pa.bool_()))
    if all_dates(column):
        raise dates_error(name)
    return "category", column


def all_dates(column: pa.ChunkedArray) -> bool:
    """Whether a text column has values and all of them are dates."""
    present = column.drop_null()
    return len(present) > 0 and bool(pc.all(pc.match_substring_regex(present, DATE)).as_py())


def _refuse_infinite(name: str, array: pa.ChunkedArray) -> None:
    if pa.types.is_floating(array.type):
        infinite = np.flatnonzero(too_large(array.to_numpy()))
        if infinite.size:
            raise DataError(
                f"column {name!r} holds infinite numbers, or some beyond {MAX_NUMBER:.1e} "
                f"({infinite.size}, the first in row {infinite[0]}); mend them, or add it to ignore"
            )


def _refuse_useless_text(name: str, array: pa.ChunkedArray) -> None:
    present = array.drop_null()
    distinct = pc.count_distinct(present).as_py()
    unreadable = to_numbers(array)[1]
    if unreadable.sum() <= (1 - MOSTLY) * len(present):
        row = int(np.flatnonzero(unreadable)[0])
        description = (
            f"column {name!r} is numbers but for {unreadable.sum()} of {len(array)} cells "
            f"(the first in row {row}: {array[row].as_py()!r})"
        )
        if distinct > MAX_CATEGORIES:
            raise DataError(f"{description}; mend them, or add it to ignore")
        logger.warning("%s; it is taken for text of %d categories", description, distinct)
    if distinct == len(present) and len(present) > max(1, len(array) // 2):
        raise DataError(f"column {name!r} is text that differs in every row, an id perhaps; add it to ignore")
