"""Accuracy, precision, recall, F1 and the classification report on rows that a model has not seen."""

import json
import logging
import time
from pathlib import Path

import joblib
import numpy as np

from bakeoff.answering import answer
from bakeoff.answers import Answers, ask, to_codes
from bakeoff.classifiers import title
from bakeoff.contestant import Contestant
from bakeoff.handover import ClassMetrics, DatasetRef, Evaluation, ModelRef, TestResult
from bakeoff.outcomes import describe_outcomes
from bakeoff.reference import read_groups, read_part
from bakeoff.significance import score_interval, wilson_interval

logger = logging.getLogger(__name__)


def evaluate_predictions(y_true: np.ndarray, y_pred: np.ndarray) -> Evaluation:
    """Compare predictions with the truth; the figures are those of scikit-learn's `classification_report`.

    A class that is never predicted has precision 0, one that never occurs recall 0.

    Args:
        y_true: the true classes, shape (n_rows,).
        y_pred: the predicted classes, shape (n_rows,), of the same type.
    """
    from sklearn.metrics import precision_recall_fscore_support

    names = np.unique(np.concatenate([y_true, y_pred]))
    columns = precision_recall_fscore_support(y_true, y_pred, labels=names, zero_division=0)
    report = {
        str(name): ClassMetrics(float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(names, *columns)
    }
    precision, recall, f1 = (float(np.average(column)) for column in columns[:3])
    return Evaluation(float(np.average(y_true == y_pred)), precision, recall, f1, report)


def evaluate_classifier(
    ref: DatasetRef, contestant: Contestant, model: ModelRef, resamples: int, folder: Path
) -> TestResult:
    """Load a fitted contestant and evaluate it on the test rows.

    Args:
        resamples: of the bootstrap, where the metric's interval needs one.
        folder: where what pictures are drawn from is written.
    """
    X, y = read_part(ref, "test")
    pipeline = joblib.load(model.path)
    started = time.perf_counter()
    codes, shares = answer(pipeline, X)
    seconds = time.perf_counter() - started
    evaluation = evaluate_predictions(y, pipeline.classes_[codes])
    groups = read_groups(ref, "test")
    interval = wilson_interval(y == pipeline.classes_[codes], groups)
    score, between = evaluation.accuracy, interval
    if contestant.scoring != "accuracy":
        given = ask(pipeline, X, ref.classes, contestant.scoring)[None]
        answers = Answers(
            to_codes(y, ref.classes),
            np.zeros((1, len(y)), dtype=int),
            {contestant.name: given},
            len(ref.classes),
            groups,
        )
        score = answers.score(contestant.name, contestant.scoring)
        between = score_interval(answers, contestant.name, contestant.scoring, resamples)
    logger.info(
        "%s on %s test rows: accuracy %.4f (95 %% interval %.4f to %.4f)",
        title(contestant.name),
        f"{len(y):,}",
        evaluation.accuracy,
        *interval,
    )
    outcomes = folder / f"{contestant.name}-outcomes.json"
    known = to_codes(pipeline.classes_, ref.classes)
    every = np.zeros((len(y), len(ref.classes)))
    if shares is not None:
        every[:, known] = shares
    found = describe_outcomes(to_codes(y, ref.classes), known[codes], None if shares is None else every, ref.classes)
    outcomes.write_text(json.dumps(found), encoding="utf-8")
    return TestResult(evaluation, len(y) / seconds, interval, score, between, outcomes)
