"""From the contestants' folds to the winner."""

from collections.abc import Sequence

import numpy as np

from bakeoff.answers import bootstrap_scores
from bakeoff.config import TrainingConfig
from bakeoff.leaderboard import Scorecard
from bakeoff.metrics import METRICS
from bakeoff.preparing import DatasetRef
from bakeoff.selection import Selection, pairs, pick_best
from bakeoff.significance import Comparison, compare, compare_folds
from bakeoff.validation import read_answers


def choose_winner(config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard]) -> Selection:
    """Compare every pair of contestants that finished, and pick the winner by `selection.rule`.

    Raises:
        TrainingError: none finished.
    """
    means = {card.classifier: card.cv_mean for card in scorecards}
    compared = compare_pairs(config, ref, scorecards) if len(pairs(means)) else {}
    return pick_best(means, compared, config.cross_validation.scoring, config.selection)


def compare_pairs(
    config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard]
) -> dict[tuple[str, str], Comparison]:
    """Every pair of contestants that finished, compared by `selection.test`."""
    finished = {card.classifier: card for card in scorecards if card.status == "ok"}
    both = pairs({card.classifier: card.cv_mean for card in scorecards})
    folds = config.cross_validation
    if config.selection.test == "nadeau_bengio":
        scores = {name: np.array(card.cv_scores) for name, card in finished.items()}
        return {pair: compare_folds(scores[pair[0]] - scores[pair[1]], 1 / (folds.folds - 1)) for pair in both}
    answers = read_answers(ref, folds, {name: card.folds for name, card in finished.items()})
    closed = METRICS[folds.scoring].is_mean_over_rows
    resampled = None if closed else bootstrap_scores(answers, folds.scoring, config.selection.resamples)
    return {pair: compare(answers, *pair, folds.scoring, resampled) for pair in both}
