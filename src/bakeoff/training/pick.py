"""Compare the contestants and pick the winner."""

from collections.abc import Sequence

import numpy as np

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.evaluation.bootstrap import bootstrap_scores
from bakeoff.evaluation.comparison import compare
from bakeoff.evaluation.paired_tests import corrected_resampled_t_test
from bakeoff.evaluation.results import Comparison
from bakeoff.metrics import METRICS
from bakeoff.training.cross_validate import read_predictions
from bakeoff.training.leaderboard import Scorecard
from bakeoff.training.results import Selection
from bakeoff.training.selection import pairs, pick_best


def pick_winner(config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard]) -> Selection:
    """Compare every pair of contestants that finished, and pick the winner by `selection.rule`.

    Raises:
        TrainingError: no contestant finished.
    """
    scoring, means = config.cross_validation.scoring, {card.classifier: card.cv_mean for card in scorecards}
    if config.selection.test == "nadeau_bengio":
        return pick_best(means, _compare_folds(config, scorecards), scoring, config.selection)
    finished = {card.classifier: card.folds for card in scorecards if card.status == "ok"}
    comparisons: dict[tuple[str, str], Comparison] = {}
    if len(finished) > 1:
        predictions = read_predictions(ref, config.cross_validation, finished)
        closed = METRICS[scoring].is_mean_over_rows
        resampled = None if closed else bootstrap_scores(predictions, scoring, config.selection.resamples)
        comparisons = {pair: compare(predictions, *pair, scoring, resampled) for pair in pairs(means)}
        if closed and config.selection.rule != "best_mean":
            # The comparisons are of means over rows, which differ from means over folds of unequal size.
            means |= {name: float(predictions.mean_row_scores(name, scoring).mean()) for name in finished}
    return pick_best(means, comparisons, scoring, config.selection)


def _compare_folds(config: TrainingConfig, scorecards: Sequence[Scorecard]) -> dict[tuple[str, str], Comparison]:
    scores = {card.classifier: np.array(card.cv_scores) for card in scorecards}
    test_share = 1 / (config.cross_validation.folds - 1)
    finished_pairs = pairs({card.classifier: card.cv_mean for card in scorecards})
    return {
        (first, second): corrected_resampled_t_test(scores[first] - scores[second], test_share)
        for first, second in finished_pairs
    }
