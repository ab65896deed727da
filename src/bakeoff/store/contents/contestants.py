"""What a card tells of the contestants, and of the choice between them."""

from dataclasses import dataclass
from typing import Annotated, Any

from bakeoff.evaluation.results import ClassMetrics, Method, Trial
from bakeoff.runtime.typed_json import Keys

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class ToLeader:
    """The comparison of a contestant with the leader on the same rows; the difference is contestant minus leader.

    Attributes:
        interval: the 95 % interval of the difference.
        p_holm: the p-value, adjusted by Holm's method for all pairs of contestants.
        test: the test that gave the p-value.
        rows_better: the number of rows that only the contestant predicts right.
        rows_worse: the number of rows that only the leader predicts right.
        margin: the largest difference that counts as a tie.
    """

    difference: float
    interval: Interval
    p_value: float
    p_holm: float
    test: str | None = None
    rows_better: int | None = None
    rows_worse: int | None = None
    margin: float
    tied: bool


@dataclass(frozen=True, kw_only=True)
class BrierScore:
    """The Brier score of a contestant's probabilities, before and after calibration."""

    method: Method | None
    before: float | None
    after: float | None


@dataclass(frozen=True, kw_only=True)
class Nystroem:
    """How a contestant was approximated, and the predicted time of the exact fit."""

    method: str = "nystroem"
    components: int
    exact_seconds: float


@dataclass(frozen=True, kw_only=True)
class Search:
    """The parameters that a contestant's search chose from all training rows and in each fold, and what it tried."""

    chosen: dict[str, Any]
    by_fold: list[dict[str, Any]]
    trials: list[Trial]


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """The scores and times of a contestant; `reason` says why it did not finish.

    Attributes:
        disagreement: the share of the test rows in which another class than the predicted one is the most probable;
            None without probabilities and in older cards.
    """

    status: str
    reason: str | None
    cv_scores: list[float] | None
    cv_mean: float | None
    cv_std: float | None
    to_leader: ToLeader | None = None
    test: dict[str, float] | None
    test_intervals: dict[str, Interval | None] | None = None
    brier: BrierScore | None = None
    disagreement: float | None = None
    report: dict[str, ClassMetrics] | None
    engine: str | None = None
    approximation: Nystroem | None = None
    search: Search | None = None
    predicted_seconds: float | None = None
    fit_seconds: float | None
    predict_rows_per_second: float | None

    def interval(self, metric: str = "accuracy") -> Interval | None:
        """Return the 95 % interval of a metric on the test rows; None if it was not computed."""
        return (self.test_intervals or {}).get(metric)


@dataclass(frozen=True, kw_only=True)
class Finisher(Contestant):
    """A contestant that finished."""

    cv_mean: float
    cv_std: float
    test: Annotated[dict[str, float], Keys(("accuracy",))]
    report: dict[str, ClassMetrics]


@dataclass(frozen=True, kw_only=True)
class Baseline(Finisher):
    """The results of the baseline, `DummyClassifier(strategy="prior")`, which never wins.

    Attributes:
        answer: the most frequent class of the training rows.
        beaten_by: the contestants that are better beyond chance.
        warning: the sentence that comes first if the winner is not among them.
    """

    answer: str
    beaten_by: list[str]
    warning: str | None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The rule by which the winner was chosen, the metric, and the reason in a sentence."""

    rule: str | None = None
    scoring: str = "accuracy"
    test: str | None = None
    alpha: float = 0.05
    leader: str | None = None
    why: str
