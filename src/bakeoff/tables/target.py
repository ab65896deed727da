"""Convert the target column to classes in training, and to class codes in prediction."""

import contextlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.formatting import list_first
from bakeoff.tables.cells import (
    FALSE,
    MISSING,
    TEXT,
    TRUE,
    dates_to_text,
    missing_texts,
    missing_to_null,
    text_cells,
    to_numbers,
    to_plain_type,
    to_strings,
    trim,
    unify_booleans,
    verbatim,
)
from bakeoff.tables.dates import AmbiguousDatesError, find_dates
from bakeoff.tables.numbers import AmbiguousNumbersError, cast_or_none, find_numbers, has_leading_zeros
from bakeoff.tables.schema import CellFormat
from bakeoff.tables.tidying import Tidying, yaml_name

MISSING_CLASSES = {*MISSING} - {""}  # classes that dataset.categories keeps
WORDS = frozenset(["None", "NA", "N/A", "n/a", "NULL", "null"])  # of these, the ones that people name classes
MUCH_MISSING, FEW_MISSING = 0.1, 0.01  # shares of rows: without a class, and with one of these words
MOST_CODES = 12  # whole numbers with at most this many different values are classes, however rare some are
RARE, RARE_SHARE = 5, 0.25  # with more, they are measurements if this share of them is in fewer rows than `RARE`


def encode_target(column: pa.ChunkedArray, classes: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Encode the target column with the classes of a model.

    Args:
        column: the target as read, of any Arrow type.
        classes: the model's `classes_`, shape (n_classes,).

    Returns:
        The position of each row's class in a list of names, shape (n_rows,), -1 if it is missing; and that list: the
        model's classes, followed by classes of the column that the model doesn't know.

    Raises:
        DataError: the type of the column is not supported.
    """
    cells = to_plain_type("the target", dates_to_text(column))
    if classes.dtype.kind == "i":
        named, known = _whole_numbers(cells)
    else:
        # Classes of older versions may have blanks at the ends.
        trimmed = CellFormat() if all(map(_is_trimmed, map(str, classes))) else None
        text = text_cells(cells, CellFormat(verbatim=True) if MISSING_CLASSES & set(map(str, classes)) else trimmed)
        if set(map(str, classes)) <= {"true", "false"}:
            text = pc.if_else(pc.is_in(text, pa.array(TRUE + FALSE)), pc.utf8_lower(text), text)
        named, known = text.to_pandas(), pc.is_valid(text).to_numpy()
    codes: np.ndarray = pd.Index(classes).get_indexer(named).astype(np.int64)
    unknown = known & (codes < 0)
    numbers, unknown_names = pd.factorize(named[unknown])
    codes[unknown] = len(classes) + numbers
    codes[~known] = -1
    return codes, [*map(str, classes), *map(str, unknown_names)]


def _is_trimmed(name: str) -> bool:
    return bool(trim(pa.chunked_array([[name]]))[0].as_py() == name)


def _whole_numbers(cells: pa.ChunkedArray) -> tuple[pd.Series, np.ndarray]:
    """Convert cells to int64, 0 for those that are no whole numbers; returns them with a mask of those that are."""
    if pa.types.is_integer(cells.type) and not cells.null_count:  # exact beyond 2**53 too
        return pd.Series(cells.to_numpy()), np.ones(len(cells), dtype=bool)
    values, _ = to_numbers(cells)
    known = np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**63)
    return pd.Series(np.where(known, values, 0).astype(np.int64)), known


def to_target(
    name: str, column: pa.ChunkedArray, typed: bool, are_classes: bool, done: Tidying
) -> tuple[pd.Series, np.ndarray]:
    """Convert the target column for training: to int64 if all classes are whole numbers, else to text.

    Args:
        name: the column's name.
        column: of any Arrow type.
        typed: whether columns of text are known to hold text, as in Parquet; otherwise they may hold whole numbers.
        are_classes: whether the config says that the values are classes, whatever they look like.
        done: the record to which changes to the column are added.

    Returns:
        The classes of the rows that have one, and the positions of these rows; both of shape (n_rows_with_class,).

    Raises:
        DataError: there are no classes, or the values are dates, fractions, measurements, or beyond 64 bits.
    """
    column, cells = _class_cells(name, column, are_classes)
    as_read = column if are_classes or not pa.types.is_string(column.type) else missing_to_null(column)
    if as_read is not column and pc.count_distinct(as_read).as_py() != pc.count_distinct(cells).as_py():
        done.add("blanks", name)
    present = pc.invert(pc.is_null(cells, nan_is_null=True))
    rows = np.flatnonzero(present.to_numpy())
    if len(rows) < len(cells):
        missing = column.filter(pc.invert(present))
        done.add_line(_describe_missing(name, missing, len(column)), warn=_may_be_classes(missing, len(column)))
    if not len(rows):
        raise DataError(f"the target {name!r} is empty in all {len(column)} rows{_spellings(name, column)}")
    return _to_classes(name, cells.filter(present), typed, are_classes, done), rows


def has_class(name: str, column: pa.ChunkedArray, are_classes: bool) -> np.ndarray:
    """Return whether each row has a class, shape (n_rows,); see `to_target`.

    Raises:
        DataError: the values are dates, or the type is not supported.
    """
    _, cells = _class_cells(name, column, are_classes)
    present: np.ndarray = pc.invert(pc.is_null(cells, nan_is_null=True)).to_numpy()
    return present


def _class_cells(name: str, column: pa.ChunkedArray, are_classes: bool) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return the target as a plain type, as it is and with null where the class is missing."""
    _refuse_date_type(name, column, are_classes)
    column = to_plain_type(name, dates_to_text(column))
    if are_classes:
        return column, verbatim(column)
    return column, trim(missing_to_null(column)) if pa.types.is_string(column.type) else column


def _to_classes(name: str, cells: pa.ChunkedArray, typed: bool, are_classes: bool, done: Tidying) -> pd.Series:
    """Convert cells, none of them missing, to int64 or text; see `to_target`."""
    if pa.types.is_boolean(cells.type):
        cells = to_strings(cells)
    if pa.types.is_string(cells.type):
        zeros = not are_classes and not typed and has_leading_zeros(cells)
        if zeros:
            done.add_note(f"the classes of the target {name!r} are kept as text for their leading zeros")
        numbers = None if typed or are_classes or zeros else cast_or_none(cells, pa.float64())
        if numbers is None:
            if not are_classes:
                _refuse_dates(name, cells)
                _refuse_written_measurement(name, cells)
            return pd.Series(unify_booleans(cells).to_pandas(), name=name, dtype=TEXT)
        cells = cast_or_none(cells, pa.int64()) or numbers
    _refuse_measurement(name, cells)
    return pd.Series(cells.cast(pa.int64()).to_pandas(), name=name).astype("int64")


def _may_be_classes(missing: pa.ChunkedArray, rows: int) -> bool:
    """Return whether so many rows are left out, in all or for one word, that the loss is a warning.

    Args:
        missing: the cells that were read as missing.
        rows: the number of all rows.
    """
    if len(missing) > MUCH_MISSING * rows:
        return True
    words = missing_texts(missing) if pa.types.is_string(missing.type) else {}
    return any(count > max(RARE, FEW_MISSING * rows) for word, count in words.items() if word in WORDS)


def _describe_missing(name: str, missing: pa.ChunkedArray, rows: int) -> str:
    one = missing.length() == 1
    return (
        f"{missing.length():,} of {rows:,} rows {'is' if one else 'are'} left out, since the target "
        f"{name!r} is missing{_spellings(name, missing)}"
    )


def _spellings(name: str, missing: pa.ChunkedArray) -> str:
    """Describe the texts that were read as missing, such as `NA`, in case they are classes; empty if there are none."""
    if not pa.types.is_string(missing.type):
        return ""
    counted = missing_texts(missing)
    if not counted:
        return ""
    listed = list_first([f"{text!r} in {count:,}" for text, count in counted.items()], 5)
    return f" (written as {listed}; dataset.categories: [{yaml_name(name)}] keeps such texts as classes)"


def _refuse_dates(name: str, cells: pa.ChunkedArray) -> None:
    try:
        dates = find_dates(cells) is not None
    except AmbiguousDatesError:
        dates = True
    if dates:
        raise _dates_error(name)


def _refuse_date_type(name: str, column: pa.ChunkedArray, are_classes: bool) -> None:
    if not are_classes and dates_to_text(column).type != column.type and pa.types.is_temporal(column.type):
        raise _dates_error(name)


def _dates_error(name: str) -> DataError:
    return DataError(
        f"the target {name!r} holds dates; a target is text or whole numbers (dataset.categories: "
        f"[{yaml_name(name)}] takes each date for a class)"
    )


def _refuse_written_measurement(name: str, cells: pa.ChunkedArray) -> None:
    """Refuse amounts and the like, as `$1,200`, if there are too many different ones to be classes.

    Raises:
        DataError: they are measurements.
    """
    if pc.count_distinct(cells).as_py() <= MOST_CODES:
        return
    for decimal in (None, "."):
        with contextlib.suppress(AmbiguousNumbersError):
            found = find_numbers(cells, decimal)
            if found and not found.gaps:
                _refuse_measurement(name, pa.chunked_array([to_numbers(cells, found.format)[0]]))
            return


def _refuse_measurement(name: str, cells: pa.ChunkedArray) -> None:
    """Refuse numbers that are a quantity to predict rather than classes.

    A quantity is assumed if some are fractions, or if there are more than twelve different whole numbers and a quarter
    of these are rare, as at the ends of a distribution.

    Raises:
        DataError: they are a quantity, or beyond 64 bits.
    """
    values = cells.to_numpy()
    distinct, counts = np.unique(values, return_counts=True)
    fractions = ~np.isfinite(distinct) | (distinct != np.floor(distinct))
    rare = (counts < RARE).mean()
    if fractions.any():
        why = f"such as {distinct[fractions][0]:g}, which is not whole"
    elif len(distinct) > MOST_CODES and rare >= RARE_SHARE:
        why = f"{rare:.0%} of them in fewer than {RARE} rows each"
    elif np.abs(distinct).max() >= 2**63:
        raise DataError(f"the target {name!r} holds whole numbers beyond 64 bits; write its classes as text")
    else:
        return
    raise DataError(
        f"the target {name!r} holds {len(distinct):,} different numbers, {why}: a number to predict, not a class; bin "
        "it into classes first (as pandas.qcut does), or take each number for a class by dataset.categories: "
        f"[{yaml_name(name)}]"
    )
