"""Convert the target column to classes in training, and to class codes in prediction."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.tables.cells import (
    FALSE,
    TRUE,
    cast_or_none,
    missing_to_null,
    text_cells,
    to_numbers,
    to_plain_type,
    to_strings,
    unify_booleans,
)
from bakeoff.tables.dtypes import all_dates


def encode_target(column: pa.ChunkedArray, classes: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Encode the target column with the classes of a model.

    Args:
        column: the target as read, of any Arrow type.
        classes: the model's `classes_`, shape (n_classes,).

    Returns:
        The position of each row's class in the list of names, shape (n_rows,), -1 if it is missing; and that list, the
        model's classes followed by those that it doesn't know.

    Raises:
        DataError: the type of the column is not supported.
    """
    cells = to_plain_type("the target", column)
    if classes.dtype.kind == "i":
        named, known = _whole_numbers(cells)
    else:
        text = text_cells(cells)
        if set(map(str, classes)) <= {"true", "false"}:
            text = pc.if_else(pc.is_in(text, pa.array(TRUE + FALSE)), pc.utf8_lower(text), text)
        named, known = text.to_pandas(), pc.is_valid(text).to_numpy()
    codes: np.ndarray = pd.Index(classes).get_indexer(named).astype(np.int64)
    unknown = known & (codes < 0)
    numbers, unknown_names = pd.factorize(named[unknown])
    codes[unknown] = len(classes) + numbers
    codes[~known] = -1
    return codes, [*map(str, classes), *map(str, unknown_names)]


def _whole_numbers(cells: pa.ChunkedArray) -> tuple[pd.Series, np.ndarray]:
    """Convert cells to int64; returns them with a mask of those that are whole numbers."""
    if pa.types.is_integer(cells.type) and not cells.null_count:  # exact beyond 2**53 too
        return pd.Series(cells.to_numpy()), np.ones(len(cells), dtype=bool)
    values, _ = to_numbers(cells)
    known = np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**63)
    return pd.Series(np.where(known, values, 0).astype(np.int64)), known


def to_target(name: str, column: pa.ChunkedArray) -> pd.Series:
    """Convert the target column for training: to int64 if all classes are whole numbers, else to text.

    Raises:
        DataError: classes are missing, dates, fractions, or beyond 64 bits.
    """
    column = to_plain_type(name, column)
    if pa.types.is_string(column.type):
        column = missing_to_null(column)
    _refuse_missing_target(name, column)
    if pa.types.is_boolean(column.type):
        column = to_strings(column)
    if pa.types.is_string(column.type):
        if all_dates(column):
            raise DataError(f"the target {name!r} holds dates; a target is text or whole numbers")
        numbers = cast_or_none(pc.utf8_trim_whitespace(column), pa.float64())
        if numbers is None:
            return pd.Series(unify_booleans(column).to_pandas(), name=name).astype("str")
        column = cast_or_none(pc.utf8_trim_whitespace(column), pa.int64()) or numbers
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


def _refuse_missing_target(name: str, column: pa.ChunkedArray) -> None:
    missing = pc.is_null(column, nan_is_null=True).to_numpy()
    if missing.any():
        raise DataError(
            f"the target {name!r} is missing in {missing.sum()} of {len(column)} rows "
            f"(the first is row {int(missing.argmax())}); fill them or take the rows out"
        )
