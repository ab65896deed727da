"""The metrics by which contestants are compared."""

from dataclasses import dataclass
from typing import Literal

MetricName = Literal["accuracy", "balanced_accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss"]


DIGITS = 12  # below this, equal shares of rows differ only by how floating point adds them up


@dataclass(frozen=True)
class Metric:
    """A metric, higher being better.

    Attributes:
        title: what people call it.
        of_probabilities: whether it is made of the classes' probabilities rather than of predicted classes.
        is_mean_over_rows: whether each row adds to it on its own, so that it has a test without resampling.
        tie_margin: a lead that hardly anybody would retrain or explain a less simple model for, in its own unit.
    """

    title: str
    of_probabilities: bool
    is_mean_over_rows: bool
    tie_margin: float


METRICS: dict[str, Metric] = {
    "accuracy": Metric("accuracy", False, True, 0.005),
    "balanced_accuracy": Metric("balanced accuracy", False, False, 0.005),
    "f1_macro": Metric("macro F1", False, False, 0.005),
    "roc_auc_ovr": Metric("ROC AUC", True, False, 0.002),
    "neg_log_loss": Metric("negative log loss", True, True, 0.01),
}
