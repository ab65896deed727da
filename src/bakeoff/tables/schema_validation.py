"""Meeting a table with the columns that training saw: what fits is converted, what doesn't is named by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.config.prediction import AnomalyAction
from bakeoff.errors import DataError
from bakeoff.tables.cells import (
    MAX_NUMBER,
    text_cells,
    to_booleans,
    to_numbers,
    to_pandas,
    to_plain_type,
    too_large,
)
from bakeoff.tables.schema import Feature

SHOWN = 80  # characters of a cell that a reason shows
REFUSED = {"row": "int64", "column": "str", "value": "str", "reason": "str", "kind": "str"}


@dataclass(frozen=True)
class AnomalyPolicy:
    """What becomes of a row whose cells can be scored, but are unlike all that training saw.

    Attributes:
        on_unseen: a category that no training row had.
        on_out_of_range: a number further outside the training range than `range_margin` times the range's width.
    """

    on_unseen: AnomalyAction = "accept"
    on_out_of_range: AnomalyAction = "accept"
    range_margin: float = 1.0


ACCEPT_ALL = AnomalyPolicy()  # all that can be scored is, and nothing is said


@dataclass(frozen=True)
class ValidatedTable:
    """A table as a model takes it.

    Attributes:
        X: the features of all rows, shape (n_rows, n_features), with unusable cells as missing.
        rejected: a line a refused row with `row`, `column`, `value`, `reason` and the reason's `kind`, for the first
            column, in the order of the features, that is wrong in it.
        flags: for each row what is unlike all that training saw, as `unseen:region; out_of_range:amount`; null where
            nothing is. Shape (n_rows,).
        flagged: for each flag the rows that have it, shape (n_rows,).
        empty: the features in which no row has a value, and which may be without.
    """

    X: pd.DataFrame
    rejected: pd.DataFrame
    flags: pa.Array
    flagged: Mapping[str, np.ndarray]
    empty: tuple[str, ...]

    @property
    def usable(self) -> np.ndarray:
        """The positions of the rows that can be scored."""
        every: np.ndarray = np.arange(len(self.flags))
        return np.setdiff1d(every, self.rejected["row"].to_numpy(), assume_unique=True) if len(self.rejected) else every


@dataclass(frozen=True)
class _Finding:
    """The cells that something is wrong with, or that are to be flagged.

    Attributes:
        kind: what is wrong, in words that do for all of them.
        detail: is put behind it, with the cell in it.
    """

    cells: np.ndarray
    kind: str
    detail: str = ""
    flag: str | None = None


def validate_table(
    table: pa.Table, features: Sequence[Feature], leniency: AnomalyPolicy = ACCEPT_ALL
) -> ValidatedTable:
    """Turn a table into the columns that training saw, name the rows that can't be, and flag those that are odd.

    Args:
        table: may lack a column that training saw missing cells in; all its rows are gaps then.
    """
    n_rows = table.num_rows
    columns: dict[str, Any] = {}
    flagged: dict[str, np.ndarray] = {}
    empty: list[str] = []
    refused = np.zeros(n_rows, dtype=bool)
    lines: list[tuple[int, str, str | None, str, str]] = []
    for feature in features:
        cells = _cells(table, feature)
        columns[feature.name], findings = _conform_column(feature, cells, leniency)
        if feature.missing and not findings and _is_empty(columns[feature.name]):
            empty.append(feature.name)
        for found in findings:
            if found.flag:
                flagged[f"{found.flag}:{feature.name}"] = found.cells
                continue
            for row in np.flatnonzero(found.cells & ~refused):
                value = cells[int(row)].as_py()
                shown = None if value is None else str(value)[:SHOWN]
                lines.append((int(row), feature.name, shown, found.kind + found.detail.format(shown), found.kind))
            refused |= found.cells
    rejected = pd.DataFrame(sorted(lines), columns=list(REFUSED)).astype(REFUSED)
    return ValidatedTable(
        pd.DataFrame(columns, index=range(n_rows)), rejected, _join(flagged, n_rows), flagged, tuple(empty)
    )


def feature_cells(feature: Feature, column: pa.ChunkedArray, where: str = "") -> pa.ChunkedArray:
    """A column reduced to numbers, booleans or text.

    Args:
        where: the column is, for the error, as ` of 'b.csv'`.

    Raises:
        DataError: it is of a type that is none of these, so that no row of it could be scored.
    """
    try:
        return to_plain_type(feature.name, column)
    except DataError as error:
        sentence = f"column {feature.name!r}{where} holds {column.type}, and training saw a {feature.kind} in it"
        raise DataError(sentence) from error


def _cells(table: pa.Table, feature: Feature) -> pa.ChunkedArray:
    if feature.name not in table.column_names:
        return pa.chunked_array([pa.nulls(table.num_rows, pa.float64())])
    return feature_cells(feature, table[feature.name])


def _conform_column(feature: Feature, cells: pa.ChunkedArray, leniency: AnomalyPolicy) -> tuple[Any, list[_Finding]]:
    """The column as training saw it, and the cells that something is wrong with."""
    if feature.kind == "category":
        values, empty, findings = _conform_text(feature, cells, leniency)
    else:
        values, unreadable = to_numbers(cells) if feature.kind == "number" else to_booleans(cells)
        low, high = _bounds(feature, leniency)
        if not unreadable.any() and _all_within(values, low, high):
            return values, []
        wanted = "a number" if feature.kind == "number" else "true or false"
        huge, empty = too_large(values), np.isnan(values) & ~unreadable
        findings = [_Finding(unreadable, f"not {wanted}", ": {0!r}"), _Finding(huge, "infinite, or too large", ": {0}")]
        if feature.range is not None and leniency.on_out_of_range != "accept":
            kind = "far outside the training range, {:g} to {:g}".format(*feature.range)
            outside = ((values < low) | (values > high)) & ~huge
            findings.append(_odd(outside, leniency.on_out_of_range, "out_of_range", kind, ": {0}"))
    if not feature.missing:
        findings.append(_Finding(empty, "missing, and training saw no missing value here"))
    return values, [found for found in findings if found.cells.any()]


def _conform_text(
    feature: Feature, cells: pa.ChunkedArray, leniency: AnomalyPolicy
) -> tuple[Any, np.ndarray, list[_Finding]]:
    """The cells as text, which of them are empty, and which are categories that training did not see."""
    text = text_cells(cells)
    empty: np.ndarray = pc.is_null(text).to_numpy()
    findings = []
    if feature.categories is not None and leniency.on_unseen != "accept":
        unseen = ~pc.is_in(text, pa.array(feature.categories, pa.string())).to_numpy() & ~empty
        kind = "a category that training did not see"
        findings.append(_odd(unseen, leniency.on_unseen, "unseen", kind, ": {0!r}"))
    return to_pandas("category", text), empty, findings


def _bounds(feature: Feature, leniency: AnomalyPolicy) -> tuple[float, float]:
    """Between which numbers nothing is odd."""
    if feature.range is None or leniency.on_out_of_range == "accept":
        return -MAX_NUMBER, MAX_NUMBER
    low, high = feature.range
    allowed = leniency.range_margin * (high - low)
    return max(low - allowed, -MAX_NUMBER), min(high + allowed, MAX_NUMBER)


def _all_within(values: np.ndarray, low: float, high: float) -> bool:
    """Whether there is neither a gap nor anything odd; most columns are done with this one look."""
    return bool(len(values) == 0 or (values.min() >= low and values.max() <= high))  # False for NaN


def _is_empty(values: Any) -> bool:
    """Whether there are rows and none has a value; most columns are done with a look at the first."""
    return len(values) > 0 and bool(pd.isna(values[0])) and bool(pd.isna(values).all())


def _odd(cells: np.ndarray, treatment: AnomalyAction, flag: str, kind: str, detail: str) -> _Finding:
    return _Finding(cells, kind, detail, flag if treatment == "flag" else None)


def _join(flagged: Mapping[str, np.ndarray], n_rows: int) -> pa.Array:
    """Each row's flags with semicolons between; null for none."""
    joined: pa.Array = pa.nulls(n_rows, pa.string())
    for text, cells in flagged.items():
        longer = pc.if_else(pc.is_valid(joined), pc.binary_join_element_wise(joined, text, "; "), text)
        joined = pc.if_else(pa.array(cells), longer, joined)
    return joined
