"""Results of the training steps as dataclasses of figures and paths; this module imports no library."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

from bakeoff.estimators.engines import Engine
from bakeoff.evaluation.results import Calibration, Comparison, Evaluation, SearchResult

Outcome = Literal["promote", "keep"]


@dataclass(frozen=True)
class TestScores:
    """The evaluation of predictions for the test rows.

    Attributes:
        interval: Wilson's 95 % interval of the accuracy.
        score: the score by the metric of the race.
        score_interval: the 95 % interval of the score.
    """

    evaluation: Evaluation
    interval: tuple[float, float]
    score: float
    score_interval: tuple[float, float]


@dataclass(frozen=True)
class TestResult(TestScores):
    """The evaluation of a fitted contestant on the test rows.

    Attributes:
        rows_per_second: the prediction rate.
        outcomes: the JSON file with the result of `evaluate_ranking`.
        disagreement: the share of the rows in which another class than the predicted one is the most probable; None
            without probabilities.
    """

    rows_per_second: float
    outcomes: Path
    disagreement: float | None


@dataclass(frozen=True)
class LeaderComparison:
    """The comparison of a contestant with the leader.

    Attributes:
        comparison: the difference, contestant minus leader, with its test.
        p_holm: the p-value, adjusted by Holm's method for all pairs.
        margin: the largest difference that counts as a tie.
        tied: whether the difference is not significant and at most the margin.
    """

    comparison: Comparison
    p_holm: float
    margin: float
    tied: bool


@dataclass(frozen=True)
class Baseline:
    """The results of the baseline, which predicts the most frequent class, or the class shares, without any column.

    Attributes:
        answer: the most frequent class of the training rows.
        cv_scores: the fold scores, in order.
        to_leader: its comparison with the leader, baseline minus leader.
        beaten_by: the contestants that are better beyond chance, at level `selection.alpha`.
        warning: what to say first if the winner is not among them, in one sentence.
    """

    answer: str
    cv_scores: list[float]
    test: TestScores
    to_leader: LeaderComparison
    beaten_by: list[str]
    warning: str | None


@dataclass(frozen=True)
class Selection:
    """The winner, the rule it won by, and the reason in one sentence.

    Attributes:
        leader: the contestant with the highest mean score.
        standings: by contestant, its comparison with the leader, for all others that finished.
        baseline: the baseline's results; it can't win.
    """

    winner: str
    rule: str
    why: str
    leader: str
    standings: Mapping[str, LeaderComparison]
    baseline: Baseline | None = None


@dataclass(frozen=True)
class FoldScore:
    """The score of a contestant on one fold.

    Attributes:
        fold: the fold's number from 1, over all repeats.
        seconds: the time of fitting and scoring.
        predictions: the .npy file of `response_values` for the fold's rows.
        outputs: the .npz file of `held_out_scores` for the fold's rows.
        search: what a search within the fold's training rows has chosen.
    """

    fold: int
    score: float
    seconds: float
    predictions: Path
    outputs: Path
    search: SearchResult | None = None


@dataclass(frozen=True)
class ModelRef:
    """A fitted model's file, which tasks pass on instead of the model.

    Attributes:
        seconds: the time of its fit.
        predicted_seconds: the predicted time, if the fit's own step has predicted it.
        search: what a search has chosen and tried.
    """

    path: Path
    seconds: float
    engine: Engine
    predicted_seconds: float | None = field(default=None, kw_only=True)
    search: SearchResult | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class CalibratedModel(ModelRef):
    """The model to export, calibrated or not, and the evaluation of its probabilities."""

    calibration: Calibration


@dataclass(frozen=True)
class PromotionDecision:
    """The decision, its reason in one sentence, and the figures that it rests on.

    Attributes:
        champion: the champion that the version was compared with; None if it is the first version.
        hold: the sentence about a hold of promotion, because of which the champion stays; None without one.
    """

    outcome: Outcome
    why: str
    figures: dict[str, Any]
    champion: str | None = None
    hold: str | None = None

    def held(self, hold: str) -> Self:
        """Return the decision under a hold: the champion stays, and the reason that counted otherwise is kept."""
        return replace(self, outcome="keep", why=f"{hold} ({self.why})", hold=hold)
