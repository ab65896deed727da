"""Count rows in the bins of a profile, batch by batch; the counts of two batches are added up."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.drift.profile import ColumnProfile, Profile
from bakeoff.tables.schema import Feature

MOST_ROWS = 1 << 14  # of a batch that are counted
BLOCK = 1 << 14  # values compared at once: as many as fit the processor's cache
UNSEEN = (
    0.01  # largest expected share of unseen categories of a column in which one makes a row unlike the training rows
)


class DriftCounter:
    """Counts rows in the bins of a profile, as a vector of integers.

    The vector has for each column its bins and the missing values; then the predicted classes; then the bins of
    confidence; then the number of rows, and of those that are unlike all training rows in a column.
    """

    def __init__(self, profile: Profile, features: Sequence[Feature]) -> None:
        """Prepare to count.

        Args:
            profile: the version's profile.
            features: the version's schema, with all categories that training saw.
        """
        self.profile = profile
        categories = {feature.name: feature.categories for feature in features}
        self._known = {
            column.name: _Categories(column.categories, categories.get(column.name))
            for column in profile.columns
            if column.kind == "category"
        }
        prediction = profile.prediction
        sizes = [len(column.counts) + 1 for column in profile.columns]
        sizes += [len(prediction.classes), len(prediction.confidence), 2]
        self._bounds = [0, *np.cumsum(sizes).tolist()]

    def count(self, X: pd.DataFrame, codes: np.ndarray, shares: np.ndarray | None) -> np.ndarray:
        """Count a batch, or of a large batch some of its rows.

        Args:
            X: the validated features of the scored rows, shape (n_rows, n_features).
            codes: their predicted class codes, shape (n_rows,).
            shares: their probabilities, shape (n_rows, n_classes), or None.
        """
        if len(X) > MOST_ROWS:
            rows = spread_rows(len(X), MOST_ROWS)
            X, codes, shares = X.iloc[rows], codes[rows], None if shares is None else shares[rows]
        outside = np.zeros(len(X), dtype=bool)
        parts = [self._count_column(column, X[column.name], outside) for column in self.profile.columns]
        prediction = self.profile.prediction
        parts.append(np.bincount(codes, minlength=len(prediction.classes)))
        confidence = np.zeros(len(prediction.confidence), dtype=np.int64)
        if shares is not None and len(confidence):
            confidence = bin_numbers(shares[np.arange(len(shares)), codes], prediction.cuts)[:-1]
        parts += [confidence, np.array([len(X), np.count_nonzero(outside)])]
        return np.concatenate(parts).astype(np.int64)

    def split(self, counts: np.ndarray) -> list[np.ndarray]:
        """Split a vector into that of each column, and those of classes, confidence, and rows."""
        return [counts[low:high] for low, high in pairwise(self._bounds)]

    @property
    def size(self) -> int:
        """The length of the vector."""
        return int(self._bounds[-1])

    def _count_column(self, column: ColumnProfile, cells: pd.Series, outside: np.ndarray) -> np.ndarray:
        """Count a column's bins and missing values, and mark the rows that are unlike all training rows."""
        if column.kind == "category":
            counts, unseen = self._known[column.name].count(cells)
            if counts[-2] and column.counts[-1] <= UNSEEN * sum(column.counts):
                outside |= unseen
            return counts
        values = to_values(column.kind, cells)
        counts = bin_numbers(values, column.cuts)
        if column.kind == "number" and column.cuts and (counts[0] or counts[-2]):
            outside |= (values <= column.cuts[0]) | (values > column.cuts[-1])
        return counts


class _Categories:
    """The categories of a column: those that have a bin, and all that training saw."""

    def __init__(self, binned: Sequence[str], known: Sequence[str] | None) -> None:
        self._n_bins = len(binned)
        self._binned = pa.array(binned, pa.string())
        self._known = None if known is None else pa.array(known, pa.string())

    def count(self, cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Count the bins and missing values of a column; returns the counts, and a mask of unseen categories."""
        text = to_text(cells)
        missing: np.ndarray = pc.is_null(text).to_numpy(zero_copy_only=False)
        bins = pc.fill_null(pc.index_in(text, self._binned), self._n_bins).to_numpy()
        unseen = np.zeros(len(text), dtype=bool)
        if self._known is not None:
            rest = np.flatnonzero((bins == self._n_bins) & ~missing)
            unseen[rest] = ~pc.is_in(text.take(pa.array(rest)), self._known).to_numpy(zero_copy_only=False)
        codes = np.where(missing, self._n_bins + 2, bins + unseen)
        return np.bincount(codes, minlength=self._n_bins + 3), unseen


def spread_rows(count: int, most: int) -> np.ndarray:
    """Return the positions of at most `most` rows: one of each stretch of equal length, at random, in order.

    Every second row, say, would be all of one kind in a table whose rows come in pairs.

    Args:
        count: the number of rows.
        most: the most positions.
    """
    step = -(-count // most) or 1
    starts = np.arange(0, count, step)
    rows: np.ndarray = np.minimum(starts + np.random.RandomState(0).randint(0, step, len(starts)), count - 1)
    return rows


def to_values(kind: str, cells: pd.Series) -> np.ndarray:
    """Return a column as numbers, NaN where missing: a text's length; of dates, which have one bin, only the gaps."""
    if kind == "text":
        lengths = pc.cast(pc.utf8_length(to_text(cells)), pa.float64())
        return np.asarray(lengths.to_numpy(zero_copy_only=False))
    if kind == "datetime":
        return np.where(cells.isna().to_numpy(), np.nan, 0.0)
    return np.ascontiguousarray(cells.to_numpy(dtype=float, na_value=np.nan))


def to_text(cells: pd.Series) -> pa.Array:
    """Return a column of text as an Arrow array."""
    text = pa.array(cells, pa.string(), from_pandas=True)
    return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text


def bin_numbers(values: np.ndarray, cuts: Sequence[float]) -> np.ndarray:
    """Count the values in the bins that end at `cuts`, and the NaN last; counting is faster than searching.

    Args:
        values: shape (n_rows,).
        cuts: ascending; each belongs to the bin that it ends.
    """
    ends = [*cuts, np.inf]
    below = np.zeros(len(ends), dtype=np.int64)
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        below += [np.count_nonzero(block <= end) for end in ends]
    return np.append(np.diff(below, prepend=0), len(values) - below[-1])
