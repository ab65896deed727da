"""When the SVM is fitted exactly, and when by Nystroem's features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bakeoff.classifiers import needs_exact_svm
from bakeoff.config import SVMConfig
from bakeoff.estimators.fit_time import ProblemSize, predict_fit_seconds

TAKEN = ("C", "kernel", "degree", "gamma", "coef0", "class_weight", "random_state")  # of SVC's parameters


@dataclass(frozen=True)
class Approximation:
    """That the SVM is fitted by Nystroem's features.

    Attributes:
        components: how many rows are landmarks.
        exact_seconds: what the exact fit was predicted to take.
    """

    components: int
    exact_seconds: float


def choose_approximation(config: SVMConfig, parameters: Mapping[str, Any], size: ProblemSize) -> Approximation | None:
    """Whether and how the SVM is approximated; None for the exact fit.

    Args:
        parameters: the SVM's, as they race.
    """
    exact = predict_fit_seconds("svm", "exact", size)
    assert exact is not None
    if config.approximation == "exact":
        return None
    if config.approximation == "auto" and (exact <= config.budget_seconds or needs_exact_svm(parameters)):
        return None
    # A linear kernel's features are combinations of the columns: more landmarks add nothing.
    most = size.columns + 1 if parameters.get("kernel") == "linear" else config.components
    return Approximation(min(config.components, most, size.rows), exact)


def approximate_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the SVM's parameters that its approximation takes; what belongs to libsvm's solver is left out."""
    return {key: value for key, value in parameters.items() if key in TAKEN}
