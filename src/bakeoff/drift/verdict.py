"""The rule: which differences between rows and training rows are drift.

A difference counts if it is larger than chance explains, at a level that all checks of a run share (Bonferroni), and
large enough to matter. Levels bound false alarms at every number of rows; the least sizes keep many rows from turning
differences that don't matter into alarms.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import NamedTuple

import numpy as np

from bakeoff.drift.accuracy import estimate_accuracy
from bakeoff.drift.counts import DriftCounter
from bakeoff.drift.profile import ColumnProfile
from bakeoff.drift.results import VERDICTS, AccuracyChange, ColumnDrift, Difference, Drift, Measure, Verdict, worst
from bakeoff.drift.sizes import divergence, divergence_chance, normal_scores, wasserstein, wasserstein_chance
from bakeoff.evaluation.intervals import wilson_of_share

LEVELS: dict[Verdict, float] = {
    "watch": 0.02,
    "drifted": 0.0005,
}  # of a false alarm, for all checks of a run together
LEAST: dict[Verdict, float] = {"watch": 0.05, "drifted": 0.2}  # sizes below which a difference doesn't matter
LEAST_LOSS: dict[Verdict, float] = {"watch": 0.01, "drifted": 0.02}  # losses of accuracy below which one doesn't matter
PER_SHARE = 2.0  # the size of a difference of 1 in a share of missing values: that of a column of two equal halves
SHORTEST = 1e-12  # sizes up to which a difference is one of rounding

YES_NO = np.array([0.0, 1.0])  # the places of two bins, whose Wasserstein distance is the difference of their shares


class Labelled(NamedTuple):
    """The rows with a class, and the test rows to compare them with.

    Attributes:
        rows: the number of rows with a class.
        right: the number of them that were predicted correctly.
        test_rows: the number of test rows.
        test_accuracy: the accuracy on them.
        rows_alone: whether rows are independent; False if the split was by group.
    """

    rows: int
    right: int
    test_rows: int
    test_accuracy: float
    rows_alone: bool


def judge_drift(
    counter: DriftCounter,
    counts: np.ndarray,
    classes: Sequence[str],
    labelled: Labelled | None = None,
    *,
    trained_on: bool = False,
) -> Drift:
    """Compare the rows of a table with a version's profile.

    Args:
        counter: the counter of the profile.
        counts: the sum of its vectors over all batches.
        classes: the names of the classes, in the model's order.
        labelled: the rows with a class; None if there are none.
        trained_on: whether training rows are among them: then predicted classes and confidence don't count, nor how
            many categories are new, and no accuracy is estimated.
    """
    profile = counter.profile
    *by_column, of_classes, of_confidence, of_rows = counter.split(counts)
    n_rows, n_outside = (int(count) for count in of_rows)
    rule = _Rule(2 * len(profile.columns) + 2 + (labelled is not None))
    columns = {
        column.name: _judge_column(rule, column, counted, trained_on=trained_on)
        for column, counted in zip(profile.columns, by_column)
    }
    prediction = profile.prediction
    of_prediction = rule.categories(np.array(prediction.classes), of_classes, tuple(classes))
    confidence = None
    if prediction.confidence and of_confidence.any():
        confidence = rule.numbers(np.array(prediction.confidence), of_confidence, _intervals(prediction.cuts))
    estimated = estimate_accuracy(prediction, of_confidence, n_rows, n_outside)
    if trained_on:
        estimated = replace(estimated, value=None, interval=None, reason="training rows")
        of_prediction = replace(of_prediction, verdict="stable")
        confidence = confidence and replace(confidence, verdict="stable")
    accuracy = labelled and _judge_accuracy(rule, labelled)
    verdicts = [each.verdict for each in (*columns.values(), of_prediction, confidence, accuracy) if each]
    return Drift(
        verdict=worst([verdict for verdict in verdicts if verdict]),
        rows=n_rows,
        training_rows=profile.rows,
        columns=dict(sorted(columns.items(), key=lambda column: -column[1].size)),
        classes=of_prediction,
        confidence=confidence,
        estimated_accuracy=asdict(estimated),
        accuracy=accuracy,
        trained_on=trained_on,
    )


class _Rule:
    """The levels of a check, by the number of checks."""

    def __init__(self, n_checks: int) -> None:
        self._levels = np.array(list(LEVELS.values())) / n_checks

    def numbers(self, reference: np.ndarray, counts: np.ndarray, bins: tuple[str, ...]) -> Difference:
        """Compare the counts of ordered bins."""
        places = normal_scores(reference)
        return self._judge(
            "wasserstein",
            reference,
            counts,
            lambda: wasserstein(places, reference, counts),
            lambda levels: wasserstein_chance(places, reference, counts, levels),
            bins,
        )

    def categories(self, reference: np.ndarray, counts: np.ndarray, bins: tuple[str, ...]) -> Difference:
        """Compare the counts of categories."""
        return self._judge(
            "jensen_shannon",
            reference,
            counts,
            lambda: divergence(reference, counts),
            lambda levels: divergence_chance(reference, counts, levels),
            bins,
        )

    def missing(self, reference: np.ndarray, counts: np.ndarray) -> Difference:
        """Compare the counts of values and of missing values."""
        return self._judge(
            "missing",
            reference,
            counts,
            lambda: PER_SHARE * wasserstein(YES_NO, reference, counts),
            lambda levels: PER_SHARE * wasserstein_chance(YES_NO, reference, counts, levels),
            ("present", "missing"),
        )

    def loss(self, reference: np.ndarray, counts: np.ndarray) -> tuple[Verdict, float]:
        """Judge the loss of accuracy between two counts of wrong and right predictions; returns the noise, too."""
        lost = float(counts[0] / counts.sum() - reference[0] / reference.sum())
        noise = wasserstein_chance(YES_NO, reference, counts, 2 * self._levels)  # one-sided
        return _verdict(lost, noise, LEAST_LOSS), float(noise[0])

    def _judge(
        self,
        measure: Measure,
        reference: np.ndarray,
        counts: np.ndarray,
        measured: Callable[[], float],
        chance: Callable[[np.ndarray], np.ndarray],
        bins: tuple[str, ...],
    ) -> Difference:
        if not (reference.any() and counts.any()):
            return Difference(verdict="stable", size=0.0, noise=0.0, measure=measure)
        if np.count_nonzero(reference + counts) == 1:  # as columns without missing values have it: nothing to measure
            size, noise = 0.0, np.zeros(len(self._levels))
        else:
            size, noise = measured(), chance(self._levels)
        return Difference(
            verdict=_verdict(size, noise, LEAST),
            size=size if size > SHORTEST else 0.0,
            noise=float(noise[0]),
            measure=measure,
            bins=bins,
            training=tuple((reference / reference.sum()).tolist()),
            now=tuple((counts / counts.sum()).tolist()),
        )


def _verdict(size: float, noise: np.ndarray, least: dict[Verdict, float]) -> Verdict:
    limits = zip(least, np.maximum(noise, list(least.values())))
    return worst([verdict for verdict, limit in limits if size > limit])


def _judge_column(rule: _Rule, column: ColumnProfile, counted: np.ndarray, *, trained_on: bool) -> ColumnDrift:
    """Judge a column by its values and by its missing values; the worse of the two is the column's."""
    reference, counts = np.array(column.counts), counted[:-1]
    if column.kind == "category":
        bins = (*column.categories, "others", "unseen")
        if trained_on:  # no category of a training row is new to the version
            reference, counts = (np.append(rows[:-2], rows[-2:].sum()) for rows in (reference, counts))
            bins = bins[:-1]
        of_values = rule.categories(reference, counts, bins)
    elif column.kind == "boolean":
        of_values = rule.categories(reference, counts, ("false", "true"))
    else:
        of_values = rule.numbers(reference, counts, _intervals(column.cuts))
    gaps = [np.array([rows.sum(), missing]) for rows, missing in ((reference, column.missing), (counts, counted[-1]))]
    of_gaps = rule.missing(*gaps)
    worse = max((of_values, of_gaps), key=lambda each: (VERDICTS.index(each.verdict), each.size))
    shares = tuple(float(gap[1] / gap.sum()) if gap.sum() else 0.0 for gap in gaps)
    return ColumnDrift(**vars(worse), kind=column.kind, missing=(shares[0], shares[1]))


def _judge_accuracy(rule: _Rule, labelled: Labelled) -> AccuracyChange:
    test_right = round(labelled.test_accuracy * labelled.test_rows)
    verdict, noise = rule.loss(
        np.array([labelled.test_rows - test_right, test_right]),
        np.array([labelled.rows - labelled.right, labelled.right]),
    )
    value = labelled.right / labelled.rows
    return AccuracyChange(
        verdict=verdict if labelled.rows_alone else None,
        value=value,
        interval=wilson_of_share(value, labelled.rows),
        test=labelled.test_accuracy,
        noise=noise,
        rows=labelled.rows,
    )


def _intervals(cuts: Sequence[float]) -> tuple[str, ...]:
    """Return the names of bins that end at cuts."""
    texts = [f"{cut:.4g}" for cut in cuts]
    if not texts:
        return ("all",)
    return (f"up to {texts[0]}", *(f"to {text}" for text in texts[1:]), f"above {texts[-1]}")
