"""Calibrate a contestant on its out-of-fold scores, and measure how good its probabilities are."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.classifiers import title
from bakeoff.config import TrainingConfig
from bakeoff.config.unpickler.read import read_model
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.calibration import cross_fit
from bakeoff.estimators.contestant import ISOTONIC_ROWS, Contestant, choose_method
from bakeoff.estimators.engines import to_sklearn
from bakeoff.evaluation.calibration_curve import brier_score, reliability_curve, softmax_or_sigmoid
from bakeoff.evaluation.costs import cost_matrix, cost_reduction, threshold_curve
from bakeoff.evaluation.results import Calibration, CostReduction, Method
from bakeoff.metrics import METRICS
from bakeoff.training.dump_model import dump_model
from bakeoff.training.held_out.out_of_fold import OutOfFoldScores, read_out_of_fold
from bakeoff.training.results import CalibratedModel, FoldScore, ModelRef

logger = logging.getLogger(__name__)


def calibrate_classifier(
    ref: DatasetRef,
    contestant: Contestant,
    config: TrainingConfig,
    model: ModelRef,
    folds: Sequence[FoldScore],
    folder: Path,
) -> CalibratedModel:
    """Calibrate a fitted contestant if it needs it, and write the calibrated Pipeline to `folder`.

    The calibrator is fitted on the out-of-fold scores of cross-validation, so the classifier is not refitted. Scores of
    repeats are pooled, not averaged: an average varies less than the scores of the single model that is exported.

    Args:
        folds: all of the contestant's fold scores.

    Raises:
        ValueError: a class has no rows to calibrate on, and the metric or the costs need probabilities.
    """
    out_of_fold = read_out_of_fold(ref, config.cross_validation, [fold.outputs for fold in sorted(folds, key=_number)])
    method = _choose(contestant, out_of_fold, len(ref.classes), needed=_needs_probabilities(config))
    path = model.path
    if method:
        pipeline = read_model(path)
        classes = pipeline.classes_
        classifier = to_sklearn(pipeline[-1])  # what joblib loads is not the same to the byte
        pipeline.steps[-1] = ("classifier", _calibrated(classifier, method, out_of_fold, classes))
        path = folder / f"{contestant.name}-calibrated.joblib"
        dump_model(pipeline, path)
    matrix = cost_matrix(config.costs, ref.classes) if config.costs else None
    calibration = evaluate_calibration(out_of_fold, len(ref.classes), method, matrix)
    if calibration.brier_before is not None:
        after = "" if calibration.brier_after is None else f", {calibration.brier_after:.4f} calibrated ({method})"
        logger.info("%s: Brier score %.4f%s", title(contestant.name), calibration.brier_before, after)
    return CalibratedModel(**{**vars(model), "path": path}, calibration=calibration)


def evaluate_calibration(
    out_of_fold: OutOfFoldScores, n_classes: int, method: Method | None, matrix: np.ndarray | None
) -> Calibration:
    """Compute Brier scores, reliability curves and the cost reduction.

    Only rows with probabilities in every repeat count.

    Args:
        out_of_fold: the contestant's out-of-fold scores.
        n_classes: the number of classes.
        method: the calibrator's; None if the contestant is not calibrated.
        matrix: the costs, shape (n_classes, n_classes); None if there are no costs.
    """
    rows, before, after = out_of_fold.rows, out_of_fold.probabilities, None
    has_own = before is not None
    if method:
        if before is None:
            before = np.array([softmax_or_sigmoid(scores) for scores in out_of_fold.scores])
        after = np.array(
            [
                cross_fit(scores, rows.y, folds, n_classes, method)
                for scores, folds in zip(out_of_fold.scores, rows.folds)
            ]
        )
    best = before if after is None else after
    known = np.zeros(len(rows.y), dtype=bool) if best is None else np.isfinite(best).all(axis=(0, 2))
    decision = None if matrix is None else CostReduction(matrix.tolist())
    if before is None or best is None or not known.any():
        return Calibration(method, has_own, decision=decision)
    y = np.tile(rows.y[known], len(before))
    uncalibrated = before[:, known].reshape(-1, n_classes)
    calibrated = None if after is None else after[:, known].reshape(-1, n_classes)
    if matrix is not None:
        groups = None if rows.groups is None else rows.groups[known]
        decision = cost_reduction(matrix, rows.y[known], out_of_fold.predicted[:, known], best[:, known], groups)
    return Calibration(
        method,
        has_own,
        rows=int(known.sum()),
        brier_before=brier_score(y, uncalibrated),
        brier_after=None if calibrated is None else brier_score(y, calibrated),
        reliability_before=reliability_curve(y, uncalibrated),
        reliability_after=None if calibrated is None else reliability_curve(y, calibrated),
        decision=decision,
        thresholds=threshold_curve(y, uncalibrated if calibrated is None else calibrated) if n_classes == 2 else None,
    )


def _number(fold: FoldScore) -> int:
    return fold.fold


def _needs_probabilities(config: TrainingConfig) -> bool:
    return bool(config.costs) or METRICS[config.cross_validation.scoring].of_probabilities


def _choose(contestant: Contestant, out_of_fold: OutOfFoldScores, n_classes: int, needed: bool) -> Method | None:
    """Choose the method; returns None for no calibration.

    Raises:
        ValueError: a class has no usable rows, and `needed` probabilities can only come from a calibrator.
    """
    usable = _usable(out_of_fold)
    counts = np.bincount(out_of_fold.rows.y[usable.any(axis=0)], minlength=n_classes)
    has_own, rarest = out_of_fold.probabilities is not None, int(counts.min())
    method = choose_method(contestant.calibration, has_own, rarest, n_classes)
    if method and not counts.all():
        problem = "its scores can't be calibrated: a class has no rows in folds that were fitted on all classes"
        if needed and not has_own:
            raise ValueError(problem)
        logger.warning("%s: %s; the plain classifier is used", title(contestant.name), problem)
        return None
    if method and contestant.calibration not in ("auto", method):
        reason = (
            f"isotonic needs {ISOTONIC_ROWS:,} out-of-fold rows of each class, and the rarest has {rarest:,}"
            if contestant.calibration == "isotonic"
            else "temperature is for more than two classes"
        )
        logger.warning("%s: calibrated by %s, since %s", title(contestant.name), method, reason)
    return method


def _usable(out_of_fold: OutOfFoldScores) -> np.ndarray:
    """Mark the rows that have scores, shape (n_repeats, n_rows)."""
    usable: np.ndarray = np.isfinite(out_of_fold.scores).all(axis=2)
    return usable


def _calibrated(classifier: Any, method: Method, out_of_fold: OutOfFoldScores, classes: np.ndarray) -> Any:
    from bakeoff.estimators.calibration import CalibratedClassifier

    usable = _usable(out_of_fold)
    y = classes[np.tile(out_of_fold.rows.y, (len(usable), 1))[usable]]
    return CalibratedClassifier(classifier, method).fit_scores(out_of_fold.scores[usable], y)
