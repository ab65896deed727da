"""Evaluate a fitted contestant on the test rows."""

import json
import logging
import time
from pathlib import Path

import joblib
import numpy as np

from bakeoff.classifiers import title
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_groups, read_part
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.inference import predict_with_proba
from bakeoff.evaluation.classification_report import classification_report, count_predictions
from bakeoff.evaluation.curves import evaluate_ranking
from bakeoff.evaluation.intervals import score_interval, wilson_interval
from bakeoff.evaluation.predictions import HeldOutPredictions, encode_labels, response_values
from bakeoff.training.results import ModelRef, TestResult

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
    pipeline = joblib.load(model.path)
    started = time.perf_counter()
    codes, probabilities = predict_with_proba(pipeline, X)
    seconds = time.perf_counter() - started
    evaluation = classification_report(*count_predictions(y, pipeline.classes_[codes]))
    groups = read_groups(ref, "test")
    interval = wilson_interval(y == pipeline.classes_[codes], groups)
    score, score_bounds = evaluation.accuracy, interval
    if contestant.scoring != "accuracy":
        values = response_values(pipeline, X, ref.classes, contestant.scoring)[None]
        predictions = HeldOutPredictions(
            encode_labels(y, ref.classes),
            np.zeros((1, len(y)), dtype=int),
            {contestant.name: values},
            len(ref.classes),
            groups,
        )
        score = predictions.score(contestant.name, contestant.scoring)
        score_bounds = score_interval(predictions, contestant.name, contestant.scoring, resamples)
    logger.info(
        "%s on %s test rows: accuracy %.4f (95 %% interval %.4f to %.4f)",
        title(contestant.name),
        f"{len(y):,}",
        evaluation.accuracy,
        *interval,
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
    return TestResult(evaluation, len(y) / seconds, interval, score, score_bounds, outcomes)
