"""Choose between the exact SVM and its Nystroem approximation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bakeoff.classifiers import needs_exact_svm
from bakeoff.config import SVMConfig
from bakeoff.estimators.fit_time import ProblemSize, predict_fit_seconds

TAKEN = ("C", "kernel", "degree", "gamma", "coef0", "class_weight", "random_state")  # by both SVC and NystroemSVC


@dataclass(frozen=True)
class Approximation:
    """The Nystroem approximation of an SVM.

    Attributes:
        components: the number of landmarks.
        exact_seconds: the predicted time of the exact fit.
    """

    components: int
    exact_seconds: float


def choose_approximation(
    config: SVMConfig, parameters: Mapping[str, Any], size: ProblemSize, exact: float | None = None
) -> Approximation | None:
    """Choose the approximation of the SVM; None for the exact fit.

    Args:
        config: the config of the SVM.
        parameters: the parameters of the SVM.
        size: the size of the fit.
        exact: the predicted seconds of the exact fit; None to predict them by formula.
    """
    if exact is None:
        exact = predict_fit_seconds("svm", "exact", size)
    assert exact is not None
    if config.approximation == "exact":
        return None
    if config.approximation == "auto" and (exact <= config.budget_seconds or needs_exact_svm(parameters)):
        return None
    # The features of a linear kernel are linear combinations of the columns, so more landmarks add nothing.
    most = size.columns + 1 if parameters.get("kernel") == "linear" else config.components
    return Approximation(min(config.components, most, size.rows), exact)


def approximate_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of an SVC that NystroemSVC has too; those of libsvm's solver are dropped."""
    return {key: value for key, value in parameters.items() if key in TAKEN}
