"""What a column holds: numbers, booleans or text; dates and everything else are refused by name."""

import logging

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.features import MAX_CATEGORIES, Feature, Kind

logger = logging.getLogger(__name__)

# Cells of a CSV that mean "missing"; the ones that pandas.read_csv takes for missing too.
MISSING = ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"]
MISSING += ["N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"]
TRUE, FALSE = ["true", "True", "TRUE"], ["false", "False", "FALSE"]
# A date: year-month-day or day-month-year in digits, or with the month's name; a time of day may follow.
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
DATE = (
    r"(?i)^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    rf"|\d{{1,2}}[ -]{_MONTH}[ -]\d{{4}}|{_MONTH} \d{{1,2}},? \d{{4}})"
    r"(?:[T ]+\d{1,2}:\d{2}.*)?\s*$"
)
MAX_NUMBER = float(np.finfo(np.float32).max)
MOSTLY = 0.9  # a text column of which so many cells are numbers is a number column with mistakes in it


def to_feature(name: str, column: pa.ChunkedArray) -> tuple[Feature, pd.Series]:
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


def to_target(name: str, column: pa.ChunkedArray) -> pd.Series:
    """Turn the column of classes into int64 where all are whole numbers, else into text.

    Raises:
        DataError: a class is missing, is a date, or is a number with a fraction.
    """
    column = plain(name, column)
    if pa.types.is_string(column.type):
        column = _missing_to_null(column)
    _refuse_missing_target(name, column)
    if pa.types.is_boolean(column.type):
        column = _text_of(column)
    if pa.types.is_string(column.type):
        if _all_dates(column):
            raise DataError(f"the target {name!r} holds dates; a target is text or whole numbers")
        numbers = _cast(pc.utf8_trim_whitespace(column), pa.float64())
        if numbers is None:
            return pd.Series(one_spelling(column).to_pandas(), name=name).astype("str")
        column = _cast(pc.utf8_trim_whitespace(column), pa.int64()) or numbers
    if pa.types.is_floating(column.type):
        values = column.to_numpy()
        broken = np.flatnonzero(~np.isfinite(values) | (values != np.floor(values)))
        if broken.size:
            raise DataError(
                f"the target {name!r} holds numbers that are not whole ({values[broken[0]]:g} in row {broken[0]}); "
                "a classifier needs classes: text or whole numbers"
            )
        if np.abs(values).max(initial=0) >= 2**63:
            raise DataError(f"the target {name!r} holds whole numbers beyond 64 bits; write its classes as text")
        column = column.cast(pa.int64())
    return pd.Series(column.to_pandas(), name=name).astype("int64")


def to_numbers(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Read a plain column as numbers, cell by cell.

    Returns:
        the numbers (float64, NaN where missing or unreadable) and a mask of the cells that are neither missing nor
        a number; both of shape (n_rows,).
    """
    if not pa.types.is_string(column.type):
        return _to_float(column).to_numpy(), np.zeros(len(column), dtype=bool)
    text = pc.utf8_trim_whitespace(_missing_to_null(column))
    values = _cast(text, pa.float64())
    if values is not None:
        return values.to_numpy(), np.zeros(len(text), dtype=bool)
    # Cell by cell, and each by the same rule: what a cell is must not depend on those beside it.
    different = text.drop_null().unique()
    readable = pa.array([cell for cell in different.to_pylist() if _is_number(cell)], pa.string())
    good = pc.is_in(text, readable)
    values = pc.if_else(good, text, pa.scalar(None, pa.string())).cast(pa.float64())
    return values.to_numpy(), (pc.is_valid(text).to_numpy() & ~good.to_numpy())


def to_booleans(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Read a plain column as true (1.0) and false (0.0), cell by cell; returns as `to_numbers` does."""
    if pa.types.is_string(column.type):
        text = pc.utf8_trim_whitespace(_missing_to_null(column))
        values = np.full(len(text), np.nan)
        values[pc.is_in(text, pa.array([*TRUE, "1", "1.0"])).to_numpy()] = 1.0
        values[pc.is_in(text, pa.array([*FALSE, "0", "0.0"])).to_numpy()] = 0.0
        return values, np.isnan(values) & ~pc.is_null(text).to_numpy()
    values = _to_float(column).to_numpy()
    return values, ~np.isin(values, [0.0, 1.0]) & ~np.isnan(values)


def to_text(column: pa.ChunkedArray) -> pd.Series:
    """Read a plain column as text, missing cells as NaN."""
    return to_pandas("category", text_cells(column))


def text_cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read a plain column as Arrow's text, missing cells as null."""
    return _missing_to_null(column) if pa.types.is_string(column.type) else _text_of(column)


def too_large(values: np.ndarray) -> np.ndarray:
    """A mask of the numbers that are infinite, or become so in the 32 bits that scikit-learn's trees work with."""
    mask: np.ndarray = np.abs(values) > MAX_NUMBER  # False for NaN
    return mask


def one_spelling(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text that is true and false throughout in one spelling of them; other text as it is."""
    booleans = pc.all(pc.is_in(column.drop_null(), pa.array(TRUE + FALSE))).as_py()
    return pc.utf8_lower(column) if booleans else column


def _text_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(column, "true", "false") if pa.types.is_boolean(column.type) else column.cast(pa.string())


def _typed(name: str, column: pa.ChunkedArray) -> tuple[Kind, pa.ChunkedArray]:
    column = plain(name, column)
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


def plain(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Reduce Arrow's many types to int64, float64, bool and string.

    Raises:
        DataError: the column holds dates, nothing, or a type that is none of these.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(name, column.cast(kind.value_type))
    if pa.types.is_null(kind):
        return column.cast(pa.float64())
    if pa.types.is_temporal(kind):
        raise _dates(name)
    if pa.types.is_boolean(kind) or pa.types.is_string(kind):
        return column
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_integer(kind):
        return _to_float(column) if kind == pa.uint64() else column.cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _to_float(column)
    raise DataError(f"column {name!r} holds {kind}; Bakeoff learns from numbers, booleans and text: add it to ignore")


def to_pandas(kind: Kind, array: pa.ChunkedArray) -> pd.Series:
    """A plain column as training takes it: float64, int64, bool or str."""
    if kind == "category":
        return pd.Series(array.to_pandas()).astype("str")
    if array.null_count:
        array = _to_float(array)
    return pd.Series(array.to_pandas())


def _missing_to_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    missing = pc.is_in(pc.utf8_trim_whitespace(column), pa.array(MISSING))
    return pc.if_else(missing, pa.scalar(None, pa.string()), column)


def _to_float(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """As float64; whole numbers beyond 2**53 become the nearest one, as everywhere in numpy."""
    return column.cast(pa.float64(), safe=False)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        return None


def _is_number(cell: str) -> bool:
    try:
        pa.array([cell]).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _all_dates(column: pa.ChunkedArray) -> bool:
    present = column.drop_null()
    return len(present) > 0 and bool(pc.all(pc.match_substring_regex(present, DATE)).as_py())


def _dates(name: str) -> DataError:
    return DataError(
        f"column {name!r} holds dates or times, which can't be learned from as they are; turn it into numbers "
        "(an age in days, a month) or add it to ignore"
    )


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


def _refuse_missing_target(name: str, column: pa.ChunkedArray) -> None:
    missing = pc.is_null(column, nan_is_null=True).to_numpy()
    if missing.any():
        raise DataError(
            f"the target {name!r} is missing in {missing.sum()} of {len(column)} rows "
            f"(the first is row {int(missing.argmax())}); fill them or take the rows out"
        )
