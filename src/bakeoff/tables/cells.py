"""Convert cells of text to numbers, booleans and categories."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.tables.null_where import null_where
from bakeoff.tables.numbers import cast_or_none, normalize_numbers
from bakeoff.tables.schema import CellFormat, Kind

# The default na_values of pandas.read_csv.
MISSING = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
    "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
]  # fmt: skip
INVISIBLE = "\u200b\u2060\ufeff"  # characters without width that no language needs inside a word
TRUE, FALSE = ["true", "True", "TRUE"], ["false", "False", "FALSE"]
MAX_NUMBER = float(np.finfo(np.float32).max)  # beyond it scikit-learn's trees, which use float32, see infinity
TEXT = pd.StringDtype(na_value=np.nan)  # what pandas 3 calls "str"; before it, that is Python's str, without gaps
PLAIN = frozenset([pa.int64(), pa.float64(), pa.bool_(), pa.string()])


def to_numbers(column: pa.ChunkedArray, form: CellFormat | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Convert a column of plain type to numbers, cell by cell.

    Args:
        column: numbers, booleans or text.
        form: how text is read; None for numbers as Arrow reads them.

    Returns:
        The numbers (float64, NaN if missing or not a number) and a mask of the cells that are neither missing nor a
        number; both of shape (n_rows,).
    """
    if not pa.types.is_string(column.type):
        return _to_float(column).to_numpy(), np.zeros(len(column), dtype=bool)
    text = trim(missing_to_null(column))
    values = cast_or_none(text, pa.float64()) if form is None or form.is_plain else None
    if values is not None:
        return values.to_numpy(), np.zeros(len(text), dtype=bool)
    if form is not None:
        text = normalize_numbers(text, form)
    # Each cell is converted by the same cast as above, so that its value doesn't depend on the other cells.
    distinct = text.drop_null().unique()
    numbers = pa.array([cell for cell in distinct.to_pylist() if _is_number(cell)], pa.string())
    is_number = pc.is_in(text, numbers)
    values = null_where(pc.invert(is_number), text).cast(pa.float64())
    return values.to_numpy(), (pc.is_valid(text).to_numpy() & ~is_number.to_numpy())


def to_booleans(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Convert a column of plain type to booleans, cell by cell.

    Returns:
        As `to_numbers`, with 1.0 for true and 0.0 for false.
    """
    if pa.types.is_string(column.type):
        text = trim(missing_to_null(column))
        values = np.full(len(text), np.nan)
        values[pc.is_in(text, pa.array([*TRUE, "1", "1.0"])).to_numpy()] = 1.0
        values[pc.is_in(text, pa.array([*FALSE, "0", "0.0"])).to_numpy()] = 0.0
        return values, np.isnan(values) & ~pc.is_null(text).to_numpy()
    values = _to_float(column).to_numpy()
    return values, ~np.isin(values, [0.0, 1.0]) & ~np.isnan(values)


def to_text(column: pa.ChunkedArray) -> pd.Series:
    """Convert a column of plain type to pandas' str, with NaN for missing cells."""
    return to_pandas("category", text_cells(column))


def text_cells(column: pa.ChunkedArray, form: CellFormat | None = None) -> pa.ChunkedArray:
    """Convert a column of plain type to Arrow's string, with null for missing cells.

    Args:
        column: numbers, booleans or text.
        form: how text is read; None to keep blanks at the ends.
    """
    if form is not None and form.verbatim:
        return verbatim(column)
    text = missing_to_null(column) if pa.types.is_string(column.type) else to_strings(column)
    return text if form is None else trim(text)


def verbatim(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Convert a column of plain type to trimmed text, of which only empty cells are missing."""
    text = trim(column if pa.types.is_string(column.type) else to_strings(column))
    return null_where(pc.equal(text, ""), text)


def trim(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Remove blanks at the ends of text cells, and characters without width; empty cells stay empty."""
    trimmed = pc.utf8_trim_whitespace(text)
    if pc.any(pc.match_substring_regex(trimmed, f"[{INVISIBLE}]")).as_py():
        trimmed = pc.utf8_trim_whitespace(pc.replace_substring_regex(trimmed, f"[{INVISIBLE}]", ""))
    return trimmed


def too_large(values: np.ndarray) -> np.ndarray:
    """Return a mask of the numbers that are infinite as float32, shape (n_rows,); see `MAX_NUMBER`."""
    mask: np.ndarray = np.abs(values) > MAX_NUMBER  # False for NaN
    return mask


def unify_booleans(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lowercase a column of text if all its cells are spellings of true and false; return another one unchanged."""
    booleans = pc.all(pc.is_in(column.drop_null(), pa.array(TRUE + FALSE))).as_py()
    return pc.utf8_lower(column) if booleans else column


def to_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Convert a column of plain type to strings; booleans become `true` and `false`."""
    return pc.if_else(column, "true", "false") if pa.types.is_boolean(column.type) else column.cast(pa.string())


def to_plain_type(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:  # noqa: PLR0911  a type, a line
    """Cast a column to a plain type: int64, float64, bool or string.

    Durations become seconds.

    Raises:
        DataError: the column holds dates, times, or a type that can't be cast.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return to_plain_type(name, column.cast(kind.value_type))
    if pa.types.is_null(kind):
        return column.cast(pa.float64())
    if pa.types.is_duration(kind):
        return pc.divide(_to_float(column.cast(pa.duration("us"), safe=False).cast(pa.int64())), 1e6)  # seconds
    if pa.types.is_temporal(kind):
        raise dates_error(name)
    if kind in PLAIN:
        return column
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_integer(kind):
        return _to_float(column) if kind == pa.uint64() else column.cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _to_float(column)
    raise DataError(f"column {name!r} holds {kind}; Bakeoff learns from numbers, booleans and text: add it to ignore")


def to_pandas(kind: Kind, array: pa.ChunkedArray) -> pd.Series:
    """Convert a column of plain type, or of timestamps, to pandas: float64, int64, bool, str or datetime64[us]."""
    if kind == "datetime":
        return pd.Series(array.to_numpy().astype("datetime64[us]"))
    if kind in ("category", "text"):
        return pd.Series(array.to_pandas(), dtype=TEXT)
    if array.null_count:
        array = _to_float(array)
    return pd.Series(array.to_pandas())


def missing_to_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Replace the texts of `MISSING`, with or without blanks at their ends, by null in a column of text."""
    missing = pc.is_in(pc.utf8_trim_whitespace(column), pa.array(MISSING))
    return null_where(missing, column)


def _to_float(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cast to float64; integers beyond 2**53 are rounded, as in numpy."""
    return column if column.type == pa.float64() else column.cast(pa.float64(), safe=False)


def missing_texts(column: pa.ChunkedArray) -> dict[str, int]:
    """Count the cells of a text column that hold each text of `MISSING`, such as `NA`; empty cells are not counted."""
    text = pc.utf8_trim_whitespace(column)
    counted = text.filter(pc.and_(pc.is_in(text, pa.array(MISSING)), pc.not_equal(text, ""))).value_counts()
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist()))


def dates_to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Convert a column of dates or times to text, and decode a dictionary-encoded one; return others unchanged."""
    column = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    temporal = pa.types.is_temporal(column.type) and not pa.types.is_duration(column.type)
    return column.cast(pa.string()) if temporal else column


def _is_number(cell: str) -> bool:
    try:
        pa.array([cell]).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def dates_error(name: str) -> DataError:
    """Make the error for a column of dates."""
    return DataError(
        f"column {name!r} holds dates or times, which can't be learned from as they are; turn it into numbers "
        "(an age in days, a month) or add it to ignore"
    )
