"""Evaluate a fitted contestant on the test rows."""

import json
import logging
import time
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.classifiers import title
from bakeoff.config.unpickler.read import read_model
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_groups, read_part
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.inference import predict_with_proba
from bakeoff.evaluation.calibration_curve import DISAGREEMENT, disagreement
from bakeoff.evaluation.classification_report import classification_report, count_predictions
from bakeoff.evaluation.curves import evaluate_ranking
from bakeoff.evaluation.intervals import score_interval, wilson_interval
from bakeoff.evaluation.overfitting import warn_of_drop, warn_of_memory
from bakeoff.evaluation.predictions import HeldOutPredictions, encode_labels, response_values, score_model
from bakeoff.metrics import MAJORITY, MetricName
from bakeoff.store.card import TrainingScores
from bakeoff.training.leaderboard import Scorecard
from bakeoff.training.results import ModelRef, TestResult, TestScores

TRAINING_ROWS = 2_000  # that the winner predicts to see whether it has memorized them

logger = logging.getLogger(__name__)


def evaluate_classifier(
    ref: DatasetRef, contestant: Contestant, model: ModelRef, resamples: int, folder: Path
) -> TestResult:
    """Load a fitted contestant and evaluate it on the test rows.

    Args:
        resamples: the number of bootstrap resamples, for metrics whose interval needs them.
        folder: where the data of the charts is written.
    """
    X, y = read_part(ref, "test")
    pipeline = read_model(model.path)
    started = time.perf_counter()
    codes, probabilities = predict_with_proba(pipeline, X)
    seconds = time.perf_counter() - started
    scoring = contestant.scoring
    values = None if scoring == "accuracy" else response_values(pipeline, X, ref.classes, scoring)
    scores = score_test_rows(ref, y, pipeline.classes_[codes], values, scoring, resamples)
    uneven = scoring == "accuracy" and max(each.support for each in scores.evaluation.report.values()) > (
        MAJORITY * len(y)
    )
    logger.info(
        "%s on %s test rows: accuracy %.4f (95 %% interval %.4f to %.4f)%s",
        title(contestant.name),
        f"{len(y):,}",
        scores.evaluation.accuracy,
        *scores.interval,
        f", balanced accuracy {scores.evaluation.balanced_accuracy:.4f}" if uneven else "",
    )
    outcomes = folder / f"{contestant.name}-outcomes.json"
    known = encode_labels(pipeline.classes_, ref.classes)
    all_probabilities = np.zeros((len(y), len(ref.classes)))
    if probabilities is not None:
        all_probabilities[:, known] = probabilities
    ranking = evaluate_ranking(
        encode_labels(y, ref.classes), known[codes], None if probabilities is None else all_probabilities, ref.classes
    )
    outcomes.write_text(json.dumps(ranking), encoding="utf-8")
    differs = None if probabilities is None else disagreement(codes, probabilities)
    return TestResult(**vars(scores), rows_per_second=len(y) / seconds, outcomes=outcomes, disagreement=differs)


def score_test_rows(
    ref: DatasetRef,
    y: np.ndarray,
    predicted: np.ndarray,
    values: np.ndarray | None,
    scoring: MetricName,
    resamples: int,
) -> TestScores:
    """Evaluate predictions for the test rows.

    Args:
        y: the classes, shape (n_rows,).
        predicted: the predicted classes, shape (n_rows,).
        values: the `response_values`; needed for metrics other than accuracy.
        scoring: the metric of the race.
        resamples: the number of bootstrap resamples, for metrics whose interval needs them.
    """
    evaluation = classification_report(*count_predictions(y, predicted))
    groups = read_groups(ref, "test")
    interval = wilson_interval(y == predicted, groups)
    if values is None:
        return TestScores(evaluation, interval, evaluation.accuracy, interval)
    name, folds = "model", np.zeros((1, len(y)), dtype=int)
    predictions = HeldOutPredictions(
        encode_labels(y, ref.classes), folds, {name: values[None]}, len(ref.classes), groups
    )
    score_bounds = score_interval(predictions, name, scoring, resamples)
    return TestScores(evaluation, interval, predictions.score(name, scoring), score_bounds)


def score_training_rows(ref: DatasetRef, pipeline: Any, scoring: MetricName) -> TrainingScores:
    """Score a Pipeline on the training rows, or on a random sample of them.

    Args:
        ref: the dataset.
        pipeline: the fitted Pipeline.
        scoring: the metric of the race.
    """
    X, y = read_part(ref, "train")
    rows = np.random.RandomState(0).permutation(len(y))[:TRAINING_ROWS]
    X, y = X.iloc[rows], y[rows]
    scores = dict(classification_report(*count_predictions(y, pipeline.predict(X))).metrics)
    if scoring not in scores:
        scores[scoring] = score_model(pipeline, X, y, ref.classes, scoring)
    return TrainingScores(rows=len(y), scores={name: float(value) for name, value in scores.items() if isfinite(value)})


def warn_of_overfitting(ref: DatasetRef, winner: Scorecard, train: float, scoring: MetricName) -> list[str]:
    """Return, and log, a warning if the winner is far worse on test rows than on training rows or in the folds.

    Args:
        ref: the dataset.
        winner: the winner's results.
        train: its accuracy on training rows.
        scoring: the metric of the race.
    """
    test, folds = winner.test, winner.cv_mean
    assert test is not None  # a winner has finished
    assert folds is not None
    y = read_part(ref, "train")[1]
    majority = float(np.unique(y, return_counts=True)[1].max() / len(y))
    warning = warn_of_drop(scoring, folds, test.score, test.score_interval, (ref.rows["train"], ref.rows["test"]))
    warning = warn_of_memory(train, test.evaluation.accuracy, test.interval, majority) or warning
    if warning:
        logger.warning("%s", warning)
    return [warning] if warning else []


def warn_of_disagreement(scorecards: Sequence[Scorecard], n_classes: int) -> list[str]:
    """Return, and log, a warning for each contestant whose most probable class often isn't the class it predicts.

    Args:
        scorecards: the results of all contestants.
        n_classes: the number of classes.
    """
    warnings = []
    for each in scorecards:
        share = each.test.disagreement if each.test else None
        if share is None or share <= DISAGREEMENT:
            continue
        method = each.calibration.method if each.calibration else None
        temperature = n_classes > 2 and method != "temperature"
        warnings.append(
            f"{title(each.classifier)}: in {100 * share:.1f} % of the test rows the predicted class is not the most "
            "probable one, so the probabilities don't say how sure the predictions are"
            + ("; calibration: temperature brings the two together" if temperature else "")
        )
    for warning in warnings:
        logger.warning("%s", warning)
    return warnings
