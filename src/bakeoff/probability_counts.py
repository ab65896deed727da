"""Probabilities counted in steps: curves that add up batch by batch, without holding the rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bakeoff.handover import Curve
from bakeoff.outcomes import MOST_CONFUSED, describe_curve, describe_curves
from bakeoff.reliability import BINS, curve_of_bins, sum_bins

STEPS = 2000  # of equal width in log-odds: fine where probabilities are near 0 or 1, as many are
FURTHEST = 13.8  # log-odds of the outermost steps, which hold all beyond one in a million


class ProbabilityCounts:
    """How often each class was true and not, by the probability that it was given.

    Of more than `MOST_CONFUSED` classes nothing is counted.
    """

    def __init__(self, n_classes: int) -> None:
        """Begin with no rows."""
        self._counts = np.zeros((2, n_classes if n_classes <= MOST_CONFUSED else 0, STEPS), dtype=np.int64)
        self._bins = np.zeros((3, BINS))

    def add(self, truth: np.ndarray, shares: np.ndarray) -> None:
        """Count some rows.

        Args:
            truth: the true classes, counted from 0, shape (n_rows,).
            shares: the classes' probabilities, shape (n_rows, n_classes).
        """
        n_classes = self._counts.shape[1]
        if not n_classes:
            return
        with np.errstate(divide="ignore"):
            odds = np.clip(np.log(shares) - np.log1p(-shares), -FURTHEST, FURTHEST)
        steps = np.minimum(((odds + FURTHEST) * (STEPS / (2 * FURTHEST))).astype(np.int64), STEPS - 1)
        places = steps + STEPS * np.arange(n_classes)
        everyone = np.bincount(places.ravel(), minlength=n_classes * STEPS).reshape(n_classes, STEPS)
        true = np.bincount(places[np.arange(len(truth)), truth], minlength=n_classes * STEPS).reshape(n_classes, STEPS)
        self._counts += np.stack([everyone - true, true])
        self._bins += sum_bins(truth, shares)

    def merge(self, counted: Mapping[str, Any]) -> None:
        """Add what `to_dict` gave for other rows."""
        places, counts = counted["steps"]
        self._counts.reshape(-1)[places] += np.array(counts, dtype=np.int64)
        self._bins += counted["bins"]

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain values."""
        flat = self._counts.reshape(-1)
        places = np.flatnonzero(flat)
        return {"steps": [places.tolist(), flat[places].tolist()], "bins": self._bins.tolist()}

    def describe(self, classes: Sequence[str]) -> dict[str, Any]:
        """What `describe_outcomes` says of how the rows are ranked; rows in one step count as ties.

        An area is off by no more than half the share of pairs, of a row of the class and another, in one step.

        Args:
            classes: as text, in the order of the model's.
        """
        curves = {}
        for name, others, true in zip(classes, *self._counts):
            if not (others.any() and true.any()):
                continue
            there = np.flatnonzero(others + true)[::-1]
            hits, alarms = np.cumsum(true[there]), np.cumsum(others[there])
            tpr, fpr = hits / hits[-1], alarms / alarms[-1]
            recall, precision = np.append(tpr[::-1], 0.0), np.append((hits / (hits + alarms))[::-1], 1.0)
            share = float(hits[-1] / (hits[-1] + alarms[-1]))
            curves[name] = describe_curve(share, np.append(0.0, fpr), np.append(0.0, tpr), recall, precision)
        return describe_curves(curves, classes)

    def reliability(self) -> Curve | None:
        """As `reliability_curve` of all rows; None for none."""
        return curve_of_bins(self._bins) if self._bins.any() else None
