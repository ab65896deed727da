"""Probabilities counted where they lie: curves that add up batch by batch, without holding the rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.evaluation.calibration_curve import BINS, bin_sums, curve_from_bins
from bakeoff.evaluation.curves import MOST_CONFUSED, describe_curve, describe_curves
from bakeoff.evaluation.results import CalibrationCurve

HANDED_ON = 16_384  # points of a batch, over all classes, of which a class has at most a sixteenth
HELD = 2**20  # points of all batches, over all classes, of which a class has at most a sixteenth


class ProbabilitySketch:
    """How often each class was true and not, by the probability that it was given.

    A class has points: a probability, and how many rows of other classes and of its own were given it. Of too many,
    neighbours are counted together, so that no point holds more than a small share of the rows of either kind: an area
    is off by as little wherever the probabilities lie. Of more than `MOST_CONFUSED` classes nothing is counted, nor of
    a row whose probabilities are not all numbers.
    """

    def __init__(self, n_classes: int) -> None:
        """Begin with no rows."""
        self._classes: list[list[np.ndarray]] = [[] for _ in range(n_classes if n_classes <= MOST_CONFUSED else 0)]
        self._most = min(HANDED_ON // 16, HANDED_ON // max(n_classes, 1))
        self._bins = np.zeros((3, BINS))

    def add(self, truth: np.ndarray, shares: np.ndarray) -> None:
        """Count some rows.

        Args:
            truth: the true classes, counted from 0, shape (n_rows,).
            shares: the classes' probabilities, shape (n_rows, n_classes).
        """
        finite = np.isfinite(shares).all(axis=1)
        truth, shares = truth[finite], np.clip(shares[finite], 0, 1)
        if not self._classes or not len(truth):
            return
        for position in range(len(self._classes)):
            self._take(position, count_rows(shares[:, position], truth == position, self._most))
        self._bins += bin_sums(truth, shares)

    def merge(self, counted: Mapping[str, Any]) -> None:
        """Add what `to_dict` gave for other rows."""
        for position, points in enumerate(counted["points"]):
            self._take(position, np.array(points, dtype=float))
        self._bins += counted["bins"]

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain values."""
        points = [
            compress(merge_points(parts), self._most).tolist() if parts else [[], [], []] for parts in self._classes
        ]
        return {"points": points, "bins": self._bins.tolist()}

    def describe(self, classes: Sequence[str]) -> dict[str, Any]:
        """What `evaluate_ranking` says of how the rows are ranked; rows at one point count as ties.

        Args:
            classes: as text, in the order of the model's.
        """
        curves = {}
        for name, parts in zip(classes, self._classes):
            _, others, true = merge_points(parts)[:, ::-1] if parts else np.zeros((3, 0))
            if not (others.any() and true.any()):
                continue
            hits, alarms = np.cumsum(true), np.cumsum(others)
            tpr, fpr = hits / hits[-1], alarms / alarms[-1]
            recall, precision = np.append(tpr[::-1], 0.0), np.append((hits / (hits + alarms))[::-1], 1.0)
            share = float(hits[-1] / (hits[-1] + alarms[-1]))
            curves[name] = describe_curve(share, np.append(0.0, fpr), np.append(0.0, tpr), recall, precision)
        return describe_curves(curves, classes)

    def reliability(self) -> CalibrationCurve | None:
        """As `reliability_curve` of all rows; None for none."""
        return curve_from_bins(self._bins) if self._bins.any() else None

    def _take(self, position: int, points: np.ndarray) -> None:
        parts, most = self._classes[position], min(HELD // 16, HELD // len(self._classes))
        parts.append(points)
        if len(parts) > 1 and sum(part.shape[1] for part in parts) > most:
            parts[:] = [compress(merge_points(parts), most // 2)]


def count_rows(shares: np.ndarray, true: np.ndarray, most: int) -> np.ndarray:
    """What `compress` would make of the rows, each a point, in a third of the time.

    Args:
        shares: a class's probabilities, shape (n_rows,).
        true: whether a row is of the class, shape (n_rows,).
        most: of points, at least 4.
    """
    order = np.argsort(shares)
    shares, mine = shares[order], np.cumsum(true[order])
    others = np.arange(1, len(shares) + 1) - mine
    ends = np.flatnonzero(np.append(shares[1:] != shares[:-1], True))
    if len(ends) > most:
        wanted, alone = shares[_quantile_positions(others, most // 2 - 1)], shares[_quantile_positions(mine, most // 4)]
        after = np.searchsorted(shares, np.concatenate([wanted, alone, shares[-1:]]), "right")
        before = np.searchsorted(shares, alone, "left")
        ends = np.unique(np.concatenate([after, before[before > 0]])) - 1
    starts = np.append(0, ends[:-1] + 1)
    rows = np.diff(np.stack([others[ends], mine[ends]]), prepend=0, axis=1)
    means = np.diff(np.cumsum(shares)[ends], prepend=0) / rows.sum(axis=0)
    return np.vstack([np.clip(means, shares[starts], shares[ends]), rows])


def merge_points(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The points together, ascending, each probability once.

    Args:
        parts: at least one; probabilities, rows of other classes and of the class itself, each of shape (3, n_points).
    """
    points = np.concatenate(parts, axis=1)
    points = points[:, np.argsort(points[0])]
    if not points.shape[1]:
        return points
    starts = np.flatnonzero(np.append(True, points[0, 1:] != points[0, :-1]))
    return np.vstack([points[0, starts], np.add.reduceat(points[1:], starts, axis=1)])


def compress(points: np.ndarray, most: int) -> np.ndarray:
    """At most so many points: neighbours together at their mean, by shares of the rows of either kind.

    The shares grow smaller towards the highest probabilities, since the first rows of a ranking decide most over its
    precisions; of a class of a few rows each has its point to itself.

    Args:
        points: as `merge_points` gives them.
        most: of points, at least 4.
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
    """The points up to which so many shares of the rows lie; of fewer rows, where each lies.

    Args:
        rows: cumulated, over the points.
    """
    total = rows[-1]
    left = 1 - np.arange(1, count + 1) / count
    wanted = np.arange(1, total + 1) if total <= count else total * (1 - left**2)
    return np.minimum(np.searchsorted(rows, wanted), len(rows) - 1)
