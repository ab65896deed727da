"""The results of evaluations, as plain data. Imports no library."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from bakeoff.formatting import format_p_value

Method = Literal["sigmoid", "isotonic"]


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
class CalibrationCurve:
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
class CostReduction:
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
    reliability_before: CalibrationCurve | None = None
    reliability_after: CalibrationCurve | None = None
    decision: CostReduction | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the card holds the winner's; the decision has a place of its own there."""
        found = asdict(self)
        before, after, _ = (found.pop(name) for name in ("reliability_before", "reliability_after", "decision"))
        return found | {"reliability": {"before": before, "after": after}}


def say_evidence(comparison: "Comparison") -> str:
    """As `6 rows against 3, p = 0.34`: what speaks for the first, and for the second."""
    p = (
        f"p {format_p_value(comparison.p_value)}"
        if comparison.p_value < 0.001
        else f"p = {format_p_value(comparison.p_value)}"
    )
    if comparison.wins is None:
        return p
    return f"{comparison.wins:,} row{'s' if comparison.wins != 1 else ''} against {comparison.losses:,}, {p}"
