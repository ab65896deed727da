"""How far rows have moved from a version's training rows, as figures; this module imports no library."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["stable", "watch", "drifted"]
Measure = Literal["wasserstein", "jensen_shannon", "missing"]
VERDICTS: tuple[Verdict, ...] = ("stable", "watch", "drifted")


def worst(verdicts: "list[Verdict]") -> Verdict:
    """Return the worst of some verdicts; of none `stable`."""
    return max(verdicts, key=VERDICTS.index, default="stable")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The difference between the rows and those of training, in a column or in the predictions.

    Attributes:
        verdict: what it amounts to.
        size: in standard deviations: of a normal column whose mean moves by 0.2 of them it is 0.2.
        noise: the largest size that chance explains, with so many rows and so many columns.
        measure: what it was measured by.
        bins: the names of the bins.
        training: the share of the training rows in each bin.
        now: the share of these rows.
    """

    verdict: Verdict
    size: float
    noise: float
    measure: Measure
    bins: tuple[str, ...] = ()
    training: tuple[float, ...] = ()
    now: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return verdict, size, noise and measure."""
        return {
            "verdict": self.verdict,
            "size": round(self.size, 4),
            "noise": round(self.noise, 4),
            "measure": self.measure,
        }


@dataclass(frozen=True, kw_only=True)
class ColumnDrift(Difference):
    """The difference in a column.

    Attributes:
        kind: what its cells hold.
        missing: the share of missing values, in training and in these rows.
    """

    kind: str
    missing: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the column's entry in summary.json."""
        shares = dict(zip(("training", "now"), (round(share, 6) for share in self.missing)))
        return {"kind": self.kind, **super().to_dict(), "missing": shares}


@dataclass(frozen=True, kw_only=True)
class AccuracyChange:
    """The accuracy on rows with a class, compared with that on the test rows.

    Attributes:
        verdict: what a loss amounts to; None if rows are not independent, so that chance can't be told.
        value: the accuracy.
        interval: its 95 % interval, as if rows were independent.
        test: the accuracy on the test rows.
        noise: the largest loss that chance explains.
        rows: the number of rows with a class.
    """

    verdict: Verdict | None
    value: float
    interval: tuple[float, float]
    test: float
    noise: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Drift:
    """How far rows have moved from the training rows.

    Attributes:
        verdict: the worst of all.
        rows: the number of rows that were compared; of a large batch some of its rows.
        training_rows: the number of training rows.
        columns: the columns, the largest difference first.
        classes: the difference of the predicted classes; None if no row was predicted.
        confidence: that of the confidence; None without probabilities.
        estimated_accuracy: the fields of `EstimatedAccuracy`.
        accuracy: the accuracy on the rows with a class; None if none has one.
        trained_on: whether a twentieth or more of the rows are training rows. Predictions for them are surer and more
            often right than for others, and their categories are not new: predicted classes, confidence, and the share
            of new categories don't count.
    """

    verdict: Verdict
    rows: int
    training_rows: int
    columns: Mapping[str, ColumnDrift]
    classes: Difference
    confidence: Difference | None
    estimated_accuracy: Mapping[str, Any]
    accuracy: AccuracyChange | None
    trained_on: bool = False

    @property
    def moved(self) -> dict[str, ColumnDrift]:
        """The columns that are not stable."""
        return {name: column for name, column in self.columns.items() if column.verdict != "stable"}

    def to_dict(self) -> dict[str, Any]:
        """Return the entry `drift` of summary.json."""
        classes = {
            name: {"training": round(then, 6), "now": round(now, 6)}
            for name, then, now in zip(self.classes.bins, self.classes.training, self.classes.now)
        }
        return {
            "verdict": self.verdict,
            "rows": self.rows,
            "training_rows": self.training_rows,
            "trained_on": self.trained_on,
            "columns": {name: column.to_dict() for name, column in self.columns.items()},
            "prediction": {
                **self.classes.to_dict(),
                "classes": classes,
                "confidence": self.confidence and self.confidence.to_dict(),
            },
            "estimated_accuracy": dict(self.estimated_accuracy),
            "accuracy": self.accuracy and vars(self.accuracy),
        }
