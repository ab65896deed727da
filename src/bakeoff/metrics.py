"""The metrics that contestants are compared by."""

from dataclasses import dataclass
from typing import Literal

MetricName = Literal["accuracy", "balanced_accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss"]


MAJORITY = 0.9  # share of a class beyond which always predicting it has a misleading accuracy
DIGITS = 12  # decimals in which equal scores agree; beyond them they may differ by rounding errors


@dataclass(frozen=True)
class Metric:
    """A metric for which higher is better.

    Attributes:
        title: its name in reports.
        of_probabilities: whether it takes probabilities instead of predicted classes.
        is_mean_over_rows: whether it is the mean of the rows' scores, so that it can be tested without resampling.
        tie_margin: the largest difference, in the metric's unit, that is too small to prefer a less simple model.
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
