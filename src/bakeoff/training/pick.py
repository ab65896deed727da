"""Compare the contestants, and the baseline, and pick the winner."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_part, read_target
from bakeoff.errors import TrainingError
from bakeoff.evaluation.baseline import predict_baseline, warn_of_baseline
from bakeoff.evaluation.bootstrap import bootstrap_scores
from bakeoff.evaluation.comparison import compare
from bakeoff.evaluation.paired_tests import corrected_resampled_t_test
from bakeoff.evaluation.predictions import HeldOutPredictions, encode_labels
from bakeoff.evaluation.results import BASELINE, Comparison
from bakeoff.metrics import METRICS
from bakeoff.training.cross_validate import read_predictions
from bakeoff.training.evaluate import score_test_rows
from bakeoff.training.leaderboard import Scorecard
from bakeoff.training.results import Baseline, Selection, TestScores
from bakeoff.training.selection import compare_baseline, pairs, pick_best

logger = logging.getLogger(__name__)

Compare = Callable[[str, str], Comparison]


def pick_winner(config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard]) -> Selection:
    """Compare every pair of contestants that finished, pick the winner by `selection.rule`, and compare the baseline.

    Raises:
        TrainingError: no contestant finished.
    """
    scoring, means = config.cross_validation.scoring, {card.classifier: card.cv_mean for card in scorecards}
    finished = {card.classifier: card.folds for card in scorecards if card.status == "ok"}
    if not finished:
        raise TrainingError("no contestant finished, so there is nothing to pick from")
    predictions = read_predictions(ref, config.cross_validation, finished)
    cv_scores = predictions.fold_scores(BASELINE, scoring)
    if config.selection.test == "nadeau_bengio":
        compare_pair = _folds_comparison(config, scorecards, cv_scores)
    else:
        compare_pair = _rows_comparison(config, predictions)
        if METRICS[scoring].is_mean_over_rows and config.selection.rule != "best_mean" and len(finished) > 1:
            # The comparisons are of means over rows, which differ from means over folds of unequal size.
            means |= {name: float(predictions.mean_row_scores(name, scoring).mean()) for name in finished}
    comparisons = {pair: compare_pair(*pair) for pair in pairs(means)}
    selection = pick_best(means, comparisons, scoring, config.selection)
    baseline, y = {name: compare_pair(BASELINE, name) for name in finished}, read_part(ref, "train")[1]
    standings, beaten_by = compare_baseline(baseline, scoring, config.selection)
    names, counts = np.unique(y, return_counts=True)
    answer, share = names[counts.argmax()], float(counts.max() / len(y))
    warning = warn_of_baseline(str(answer), share, len(names), scoring, selection.winner, selection.leader, beaten_by)
    if warning:
        logger.warning("%s", warning)
    test = _test_baseline(config, ref, y, answer)
    return replace(
        selection, baseline=Baseline(str(answer), cv_scores, test, standings[selection.leader], beaten_by, warning)
    )


def _rows_comparison(config: TrainingConfig, predictions: HeldOutPredictions) -> Compare:
    scoring = config.cross_validation.scoring
    closed = METRICS[scoring].is_mean_over_rows
    resampled = None if closed else bootstrap_scores(predictions, scoring, config.selection.resamples)
    return lambda first, second: compare(predictions, first, second, scoring, resampled)


def _folds_comparison(config: TrainingConfig, scorecards: Sequence[Scorecard], baseline: list[float]) -> Compare:
    scores = {card.classifier: np.array(card.cv_scores) for card in scorecards} | {BASELINE: np.array(baseline)}
    test_share = 1 / (config.cross_validation.folds - 1)
    return lambda first, second: corrected_resampled_t_test(scores[first] - scores[second], test_share)


def _test_baseline(config: TrainingConfig, ref: DatasetRef, y: np.ndarray, answer: object) -> TestScores:
    """Evaluate the baseline, fitted on the training rows, on the test rows.

    Args:
        y: the classes of the training rows, shape (n_rows,).
        answer: the most frequent of them.
    """
    scoring, y_test = config.cross_validation.scoring, read_target(ref, "test")
    values = predict_baseline(encode_labels(y, ref.classes), len(y_test), len(ref.classes), scoring)
    predicted = np.full(len(y_test), answer, dtype=y.dtype)
    return score_test_rows(
        ref, y_test, predicted, None if scoring == "accuracy" else values, scoring, config.selection.resamples
    )
