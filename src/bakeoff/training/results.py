"""What the steps of a race return: figures and paths. Imports no library."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bakeoff.estimators.engines import Engine
from bakeoff.evaluation.results import Calibration, Comparison, Evaluation


@dataclass(frozen=True)
class TestResult:
    """A fitted contestant on the test rows: this model, on rows like these.

    Attributes:
        rows_per_second: how many rows it predicts.
        interval: Wilson's 95 % interval of its accuracy.
        score: the metric that the contestants are judged by.
        score_interval: its 95 % interval.
        outcomes: the file of what `evaluate_ranking` says of it.
    """

    evaluation: Evaluation
    rows_per_second: float
    interval: tuple[float, float]
    score: float
    score_interval: tuple[float, float]
    outcomes: Path


@dataclass(frozen=True)
class LeaderComparison:
    """A contestant beside the leader.

    Attributes:
        comparison: the contestant less the leader.
        p_holm: the p-value, corrected for the number of all pairs.
        margin: the most by which it may trail and be tied.
        tied: whether it can't be told from the leader and trails it by no more than the margin.
    """

    comparison: Comparison
    p_holm: float
    margin: float
    tied: bool


@dataclass(frozen=True)
class Selection:
    """The winner, the rule it won by, and one sentence.

    Attributes:
        leader: has the highest mean score.
        standings: of every other contestant that finished.
    """

    winner: str
    rule: str
    why: str
    leader: str
    standings: Mapping[str, LeaderComparison]


@dataclass(frozen=True)
class FoldScore:
    """What one contestant reached on one fold.

    Attributes:
        answers: the file of its answers for the rows that it was scored on, as `ask` gives them.
        outputs: the file of what its plain classifier says of them, as `held_out_scores` gives it.
    """

    fold: int
    score: float
    seconds: float
    answers: Path
    outputs: Path


@dataclass(frozen=True)
class ModelRef:
    """What crosses a task's boundary instead of the model: the file it lies in, and how it was fitted."""

    path: Path
    seconds: float
    engine: Engine


@dataclass(frozen=True)
class CalibratedModel(ModelRef):
    """The model as it is exported, calibrated or not, and what its probabilities are worth."""

    calibration: Calibration
