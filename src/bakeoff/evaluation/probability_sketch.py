"""A mergeable sketch of predicted probabilities, for ROC and precision-recall curves of any number of rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.evaluation.calibration_curve import BINS, bin_sums, curve_from_bins
from bakeoff.evaluation.curves import MOST_CONFUSED, describe_curve, describe_curves
from bakeoff.evaluation.results import CalibrationCurve

HANDED_ON = 16_384  # most points that `to_dict` returns, for all classes; one class has at most a sixteenth of them
HELD = 2**20  # most points in memory, for all classes; one class has at most a sixteenth of them


class ProbabilitySketch:
    """For each class the number of rows of the class and of other classes, by the predicted probability of the class.

    A class has a list of points: a probability, and the numbers of negative and positive rows with it. If there are too
    many points, neighbors are merged such that no point holds more than a small share of the negative or of the
    positive rows; this bounds the error of the areas for any distribution of the probabilities. With more than
    `MOST_CONFUSED` classes nothing is counted, and rows with a non-finite probability are left out.
    """

    def __init__(self, n_classes: int) -> None:
        """Start without rows."""
        self._classes: list[list[np.ndarray]] = [[] for _ in range(n_classes if n_classes <= MOST_CONFUSED else 0)]
        self._most = min(HANDED_ON // 16, HANDED_ON // max(n_classes, 1))
        self._bins = np.zeros((3, BINS))

    def add(self, truth: np.ndarray, shares: np.ndarray) -> None:
        """Add a batch of rows.

        Args:
            truth: true class codes from 0, shape (n_rows,).
            shares: probabilities, shape (n_rows, n_classes).
        """
        finite = np.isfinite(shares).all(axis=1)
        truth, shares = truth[finite], np.clip(shares[finite], 0, 1)
        if not self._classes or not len(truth):
            return
        for position in range(len(self._classes)):
            self._add_points(position, count_rows(shares[:, position], truth == position, self._most))
        self._bins += bin_sums(truth, shares)

    def merge(self, counted: Mapping[str, Any]) -> None:
        """Add the rows of another sketch, as returned by its `to_dict`."""
        for position, points in enumerate(counted["points"]):
            self._add_points(position, np.array(points, dtype=float))
        self._bins += counted["bins"]

    def to_dict(self) -> dict[str, Any]:
        """Return the compressed counts as JSON values, for `merge`."""
        points = [
            compress(merge_points(parts), self._most).tolist() if parts else [[], [], []] for parts in self._classes
        ]
        return {"points": points, "bins": self._bins.tolist()}

    def describe(self, classes: Sequence[str]) -> dict[str, Any]:
        """Compute the curves and areas of `evaluate_ranking`; rows at the same point count as ties.

        Args:
            classes: as text, in the model's order.
        """
        curves = {}
        for name, parts in zip(classes, self._classes):
            _, others, true = merge_points(parts)[:, ::-1] if parts else np.zeros((3, 0))
            if not (others.any() and true.any()):
                continue
            tps, fps = np.cumsum(true), np.cumsum(others)
            tpr, fpr = tps / tps[-1], fps / fps[-1]
            recall, precision = np.append(tpr[::-1], 0.0), np.append((tps / (tps + fps))[::-1], 1.0)
            share = float(tps[-1] / (tps[-1] + fps[-1]))
            curves[name] = describe_curve(share, np.append(0.0, fpr), np.append(0.0, tpr), recall, precision)
        return describe_curves(curves, classes)

    def reliability(self) -> CalibrationCurve | None:
        """Return the `reliability_curve` of all rows, or None without rows."""
        return curve_from_bins(self._bins) if self._bins.any() else None

    def _add_points(self, position: int, points: np.ndarray) -> None:
        parts, most = self._classes[position], min(HELD // 16, HELD // len(self._classes))
        parts.append(points)
        if len(parts) > 1 and sum(part.shape[1] for part in parts) > most:
            self._classes[position] = [compress(merge_points(parts), most // 2)]


def count_rows(shares: np.ndarray, true: np.ndarray, most: int) -> np.ndarray:
    """Compress rows to points like `compress`, in a third of the time.

    Args:
        shares: the probabilities of one class, shape (n_rows,).
        true: whether each row belongs to the class, shape (n_rows,).
        most: the largest number of points, at least 4.

    Returns:
        The points, as from `merge_points`.
    """
    order = np.argsort(shares)
    shares, mine = shares[order], np.cumsum(true[order])
    others = np.arange(1, len(shares) + 1) - mine
    ends = np.flatnonzero(np.append(shares[1:] != shares[:-1], True))
    if len(ends) > most:
        of_others = shares[_quantile_positions(others, most // 2 - 1)]
        of_class = shares[_quantile_positions(mine, most // 4)]
        after = np.searchsorted(shares, np.concatenate([of_others, of_class, shares[-1:]]), "right")
        before = np.searchsorted(shares, of_class, "left")
        ends = np.unique(np.concatenate([after, before[before > 0]])) - 1
    starts = np.append(0, ends[:-1] + 1)
    rows = np.diff(np.stack([others[ends], mine[ends]]), prepend=0, axis=1)
    means = np.diff(np.cumsum(shares)[ends], prepend=0) / rows.sum(axis=0)
    return np.vstack([np.clip(means, shares[starts], shares[ends]), rows])


def merge_points(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Merge lists of points into one in ascending order, with each probability once.

    Args:
        parts: at least one list, each with the probabilities and the numbers of negative and positive rows, shape
            (3, n_points).

    Returns:
        The merged list, of the same form.
    """
    points = np.concatenate(parts, axis=1)
    points = points[:, np.argsort(points[0])]
    if not points.shape[1]:
        return points
    starts = np.flatnonzero(np.append(True, points[0, 1:] != points[0, :-1]))
    return np.vstack([points[0, starts], np.add.reduceat(points[1:], starts, axis=1)])


def compress(points: np.ndarray, most: int) -> np.ndarray:
    """Merge neighboring points at their mean probability until at most `most` are left.

    The merged ranges end at quantiles of the negative and of the positive rows. The quantiles are denser at high
    probabilities, where single rows change the precision most; a few positive (or negative) rows keep a point each.

    Args:
        points: as returned by `merge_points`.
        most: the largest number of points, at least 4.
    """
    if points.shape[1] <= most:
        return points
    others, true = (
        _quantile_positions(np.cumsum(rows), count) for rows, count in zip(points[1:], (most // 2 - 1, most // 4))
    )
    ends = np.unique(np.concatenate([others, np.maximum(true - 1, 0), true, [points.shape[1] - 1]]))
    starts = np.append(0, ends[:-1] + 1)
    rows = np.add.reduceat(points[1:], starts, axis=1)
    means = np.add.reduceat(points[0] * points[1:].sum(axis=0), starts) / rows.sum(axis=0)
    return np.vstack([np.clip(means, points[0, starts], points[0, ends]), rows])


def _quantile_positions(rows: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of the points at `count` quantiles, denser at the end; with fewer rows, those of all rows.

    Args:
        rows: the cumulative number of rows at each point.
        count: the number of quantiles.
    """
    total = rows[-1]
    left = 1 - np.arange(1, count + 1) / count
    wanted = np.arange(1, total + 1) if total <= count else total * (1 - left**2)
    return np.minimum(np.searchsorted(rows, wanted), len(rows) - 1)
