"""Convert cells of text to numbers, booleans and categories."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.tables.schema import Kind

# Cells of a CSV that mean "missing"; the ones that pandas.read_csv takes for missing too.
MISSING = ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"]
TRUE, FALSE = ["true", "True", "TRUE"], ["false", "False", "FALSE"]
MAX_NUMBER = float(np.finfo(np.float32).max)


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


def unify_booleans(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text that is true and false throughout in one spelling of them; other text as it is."""
    booleans = pc.all(pc.is_in(column.drop_null(), pa.array(TRUE + FALSE))).as_py()
    return pc.utf8_lower(column) if booleans else column


def _text_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(column, "true", "false") if pa.types.is_boolean(column.type) else column.cast(pa.string())


def to_plain_type(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Reduce Arrow's many types to int64, float64, bool and string.

    Raises:
        DataError: the column holds dates, nothing, or a type that is none of these.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return to_plain_type(name, column.cast(kind.value_type))
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


def _dates(name: str) -> DataError:
    return DataError(
        f"column {name!r} holds dates or times, which can't be learned from as they are; turn it into numbers "
        "(an age in days, a month) or add it to ignore"
    )
