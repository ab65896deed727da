"""What each contestant reached, side by side."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal

from bakeoff.classifiers import title
from bakeoff.errors import TrainingError
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.engines import Engine
from bakeoff.estimators.svm_approximation import Approximation
from bakeoff.evaluation.results import Calibration
from bakeoff.metrics import DIGITS, MetricName
from bakeoff.store import card
from bakeoff.training.results import (
    CalibratedModel,
    FoldScore,
    LeaderComparison,
    Selection,
    TestResult,
)

logger = logging.getLogger(__name__)

Status = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True)
class Scorecard:
    """One contestant's race. `reason` says why when it did not finish; what it reached is empty then."""

    classifier: str
    status: Status
    reason: str | None = None
    predicted_seconds: float | None = None
    approximation: Approximation | None = None
    folds: tuple[FoldScore, ...] = ()
    engine: Engine | None = None
    fit_seconds: float | None = None
    test: TestResult | None = None
    calibration: Calibration | None = None

    @property
    def cv_scores(self) -> tuple[float, ...]:
        """The fold scores, in order."""
        return tuple(fold.score for fold in self.folds)

    @property
    def cv_mean(self) -> float | None:
        """The mean of the fold scores."""
        import numpy as np

        return float(np.mean(self.cv_scores)) if self.folds else None

    @property
    def cv_std(self) -> float | None:
        """The standard deviation of the fold scores (divided by n, as `cross_val_score(…).std()`)."""
        import numpy as np

        return float(np.std(self.cv_scores)) if self.folds else None

    def describe(self, selection: Selection, scoring: MetricName) -> card.Contestant:
        """As the version's card holds it.

        Args:
            selection: the race's.
            scoring: the metric that it was judged by.
        """
        test, approximation = self.test, self.approximation
        scores = card.Contestant(
            status=self.status,
            reason=self.reason,
            cv_scores=list(self.cv_scores),
            cv_mean=self.cv_mean,
            cv_std=self.cv_std,
            to_leader=describe_standing(selection.standings.get(self.classifier)),
            test={**test.evaluation.metrics, scoring: test.score} if test else None,
            test_intervals=_describe_intervals(test, scoring) if test else None,
            brier=_describe_brier(self.calibration) if self.calibration else None,
            report=dict(test.evaluation.report) if test else None,
            engine=self.engine,
            approximation=card.Nystroem(**vars(approximation)) if approximation else None,
            predicted_seconds=self.predicted_seconds,
            fit_seconds=self.fit_seconds,
            predict_rows_per_second=round(test.rows_per_second) if test else None,
        )
        return card.Finisher(**vars(scores)) if self.status == "ok" else scores


def _describe_intervals(test: TestResult, scoring: MetricName) -> dict[str, card.Interval | None]:
    """By metric; None where there is none, as of the log loss of one row."""
    found = {"accuracy": test.interval, scoring: test.score_interval}
    return {metric: ends if all(map(isfinite, ends)) else None for metric, ends in found.items()}


def _describe_brier(calibration: Calibration) -> card.BrierScore:
    return card.BrierScore(method=calibration.method, before=calibration.brier_before, after=calibration.brier_after)


def describe_standing(standing: LeaderComparison | None) -> card.ToLeader | None:
    """A contestant beside the leader, as the card holds it; None for the leader and for who did not finish."""
    if standing is None:
        return None
    beside = standing.comparison
    return card.ToLeader(
        difference=beside.difference,
        interval=beside.interval,
        p_value=beside.p_value,
        p_holm=standing.p_holm,
        test=beside.test,
        rows_better=beside.wins,
        rows_worse=beside.losses,
        margin=standing.margin,
        tied=standing.tied,
    )


def score_contestant(
    contestant: Contestant,
    folds: Sequence[FoldScore],
    model: CalibratedModel | None,
    test: TestResult | None,
    reason: str | None,
    otherwise: Status = "failed",
) -> Scorecard:
    """Draw a contestant's parts together: `ok` with all of them, else `failed` or `skipped` with the reason."""
    name, predicted, approximation = contestant.name, contestant.predicted_seconds, contestant.approximation
    if reason is not None or model is None or test is None:
        logger.warning("%s %s: %s", title(name), otherwise, reason)
        return Scorecard(name, otherwise, reason or "it did not finish", predicted, approximation)
    in_order = tuple(sorted(folds, key=lambda fold: fold.fold))
    return Scorecard(
        name,
        "ok",
        None,
        predicted,
        approximation,
        in_order,
        model.engine,
        model.seconds,
        test,
        model.calibration,
    )


def require_finisher(scorecards: Sequence[Scorecard]) -> None:
    """Refuse a race that nobody has finished.

    Raises:
        TrainingError: with each contestant's reason.
    """
    statuses = {each.status for each in scorecards}
    if "ok" not in statuses:
        reasons = "; ".join(f"{each.classifier}: {each.reason}" for each in scorecards)
        what = statuses.pop() if len(statuses) == 1 else "failed or skipped"
        raise TrainingError(f"all contestants {what}: {reasons}")


def rank(scorecards: Sequence[Scorecard], order: Sequence[str]) -> list[Scorecard]:
    """Best mean fold score first, on a tie the simpler one; contestants without a score last.

    Args:
        order: all contestants from the simplest on.
    """

    def place(card: Scorecard) -> tuple[float, int]:
        score = -inf if card.cv_mean is None else round(card.cv_mean, DIGITS)
        return -score, order.index(card.classifier)

    return sorted(scorecards, key=place)
