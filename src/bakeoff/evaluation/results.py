"""Results of evaluations as dataclasses; imports no library at its top, since the flow's process imports it."""

from dataclasses import dataclass
from typing import Any, Literal

from bakeoff.formatting import format_p_value

Method = Literal["sigmoid", "isotonic", "temperature"]
BASELINE = "baseline"  # the name of the baseline among the contestants


@dataclass(frozen=True)
class ClassMetrics:
    """The metrics of one class in a classification report; `support` is its number of true rows."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """Metrics of predicted classes; `macro` means the unweighted mean over the classes.

    The macro averages include classes that are predicted but have no true rows; balanced accuracy leaves them out.
    """

    accuracy: float
    precision_macro: float
    recall_macro: float
    f1_macro: float
    report: dict[str, ClassMetrics]

    @property
    def balanced_accuracy(self) -> float:
        """The unweighted mean of the recall over the classes with true rows."""
        import numpy as np

        return float(np.mean([line.recall for line in self.report.values() if line.support]))

    @property
    def metrics(self) -> dict[str, float]:
        """All metrics but those of single classes, by name."""
        names = ("accuracy", "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Comparison:
    """The difference between the scores of two models on the same rows, with its test.

    Attributes:
        test: `mcnemar`, `paired_t`, `grouped_t`, `bootstrap` or `nadeau_bengio`.
        difference: the first model's score minus the second's.
        interval: the confidence interval of the difference; NaN if there is none.
        standard_error: the standard error of the difference.
        p_value: the p-value of the null hypothesis that the models are equally good.
        wins: the number of rows that only the first predicts correctly; None for probabilities and with repeats.
        losses: the number of rows that only the second predicts correctly; None likewise.
    """

    test: str
    difference: float
    interval: tuple[float, float]
    standard_error: float
    p_value: float
    wins: int | None = None
    losses: int | None = None

    def reversed(self) -> "Comparison":
        """Return the comparison with the two models swapped; for two-sided tests only."""
        low, high = self.interval
        return Comparison(
            self.test, -self.difference, (-high, -low), self.standard_error, self.p_value, self.losses, self.wins
        )


@dataclass(frozen=True)
class Trial:
    """A combination of parameter values that a search has tried.

    Attributes:
        mean: its mean score over the folds of the search; None if it could not be fitted or scored.
        std: the standard deviation of these scores (ddof=0).
        reason: why it has no score.
    """

    parameters: dict[str, Any]
    mean: float | None
    std: float | None
    reason: str | None = None


@dataclass(frozen=True)
class SearchResult:
    """The parameter values that a search has chosen, and all that it has tried."""

    chosen: dict[str, Any]
    trials: list[Trial]


@dataclass(frozen=True)
class CalibrationCurve:
    """A reliability curve, with one entry for each non-empty bin of predicted probability.

    Attributes:
        predicted: the mean predicted probability.
        observed: the observed frequency.
        pairs: the number of forecasts, each a pair of a row and a class.
    """

    predicted: list[float]
    observed: list[float]
    pairs: list[int]


@dataclass(frozen=True)
class ColumnImportance:
    """How far the score falls if a column is shuffled, with the 95 % interval."""

    name: str
    drop: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Importance:
    """The permutation importance of columns.

    Attributes:
        rows: the number of test rows that it was measured on.
        repeats: the number of shuffles of each column.
        columns: those that were shuffled, the most important first.
    """

    rows: int
    repeats: int
    columns: list[ColumnImportance]


@dataclass(frozen=True)
class CostReduction:
    """The cost saved on held-out rows by deciding for the class of least expected cost.

    Without held-out rows all values but `costs` are None, and `rows` is 0.

    Attributes:
        costs: the cost matrix by true class (down) and predicted class (across).
        mean_cost_before: the mean cost per row of the classifier's predictions.
        mean_cost_after: the mean cost per row of the decisions.
        gain: `mean_cost_before` minus `mean_cost_after`.
        interval: the 95 % interval of the gain; None for a single row or group.
        rows: the number of rows.
    """

    costs: list[list[float]]
    mean_cost_before: float | None = None
    mean_cost_after: float | None = None
    gain: float | None = None
    interval: tuple[float, float] | None = None
    rows: int = 0


@dataclass(frozen=True)
class ThresholdCurve:
    """What decisions by a threshold on the probability of one of two classes give on held-out rows.

    Attributes:
        positive: the code of that class, the rarer one.
        rows: the number of rows, over all repeats.
        positives: the number of them that belong to the class.
        thresholds: the thresholds, rising.
        predicted: for each threshold the number of rows whose probability reaches it.
        right: the number of them that belong to the class.
    """

    positive: int
    rows: int
    positives: int
    thresholds: list[float]
    predicted: list[int]
    right: list[int]


@dataclass(frozen=True)
class Calibration:
    """The quality of a contestant's probabilities on out-of-fold rows, before and after calibration.

    `before` are the classifier's own probabilities, or if it has none its scores taken as log-odds; `after` are
    calibrated probabilities, each from a calibrator fitted on the other folds. Values that were not computed are None.

    Attributes:
        method: the method of the exported model's calibrator; None if it has none.
        own_probabilities: whether the classifier itself predicts probabilities.
        rows: the number of rows that the values are computed on.
        decision: what decisions by least expected cost save; None without costs.
        thresholds: for two classes, what decisions by a threshold give.
    """

    method: Method | None
    own_probabilities: bool
    rows: int = 0
    brier_before: float | None = None
    brier_after: float | None = None
    reliability_before: CalibrationCurve | None = None
    reliability_after: CalibrationCurve | None = None
    decision: CostReduction | None = None
    thresholds: ThresholdCurve | None = None


def format_evidence(comparison: "Comparison") -> str:
    """Format wins, losses and p-value, as `6 rows against 3, p = 0.34`."""
    p = (
        f"p {format_p_value(comparison.p_value)}"
        if comparison.p_value < 0.001
        else f"p = {format_p_value(comparison.p_value)}"
    )
    if comparison.wins is None:
        return p
    return f"{comparison.wins:,} row{'s' if comparison.wins != 1 else ''} against {comparison.losses:,}, {p}"
