"""The classifiers that can race; to add one, add an entry to `CLASSIFIERS`.

scikit-learn is imported only when an estimator is needed, which keeps configs and the command line fast.
"""

import importlib
import inspect
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

DEFAULT_RANDOM_STATE = 42


@dataclass(frozen=True)
class Classifier:
    """A classifier of scikit-learn: its module and class, its name in reports, and its default parameters."""

    module: str
    estimator: str
    title: str
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> "type[ClassifierMixin]":
        """Import the estimator class."""
        loaded: type[ClassifierMixin] = getattr(importlib.import_module(self.module), self.estimator)
        return loaded


# From the simplest to the least simple: of tied contestants the first one wins.
CLASSIFIERS: dict[str, Classifier] = {
    "logistic_regression": Classifier(
        "sklearn.linear_model", "LogisticRegression", "logistic regression", {"max_iter": 1000}
    ),
    "svm": Classifier("sklearn.svm", "SVC", "SVM", {"kernel": "rbf", "C": 1.0, "gamma": "scale"}),
    "random_forest": Classifier(
        "sklearn.ensemble",
        "RandomForestClassifier",
        "random forest",
        {"n_estimators": 100, "random_state": DEFAULT_RANDOM_STATE},
    ),
}


def default_parameters() -> dict[str, dict[str, Any]]:
    """Return the default contestants with their parameters."""
    return {name: deepcopy(dict(entry.defaults)) for name, entry in CLASSIFIERS.items()}


def title(name: str) -> str:
    """Return the name of a classifier in reports; its key if it is no longer among the classifiers."""
    return CLASSIFIERS[name].title if name in CLASSIFIERS else name


def check_parameters(name: str, parameters: Mapping[str, Any]) -> None:
    """Check the names of an estimator's parameters; scikit-learn checks the values when it fits.

    Args:
        name: a key of `CLASSIFIERS`.
        parameters: the parameters to check.

    Raises:
        ValueError: the estimator has no such parameter; the message lists the allowed ones.
    """
    entry = CLASSIFIERS[name]
    if set(parameters) <= set(entry.defaults):
        return  # without importing scikit-learn, as `_signature` does
    allowed = sorted(_signature(entry))
    for key in parameters:
        if key not in allowed:
            raise ValueError(f"{name} has no parameter {key!r}; {entry.estimator} takes {', '.join(allowed)}")


def build_classifier(
    name: str, parameters: Mapping[str, Any], estimator: "type[ClassifierMixin] | None" = None
) -> "ClassifierMixin":
    """Build an unfitted estimator that is reproducible and uses one thread.

    `random_state` defaults to 42. `n_jobs` is always 1, since contestants and folds run in parallel already; it has no
    influence on results.

    Args:
        name: a key of `CLASSIFIERS`.
        parameters: the estimator's parameters.
        estimator: a class with the same parameters, scikit-learn's own by default.
    """
    entry = CLASSIFIERS[name]
    parameters = dict(parameters)
    if "random_state" in _signature(entry) and parameters.get("random_state") is None:
        parameters["random_state"] = DEFAULT_RANDOM_STATE
    if "n_jobs" in parameters:
        parameters["n_jobs"] = 1
    if isinstance(weights := parameters.get("class_weight"), Mapping):
        # JSON keys are always text; classes that look like integers are integers in the target.
        parameters["class_weight"] = {
            int(key) if re.fullmatch(r"-?\d+", str(key)) else key: weight for key, weight in weights.items()
        }
    return (estimator or entry.load())(**parameters)


def gives_probabilities(name: str, parameters: Mapping[str, Any]) -> bool:
    """Return whether the classifier has a `predict_proba` with these parameters."""
    return hasattr(build_classifier(name, parameters), "predict_proba")


def needs_exact_svm(parameters: Mapping[str, Any]) -> str | None:
    """Return the first setting of an SVM that the approximation doesn't support, as `probability: true`, or None."""
    exact_only = {
        "probability: true": parameters.get("probability"),
        "decision_function_shape: ovo": parameters.get("decision_function_shape") == "ovo",
        "kernel: precomputed": parameters.get("kernel") == "precomputed",
    }
    return next((text for text, is_set in exact_only.items() if is_set), None)


def weigh_classes(name: str, parameters: Mapping[str, Any], weight: str) -> dict[str, Any]:
    """Return the parameters with a `class_weight`, if the estimator has that parameter and it is not set already.

    Args:
        name: a key of `CLASSIFIERS`.
        parameters: the estimator's parameters.
        weight: "balanced", or "none" to leave the parameters unchanged.
    """
    weighs = weight != "none" and "class_weight" not in parameters and "class_weight" in _signature(CLASSIFIERS[name])
    return {**parameters, "class_weight": weight} if weighs else dict(parameters)


def _signature(entry: Classifier) -> set[str]:
    """Return the names of an estimator's parameters."""
    return set(inspect.signature(entry.load()).parameters)
