"""What a column holds: numbers, booleans or text; dates and everything else are refused by name."""

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
    _cast,
    _dates,
    _missing_to_null,
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
MOSTLY = 0.9  # a text column of which so many cells are numbers is a number column with mistakes in it


def infer_feature(name: str, column: pa.ChunkedArray) -> tuple[Feature, pd.Series]:
    """Turn an Arrow column into a pandas column of float64, int64, bool or str.

    Args:
        name: the column's name, for messages.
        column: of any Arrow type; text that is all numbers or all true/false becomes that.

    Raises:
        DataError: the column is empty, holds dates or a type that can't be learned from, infinite values, text that
            differs in every row, or numbers with a few cells of text among them.
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
        column = _missing_to_null(column)
    if column.null_count == len(column) or (pa.types.is_floating(column.type) and pc.all(pc.is_nan(column)).as_py()):
        raise DataError(f"column {name!r} is empty throughout; fill it, or add it to ignore")
    if pa.types.is_boolean(column.type):
        return "boolean", column
    if not pa.types.is_string(column.type):
        return "number", column
    trimmed = pc.utf8_trim_whitespace(column)
    if (numbers := _cast(trimmed, pa.float64())) is not None:  # asked first: as int64 Arrow would take 0x1f
        return "number", _cast(trimmed, pa.int64()) or numbers
    if pc.all(pc.is_in(trimmed.drop_null(), pa.array(TRUE + FALSE))).as_py():
        flags = pc.is_in(trimmed, pa.array(TRUE))
        return "boolean", pc.if_else(pc.is_valid(trimmed), flags, pa.scalar(None, pa.bool_()))
    if _all_dates(column):
        raise _dates(name)
    return "category", column


def _all_dates(column: pa.ChunkedArray) -> bool:
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
        found = (
            f"column {name!r} is numbers but for {unreadable.sum()} of {len(array)} cells "
            f"(the first in row {row}: {array[row].as_py()!r})"
        )
        if distinct > MAX_CATEGORIES:
            raise DataError(f"{found}; mend them, or add it to ignore")
        logger.warning("%s; it is taken for text of %d categories", found, distinct)
    if distinct == len(present) and len(present) > max(1, len(array) // 2):
        raise DataError(f"column {name!r} is text that differs in every row, an id perhaps; add it to ignore")
