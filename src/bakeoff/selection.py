"""Which contestant wins, and the sentence that says why: pure functions over numbers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from bakeoff.classifiers import CLASSIFIERS, title
from bakeoff.errors import TrainingError

RULE = "best_mean"
DIGITS = 12  # below this, equal shares of rows differ only by how floating point adds them up

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Selection:
    """The winner, the rule it won by, and one sentence."""

    winner: str
    rule: str
    why: str


def pick_best(scores: Mapping[str, float | None], scoring: str = "accuracy") -> Selection:
    """Pick the contestant with the highest mean cross-validation score.

    On a tie to the last digit the simpler one wins, simplicity being the order of `CLASSIFIERS`.

    Args:
        scores: for each contestant its mean score on the training rows' folds, higher being better; None for one that
            did not finish.

    Raises:
        TrainingError: there is none.
    """
    means = {name: score for name, score in scores.items() if score is not None}
    if not means:
        raise TrainingError("no contestant finished, so there is nothing to pick from")
    best = max(round(mean, DIGITS) for mean in means.values())
    tied = [name for name in CLASSIFIERS if name in means and round(means[name], DIGITS) == best]
    winner, *others = tied
    score = f"mean cross-validation {scoring.replace('_', ' ')}"
    if others:
        why = (
            f"{_list(tied)} tie to the last digit with a {score} of {best:.4f}; {title(winner)} is the simplest of them"
        )
    elif len(means) == 1:
        only = "raced alone" if len(scores) == 1 else "was the only contestant that finished"
        why = f"{title(winner)} {only}, with a {score} of {best:.4f}"
    else:
        runner_up = max((name for name in means if name != winner), key=lambda name: means[name])
        gap = means[winner] - means[runner_up]
        why = (
            f"{title(winner)} has the highest {score}, {means[winner]:.4f}, "
            f"{_digits(gap)} ahead of {title(runner_up)} with {means[runner_up]:.4f}"
        )
    logger.info("winner: %s", why)
    return Selection(winner, RULE, why)


def _digits(gap: float) -> str:
    """Four decimals, or as many as show that the gap is not nothing."""
    return f"{gap:.4f}" if gap >= 0.00005 else f"{gap:.1g}"


def _list(names: list[str]) -> str:
    titles = [title(name) for name in names]
    return f"{', '.join(titles[:-1])} and {titles[-1]}"
