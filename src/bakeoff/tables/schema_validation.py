"""Validate a table against a version's schema."""

import re
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
    TEXT,
    dates_to_text,
    text_cells,
    to_booleans,
    to_numbers,
    to_pandas,
    to_plain_type,
    too_large,
)
from bakeoff.tables.dates import read_dates, to_plain_dates
from bakeoff.tables.schema import CellFormat, Feature

_WHOLE = re.compile(r"-?\d+(?:\.0)?")
SHOWN = 80  # characters of a cell shown in a reason
REFUSED: dict[str, Any] = {"row": "int64", "column": TEXT, "value": TEXT, "reason": TEXT, "kind": TEXT}


@dataclass(frozen=True)
class AnomalyPolicy:
    """What to do with rows that can be scored but are unlike the training rows.

    Attributes:
        on_unseen: the action for a category that no training row had.
        on_out_of_range: the action for a number outside the training range.
        range_margin: how far outside the range a number may be unnoticed, as a multiple of the range's width.
        on_missing: the action for a missing value in a column in which no training row had one.
    """

    on_unseen: AnomalyAction = "accept"
    on_out_of_range: AnomalyAction = "accept"
    range_margin: float = 1.0
    on_missing: AnomalyAction = "accept"


ACCEPT_ALL = AnomalyPolicy()


@dataclass(frozen=True)
class ValidatedTable:
    """A table in the form that a model takes, with the rows that it can't score.

    Attributes:
        X: the features of all rows, shape (n_rows, n_features); invalid cells are missing.
        rejected: a row for each rejected row: its position (`row`), and of its first invalid feature the `column`, the
            `value`, the `reason` and the `kind` of reason.
        flags: the flags of each row, as `unseen:region; out_of_range:amount`, or null; shape (n_rows,).
        flagged: by flag, a mask of the rows that have it, shape (n_rows,).
        empty: the features that may be missing, and are missing in all rows.
    """

    X: pd.DataFrame
    rejected: pd.DataFrame
    flags: pa.Array
    flagged: Mapping[str, np.ndarray]
    empty: tuple[str, ...]

    @property
    def usable(self) -> np.ndarray:
        """The positions of the rows that can be scored."""
        rows: np.ndarray = np.arange(len(self.flags))
        return np.setdiff1d(rows, self.rejected["row"].to_numpy(), assume_unique=True) if len(self.rejected) else rows


@dataclass(frozen=True)
class _Finding:
    """Cells of a column that are invalid or anomalous for the same reason.

    Attributes:
        cells: a mask of the cells, shape (n_rows,).
        kind: the reason, without the cell's value.
        detail: a format string for the value, appended to the kind.
        flag: the flag to set; None to reject the rows.
    """

    cells: np.ndarray
    kind: str
    detail: str = ""
    flag: str | None = None


def validate_table(
    table: pa.Table, features: Sequence[Feature], leniency: AnomalyPolicy = ACCEPT_ALL
) -> ValidatedTable:
    """Convert a table to the features of a version, reject rows with invalid cells, and flag or reject anomalies.

    Args:
        table: the rows; an absent column counts as missing in all rows.
        features: the schema of the version.
        leniency: what to do with anomalous rows.

    Raises:
        DataError: a column has a type that can't be used.
    """
    n_rows, present = table.num_rows, set(table.column_names)
    columns: dict[str, Any] = {}
    flagged: dict[str, np.ndarray] = {}
    empty: list[str] = []
    rejected_rows = np.zeros(n_rows, dtype=bool)
    rejections: list[tuple[int, str, str | None, str, str]] = []
    for feature in features:
        if feature.name in present:
            cells = feature_cells(feature, table[feature.name])
        else:
            cells = pa.chunked_array([pa.nulls(n_rows, pa.float64())])
        columns[feature.name], findings = _conform_column(feature, cells, leniency)
        if feature.missing and not findings and _is_empty(columns[feature.name]):
            empty.append(feature.name)
        for finding in findings:
            if finding.flag:
                flagged[f"{finding.flag}:{feature.name}"] = finding.cells
                continue
            for row in np.flatnonzero(finding.cells & ~rejected_rows):
                value = cells[int(row)].as_py()
                shown = None if value is None else str(value)[:SHOWN]
                reason = finding.kind + finding.detail.format(shown)
                rejections.append((int(row), feature.name, shown, reason, finding.kind))
            rejected_rows |= finding.cells
    rejected = pd.DataFrame(sorted(rejections), columns=list(REFUSED)).astype(REFUSED)
    return ValidatedTable(_to_frame(columns, n_rows), rejected, _join(flagged, n_rows), flagged, tuple(empty))


def feature_cells(feature: Feature, column: pa.ChunkedArray, where: str = "") -> pa.ChunkedArray:
    """Cast the column of a feature to a plain type.

    Args:
        feature: the feature, for the message.
        column: of any Arrow type.
        where: the column's file for the message, as ` of 'b.csv'`.

    Raises:
        DataError: the type is not supported, so that no row could be scored.
    """
    try:
        if feature.kind == "datetime":
            return to_plain_dates(feature.name, column)
        if feature.format is not None and feature.format.verbatim:
            column = dates_to_text(column)
        return to_plain_type(feature.name, column)
    except DataError as error:
        sentence = f"column {feature.name!r}{where} holds {column.type}, and training saw a {feature.kind} in it"
        raise DataError(sentence) from error


def _to_frame(columns: dict[str, Any], n_rows: int) -> pd.DataFrame:
    """Make a frame of the columns; if all are numbers as one block, since pandas is slow with many columns."""
    index = range(n_rows)
    if columns and all(isinstance(column, np.ndarray) for column in columns.values()):
        return pd.DataFrame(np.vstack(list(columns.values())).T, index=index, columns=list(columns), copy=False)
    return pd.DataFrame(columns, index=index)


def _conform_column(feature: Feature, cells: pa.ChunkedArray, leniency: AnomalyPolicy) -> tuple[Any, list[_Finding]]:
    """Convert a column to the feature's type, and find its invalid and anomalous cells."""
    if feature.kind in ("category", "text"):
        values, empty, findings = _conform_text(feature, cells, leniency)
    elif feature.kind == "datetime":
        values, empty, findings = _conform_dates(feature, cells)
    else:
        values, unreadable = to_numbers(cells, feature.format) if feature.kind == "number" else to_booleans(cells)
        low, high = _bounds(feature, leniency)
        if not unreadable.any() and _all_within(values, low, high):
            return values, []
        expected = "a number" if feature.kind == "number" else "true or false"
        huge, empty = too_large(values), np.isnan(values) & ~unreadable
        findings = [
            _Finding(unreadable, f"not {expected}", ": {0!r}"),
            _Finding(huge, "infinite, or too large", ": {0}"),
        ]
        if feature.range is not None and leniency.on_out_of_range != "accept":
            kind = "far outside the training range, {:g} to {:g}".format(*feature.range)
            outside = ((values < low) | (values > high)) & ~huge
            findings.append(_anomaly(outside, leniency.on_out_of_range, "out_of_range", kind, ": {0}"))
    if not feature.missing and leniency.on_missing != "accept":
        kind = "missing, and training saw no missing value here"
        findings.append(_anomaly(empty, leniency.on_missing, "missing", kind, ""))
    return values, [finding for finding in findings if finding.cells.any()]


def _conform_text(
    feature: Feature, cells: pa.ChunkedArray, leniency: AnomalyPolicy
) -> tuple[Any, np.ndarray, list[_Finding]]:
    """Convert a column to text; returns it, a mask of its missing cells, and a finding of unseen categories."""
    text = text_cells(cells, feature.format)
    empty: np.ndarray = pc.is_null(text).to_numpy()
    findings = []
    if feature.categories is not None:
        text, unseen = _spell_codes(text, feature.categories)
        if leniency.on_unseen != "accept":
            kind = "a category that training did not see"
            findings.append(_anomaly(unseen, leniency.on_unseen, "unseen", kind, ": {0!r}"))
    return to_pandas("category", text), empty, findings


def _spell_codes(text: pa.ChunkedArray, categories: tuple[str, ...]) -> tuple[pa.ChunkedArray, np.ndarray]:
    """Write whole numbers that are no category as one that is: `1.0` as `1`, or the other way.

    pandas writes the first for the second in a column of whole numbers in which one is missing.

    Returns:
        The text, and a mask of the cells that are no category.
    """
    known = pa.array(categories, pa.string())
    unseen = _unseen(text, known)
    if not unseen.any():
        return text, unseen
    whole = filter(_WHOLE.fullmatch, text.filter(pa.array(unseen)).unique().to_pylist())
    others = {cell: cell.removesuffix(".0") if cell.endswith(".0") else f"{cell}.0" for cell in whole}
    seen = frozenset(categories) if others else frozenset()
    codes = {cell: other for cell, other in others.items() if other in seen}
    if codes:
        found = pc.index_in(text, pa.array(list(codes), pa.string()))
        text = pc.coalesce(pc.take(pa.array(list(codes.values()), pa.string()), found), text)
        unseen = _unseen(text, known)
    return text, unseen


def _unseen(text: pa.ChunkedArray, known: pa.Array) -> np.ndarray:
    mask: np.ndarray = pc.invert(pc.or_(pc.is_in(text, known), pc.is_null(text))).to_numpy()
    return mask


def _conform_dates(feature: Feature, cells: pa.ChunkedArray) -> tuple[Any, np.ndarray, list[_Finding]]:
    """Convert a column to times; returns it, a mask of its missing cells, and a finding of cells that are no dates."""
    times, unreadable = read_dates(cells, feature.format or CellFormat(order="ymd"))
    return pd.Series(times), np.isnat(times) & ~unreadable, [_Finding(unreadable, "not a date", ": {0!r}")]


def _bounds(feature: Feature, leniency: AnomalyPolicy) -> tuple[float, float]:
    """Return the smallest and the largest number that is not anomalous."""
    if feature.range is None or leniency.on_out_of_range == "accept":
        return -MAX_NUMBER, MAX_NUMBER
    low, high = feature.range
    allowed = leniency.range_margin * (high - low)
    return max(low - allowed, -MAX_NUMBER), min(high + allowed, MAX_NUMBER)


def _all_within(values: np.ndarray, low: float, high: float) -> bool:
    """Return whether no value is missing or out of bounds: a fast check that most columns pass."""
    return bool(len(values) == 0 or (values.min() >= low and values.max() <= high))  # False for NaN


def _is_empty(values: Any) -> bool:
    """Return whether there are rows and all values are missing; the first value decides for most columns."""
    return len(values) > 0 and bool(pd.isna(values[0])) and bool(pd.isna(values).all())


def _anomaly(cells: np.ndarray, action: AnomalyAction, flag: str, kind: str, detail: str) -> _Finding:
    """Make the finding of anomalous cells, which are flagged or rejected."""
    return _Finding(cells, kind, detail, flag if action == "flag" else None)


def _join(flagged: Mapping[str, np.ndarray], n_rows: int) -> pa.Array:
    """Join the flags of each row with semicolons, shape (n_rows,); null for a row without flags."""
    if not flagged:
        return pa.nulls(n_rows, pa.string())
    texts = pa.array(list(flagged), pa.string())
    flags, rows = np.nonzero(np.vstack(list(flagged.values())))
    by_row = np.argsort(rows, kind="stable")  # in the order of the flags within a row
    ends = np.concatenate([[0], np.bincount(rows, minlength=n_rows).cumsum()])
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), texts.take(pa.array(flags[by_row])))
    return pc.if_else(pa.array(np.diff(ends) > 0), pc.binary_join(lists, "; "), pa.scalar(None, pa.string()))
