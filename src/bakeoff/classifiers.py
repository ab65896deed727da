"""The table of contestants. A new classifier is one entry of `CLASSIFIERS`.

Nothing of scikit-learn is imported before a pipeline is built: configs and the command line stay quick.
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
    """A contestant: where scikit-learn keeps it, what people call it, and the parameters it races with by default."""

    module: str
    estimator: str
    title: str
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> "type[ClassifierMixin]":
        """Import the estimator's class."""
        loaded: type[ClassifierMixin] = getattr(importlib.import_module(self.module), self.estimator)
        return loaded


# From the simplest to the least simple: on a tie the one that comes first wins.
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
    """The contestants of a bare config, with their parameters."""
    return {name: deepcopy(dict(entry.defaults)) for name, entry in CLASSIFIERS.items()}


def title(name: str) -> str:
    """What people call the contestant; a card may name one that this table no longer has."""
    return CLASSIFIERS[name].title if name in CLASSIFIERS else name


def check_parameters(name: str, parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that the estimator doesn't have.

    Values are not looked at: scikit-learn judges them when it fits.

    Raises:
        ValueError: naming the parameter and the allowed ones.
    """
    entry = CLASSIFIERS[name]
    if set(parameters) <= set(entry.defaults):
        return  # nothing to ask scikit-learn for
    allowed = sorted(_signature(entry))
    for key in parameters:
        if key not in allowed:
            raise ValueError(f"{name} has no parameter {key!r}; {entry.estimator} takes {', '.join(allowed)}")


def build_classifier(
    name: str, parameters: Mapping[str, Any], estimator: "type[ClassifierMixin] | None" = None
) -> "ClassifierMixin":
    """An unfitted estimator that repeats itself and keeps to one thread.

    Without a `random_state` of its own it gets 42. `n_jobs` is held at 1, since contestants and folds already run side
    by side; no figure depends on it.

    Args:
        estimator: a class with scikit-learn's parameters, scikit-learn's own by default.
    """
    entry = CLASSIFIERS[name]
    parameters = dict(parameters)
    if "random_state" in _signature(entry) and parameters.get("random_state") is None:
        parameters["random_state"] = DEFAULT_RANDOM_STATE
    if "n_jobs" in parameters:
        parameters["n_jobs"] = 1
    if isinstance(weights := parameters.get("class_weight"), Mapping):
        # JSON has text keys alone; a class that looks like a whole number is one.
        parameters["class_weight"] = {
            int(key) if re.fullmatch(r"-?\d+", str(key)) else key: weight for key, weight in weights.items()
        }
    return (estimator or entry.load())(**parameters)


def gives_probabilities(name: str, parameters: Mapping[str, Any]) -> bool:
    """Whether the contestant has a `predict_proba` of its own."""
    return hasattr(build_classifier(name, parameters), "predict_proba")


def needs_exact_svm(parameters: Mapping[str, Any]) -> str | None:
    """Which of the SVM's parameters only the exact fit has; None for none."""
    asked = {
        "probability: true": parameters.get("probability"),
        "decision_function_shape: ovo": parameters.get("decision_function_shape") == "ovo",
        "kernel: precomputed": parameters.get("kernel") == "precomputed",
    }
    return next((text for text, there in asked.items() if there), None)


def weigh_classes(name: str, parameters: Mapping[str, Any], weight: str) -> dict[str, Any]:
    """The parameters with `class_weight: balanced` among them, where the estimator takes it and they don't set it.

    Args:
        weight: "balanced", or "none" to leave the parameters alone.
    """
    weighs = weight != "none" and "class_weight" not in parameters and "class_weight" in _signature(CLASSIFIERS[name])
    return {**parameters, "class_weight": weight} if weighs else dict(parameters)


def _signature(entry: Classifier) -> set[str]:
    return set(inspect.signature(entry.load()).parameters)
