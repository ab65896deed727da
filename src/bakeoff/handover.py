"""What the steps of a race hand to each other: figures and paths.

No library is imported with this module, so that the process that runs the flow need not have any.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bakeoff.contestant import Method
from bakeoff.engines import Engine
from bakeoff.features import Feature
from bakeoff.origin import Origin

By = Literal["random", "time", "group"]
Part = Literal["train", "test", "validation"]


@dataclass(frozen=True)
class ClassMetrics:
    """One class's line of the classification report; `support` counts its rows."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """How well predictions fit the true classes. `macro` means: the plain mean over the classes.

    A class that is predicted but never true counts in these means; balanced accuracy leaves it out.
    """

    accuracy: float
    precision_macro: float
    recall_macro: float
    f1_macro: float
    report: dict[str, ClassMetrics]

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall over the classes that occur."""
        import numpy as np

        return float(np.mean([line.recall for line in self.report.values() if line.support]))

    @property
    def metrics(self) -> dict[str, float]:
        """The headline figures by name."""
        names = ("accuracy", "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class TestResult:
    """A fitted contestant on the test rows: this model, on rows like these.

    Attributes:
        rows_per_second: how many rows it predicts.
        interval: Wilson's 95 % interval of its accuracy.
        score: the metric that the contestants are judged by.
        score_interval: its 95 % interval.
        outcomes: the file of what `describe_outcomes` says of it.
    """

    evaluation: Evaluation
    rows_per_second: float
    interval: tuple[float, float]
    score: float
    score_interval: tuple[float, float]
    outcomes: Path


@dataclass(frozen=True)
class Comparison:
    """A model less another on the same rows.

    Attributes:
        test: `mcnemar`, `paired_t`, `grouped_t`, `bootstrap` or `nadeau_bengio`.
        difference: in the metric's unit; above 0 the first is better.
        interval: the difference's.
        standard_error: of the difference.
        p_value: how likely a difference like this one is where there is none.
        wins: how many rows only the first has right, where answers are classes and rows were answered once.
        losses: how many only the second has right.
    """

    test: str
    difference: float
    interval: tuple[float, float]
    standard_error: float
    p_value: float
    wins: int | None = None
    losses: int | None = None

    def reversed(self) -> "Comparison":
        """The second less the first; for a two-sided test."""
        low, high = self.interval
        return Comparison(
            self.test, -self.difference, (-high, -low), self.standard_error, self.p_value, self.losses, self.wins
        )


@dataclass(frozen=True)
class Standing:
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
    standings: Mapping[str, Standing]


@dataclass(frozen=True)
class Curve:
    """The reliability curve, one entry for each bin of predicted probability that is not empty.

    Attributes:
        predicted: the mean predicted probability.
        observed: the share that came true.
        pairs: how many pairs of a row and a class there are.
    """

    predicted: list[float]
    observed: list[float]
    pairs: list[int]


@dataclass(frozen=True)
class Decision:
    """What deciding by least expected cost gains on rows that the deciding models were not fitted on.

    The figures are None where there are no such rows.

    Attributes:
        costs: the matrix, a line a true class.
        mean_cost_before: of the classifier's own predictions, a row.
        mean_cost_after: of the decisions.
        gain: the first less the second.
        interval: its 95 % interval; None where there is none, as of one row.
        rows: how many there are.
    """

    costs: list[list[float]]
    mean_cost_before: float | None = None
    mean_cost_after: float | None = None
    gain: float | None = None
    interval: tuple[float, float] | None = None
    rows: int = 0


@dataclass(frozen=True)
class DatasetRef:
    """What crosses a task's boundary instead of the rows: where they lie, and what they are.

    Attributes:
        folder: holds train.arrow, test.arrow and validation.parquet, features and target each; of all rows, in the
            dataset's order, their positions and split keys, and of a file all columns as they were read.
        sha256: `digest_dataset` of all rows.
        split_sha256: of the positions of all parts, and of the split's keys.
        classes: as text, in scikit-learn's order.
        rows: how many rows each part has.
        split_by: what the split follows, and the folds too.
    """

    folder: Path
    sha256: str
    split_sha256: str
    features: tuple[Feature, ...]
    target: str
    classes: tuple[str, ...]
    rows: dict[str, int]
    origin: Origin
    split_by: By

    def part(self, part: Part) -> Path:
        """The file of one part: validation rows as they are exported, the others as they are mapped into memory."""
        return self.folder / f"{part}.{'parquet' if part == 'validation' else 'arrow'}"


@dataclass(frozen=True)
class FoldScore:
    """What one contestant reached on one fold.

    Attributes:
        answers: the file of its answers for the rows that it was scored on, as `ask` gives them.
        outputs: the file of what its plain classifier says of them, as `describe_rows` gives it.
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
class Calibration:
    """How good a contestant's probabilities are on out-of-fold rows.

    `before` are the classifier's own, and where it has none its scores taken for log-odds; `after` are calibrated ones,
    each from a calibrator that was fitted on other folds. What there is none of is None.

    Attributes:
        method: of the exported model's calibrator.
        own_probabilities: whether the classifier has some.
        rows: on how many rows the figures are.
    """

    method: Method | None
    own_probabilities: bool
    rows: int = 0
    brier_before: float | None = None
    brier_after: float | None = None
    reliability_before: Curve | None = None
    reliability_after: Curve | None = None
    decision: Decision | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the card holds the winner's; the decision has a place of its own there."""
        found = asdict(self)
        before, after, _ = (found.pop(name) for name in ("reliability_before", "reliability_after", "decision"))
        return found | {"reliability": {"before": before, "after": after}}


@dataclass(frozen=True)
class CalibratedModel(ModelRef):
    """The model as it is exported, calibrated or not, and what its probabilities are worth."""

    calibration: Calibration
