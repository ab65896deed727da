"""The classifiers that race by a name of their own; a config may name the class of others (`CLASS`).

scikit-learn is imported only when an estimator is needed, which keeps configs and the command line fast.
"""

import importlib
import inspect
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

DEFAULT_RANDOM_STATE = 42
EXAMPLE = "mine: {class: lightgbm.LGBMClassifier}"
RESERVED = ("baseline", "budget", "folds", "random_state")  # the answer to beat, and the fields of `search`
CLASS = "class"  # among a contestant's parameters: the class that it is an instance of


@dataclass(frozen=True)
class Classifier:
    """A classifier of scikit-learn: its module and class, its name in reports, and its default parameters.

    Attributes:
        by_default: whether it races where the config names no contestants.
    """

    module: str
    estimator: str
    title: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    by_default: bool = False

    def load(self) -> "type[ClassifierMixin]":
        """Import the estimator class."""
        loaded: type[ClassifierMixin] = getattr(importlib.import_module(self.module), self.estimator)
        return loaded


# From the simplest to the least simple: of tied contestants the first one wins.
CLASSIFIERS: dict[str, Classifier] = {
    "logistic_regression": Classifier(
        "sklearn.linear_model", "LogisticRegression", "logistic regression", {"max_iter": 1000}, by_default=True
    ),
    "svm": Classifier("sklearn.svm", "SVC", "SVM", {"kernel": "rbf", "C": 1.0, "gamma": "scale"}, by_default=True),
    "random_forest": Classifier(
        "sklearn.ensemble",
        "RandomForestClassifier",
        "random forest",
        {"n_estimators": 100, "random_state": DEFAULT_RANDOM_STATE},
        by_default=True,
    ),
    "hist_gradient_boosting": Classifier(
        "sklearn.ensemble",
        "HistGradientBoostingClassifier",
        "gradient boosting",
        {"max_iter": 100, "learning_rate": 0.1, "max_leaf_nodes": 31, "random_state": DEFAULT_RANDOM_STATE},
    ),
}


def default_parameters() -> dict[str, dict[str, Any]]:
    """Return the default contestants with their parameters."""
    return {name: deepcopy(dict(entry.defaults)) for name, entry in CLASSIFIERS.items() if entry.by_default}


def title(name: str) -> str:
    """Return the name of a contestant in reports; its key if its class is named by the config or is no longer known."""
    return CLASSIFIERS[name].title if name in CLASSIFIERS else name


def package_of(parameters: Mapping[str, Any]) -> str:
    """Return the package of a contestant's class: scikit-learn, or the first part of the class's path."""
    package = str(parameters.get(CLASS, "sklearn")).partition(".")[0]
    return "scikit-learn" if package == "sklearn" else package


def unknown_name(name: str, allowed: Iterable[str]) -> str:
    """Say that there is no such contestant, and which there are."""
    return f"unknown classifier {name[:80]!r}; allowed: {', '.join(allowed)}"


def check_name(name: str, parameters: Mapping[str, Any]) -> None:
    """Check that a contestant has a name of its own, or one of `CLASSIFIERS` without a class.

    Raises:
        ValueError: it has not; the message says what is allowed.
    """
    if CLASS not in parameters:
        if name not in CLASSIFIERS:
            raise ValueError(f"{unknown_name(name, CLASSIFIERS)}, or a class, as in {EXAMPLE}")
    elif name in CLASSIFIERS or name in RESERVED:
        raise ValueError(f"this name is taken; give a contestant of a class another one, as in {EXAMPLE}")
    elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", name):  # a part of file names
        raise ValueError("a name has letters, digits and underscores, 40 at most, and begins with a letter")


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
