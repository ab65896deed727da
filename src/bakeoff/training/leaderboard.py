"""Collect and rank the results of all contestants."""

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
from bakeoff.evaluation.results import BASELINE, Calibration, SearchResult
from bakeoff.metrics import DIGITS, MetricName
from bakeoff.store.contents import contestants
from bakeoff.training.results import (
    Baseline,
    CalibratedModel,
    FoldScore,
    LeaderComparison,
    Selection,
    TestResult,
    TestScores,
)

logger = logging.getLogger(__name__)

Status = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True)
class Scorecard:
    """A contestant's results; if it did not finish, `reason` says why and the results are empty."""

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
    search: SearchResult | None = None

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
        """The standard deviation of the fold scores (ddof=0, as in `cross_val_score(…).std()`)."""
        import numpy as np

        return float(np.std(self.cv_scores)) if self.folds else None

    def _describe_search(self) -> contestants.Search | None:
        if self.search is None:
            return None
        by_fold = [fold.search.chosen for fold in self.folds if fold.search]
        return contestants.Search(chosen=self.search.chosen, by_fold=by_fold, trials=self.search.trials)

    def describe(self, selection: Selection, scoring: MetricName) -> contestants.Contestant:
        """Return the contestant's entry in the card.

        Args:
            selection: the selection of the race.
            scoring: the metric of the race.
        """
        test, approximation = self.test, self.approximation
        scores = contestants.Contestant(
            status=self.status,
            reason=self.reason,
            cv_scores=list(self.cv_scores),
            cv_mean=self.cv_mean,
            cv_std=self.cv_std,
            to_leader=describe_standing(selection.standings.get(self.classifier)),
            test=_describe_scores(test, scoring) if test else None,
            test_intervals=_describe_intervals(test, scoring) if test else None,
            brier=_describe_brier(self.calibration) if self.calibration else None,
            disagreement=test.disagreement if test else None,
            report=dict(test.evaluation.report) if test else None,
            engine=self.engine,
            approximation=contestants.Nystroem(**vars(approximation)) if approximation else None,
            search=self._describe_search(),
            predicted_seconds=self.predicted_seconds,
            fit_seconds=self.fit_seconds,
            predict_rows_per_second=round(test.rows_per_second) if test else None,
        )
        return contestants.Finisher(**vars(scores)) if self.status == "ok" else scores


def describe_baseline(baseline: Baseline, scoring: MetricName) -> contestants.Baseline:
    """Return the baseline's entry in the card.

    Args:
        baseline: the baseline's results.
        scoring: the metric of the race.
    """
    import numpy as np

    return contestants.Baseline(
        status=BASELINE,
        reason=None,
        cv_scores=baseline.cv_scores,
        cv_mean=float(np.mean(baseline.cv_scores)),
        cv_std=float(np.std(baseline.cv_scores)),
        to_leader=describe_standing(baseline.to_leader),
        test=_describe_scores(baseline.test, scoring),
        test_intervals=_describe_intervals(baseline.test, scoring),
        report=dict(baseline.test.evaluation.report),
        fit_seconds=None,
        predict_rows_per_second=None,
        answer=baseline.answer,
        beaten_by=baseline.beaten_by,
        warning=baseline.warning,
    )


def _describe_scores(test: TestScores, scoring: MetricName) -> dict[str, float]:
    return {**test.evaluation.metrics, scoring: test.score}


def _describe_intervals(test: TestScores, scoring: MetricName) -> dict[str, contestants.Interval | None]:
    """Return the intervals by metric; None if not finite, such as the interval of the log loss of a single row."""
    intervals = {"accuracy": test.interval, scoring: test.score_interval}
    return {metric: interval if all(map(isfinite, interval)) else None for metric, interval in intervals.items()}


def _describe_brier(calibration: Calibration) -> contestants.BrierScore:
    return contestants.BrierScore(
        method=calibration.method, before=calibration.brier_before, after=calibration.brier_after
    )


def describe_standing(standing: LeaderComparison | None) -> contestants.ToLeader | None:
    """Return a comparison with the leader as the card holds it; None for the leader and for unfinished contestants."""
    if standing is None:
        return None
    comparison = standing.comparison
    return contestants.ToLeader(
        difference=comparison.difference,
        interval=comparison.interval,
        p_value=comparison.p_value,
        p_holm=standing.p_holm,
        test=comparison.test,
        rows_better=comparison.wins,
        rows_worse=comparison.losses,
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
    """Make a contestant's scorecard: `ok` if it has a model and test result, else `otherwise` with the reason."""
    name, predicted, approximation = contestant.name, contestant.predicted_seconds, contestant.approximation
    if reason is not None or model is None or test is None:
        logger.warning("%s %s: %s", title(name), otherwise, reason)
        return Scorecard(name, otherwise, reason or "it did not finish", predicted, approximation)
    if model.predicted_seconds is not None:
        predicted = model.predicted_seconds
    sorted_folds = tuple(sorted(folds, key=lambda fold: fold.fold))
    return Scorecard(
        name,
        "ok",
        None,
        predicted,
        approximation,
        sorted_folds,
        model.engine,
        model.seconds,
        test,
        model.calibration,
        model.search,
    )


def require_finisher(scorecards: Sequence[Scorecard]) -> None:
    """Refuse a race that no contestant has finished.

    Raises:
        TrainingError: no contestant finished; the message has each one's reason.
    """
    statuses = {each.status for each in scorecards}
    if "ok" not in statuses:
        reasons = "; ".join(f"{each.classifier}: {each.reason}" for each in scorecards)
        what = statuses.pop() if len(statuses) == 1 else "failed or skipped"
        raise TrainingError(f"all contestants {what}: {reasons}")


def rank(scorecards: Sequence[Scorecard], order: Sequence[str]) -> list[Scorecard]:
    """Sort by mean fold score, best first; of equal scores the simpler contestant first, contestants without one last.

    Args:
        order: all contestants, simplest first.
    """

    def place(card: Scorecard) -> tuple[float, int]:
        score = -inf if card.cv_mean is None else round(card.cv_mean, DIGITS)
        return -score, order.index(card.classifier)

    return sorted(scorecards, key=place)
