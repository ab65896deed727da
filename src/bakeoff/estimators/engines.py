"""Fit with scikit-learn or, if that is faster, scikit-learn-intelex; the result is a scikit-learn estimator."""

import importlib
import importlib.util
from typing import Any

from bakeoff.classifiers import CLASS, CLASSIFIERS, package_of
from bakeoff.config.training import EngineChoice
from bakeoff.errors import ConfigError

Engine = str  # scikit-learn, sklearnex, bakeoff, or the package of a class that the config names

# The number of training rows from which scikit-learn-intelex fits faster, measured by benchmarks.engines; it fits SVMs
# slower.
FASTER_FROM = {"random_forest": 0, "logistic_regression": 100_000}


def has_sklearnex() -> bool:
    """Return whether scikit-learn-intelex is installed, which has wheels for x86-64 only."""
    return importlib.util.find_spec("sklearnex") is not None


def require_engine(choice: EngineChoice) -> None:
    """Check that the chosen engine is installed.

    Raises:
        ConfigError: it is not.
    """
    if choice == "sklearnex" and not has_sklearnex():
        raise ConfigError(
            "engine: sklearnex needs the package scikit-learn-intelex (x86-64 alone), which is not installed: pip "
            "install 'bakeoff[sklearnex]', or leave engine: auto"
        )


def choose_engine(choice: EngineChoice, name: str, rows: int) -> Engine:
    """Choose the engine that fits a contestant.

    Args:
        choice: the config's choice.
        name: a key of `CLASSIFIERS`.
        rows: the number of training rows.
    """
    if choice == "scikit-learn" or name not in FASTER_FROM or not has_sklearnex():
        return "scikit-learn"
    return "sklearnex" if choice == "sklearnex" or rows >= FASTER_FROM[name] else "scikit-learn"


def load_estimator(name: str, engine: Engine) -> Any:
    """Import the estimator class that fits a contestant."""
    entry = CLASSIFIERS[name]
    if engine == "scikit-learn":
        return entry.load()
    import daal4py

    daal4py.daalinit(1)  # one thread, since steps run in parallel
    return getattr(importlib.import_module(entry.module.replace("sklearn", "sklearnex", 1)), entry.estimator)


def engine_of(classifier: Any) -> Engine:
    """Return the engine that fitted a classifier; scikit-learn-intelex falls back to scikit-learn in some cases."""
    if hasattr(classifier, "classifier_"):
        return package_of({CLASS: type(classifier.classifier_).__module__})
    library = type(classifier).__module__.partition(".")[0]
    if library != "sklearnex":
        return "bakeoff" if library == "bakeoff" else "scikit-learn"
    forest = hasattr(classifier, "estimators_") and not hasattr(classifier, "_onedal_estimator")
    return "scikit-learn" if forest else "sklearnex"


def to_sklearn(classifier: Any) -> Any:
    """Convert a fitted classifier to scikit-learn's own class, whose pickle is reproducible.

    oneDAL's trees compare float64 values, and their thresholds are values of training rows; scikit-learn's trees
    convert values to float32 first. The thresholds are rounded to float32 too, so that rows take the same path in both,
    unless a value differs from a threshold only beyond float32's precision.

    Args:
        classifier: a fitted classifier; one of scikit-learn is changed in place and returned.
    """
    own = classifier
    if type(classifier).__module__.startswith("sklearnex"):
        own = _without_sklearnex(classifier)
    by_onedal = hasattr(classifier, "_onedal_estimator")
    for tree in _trees(own):
        _rewrite_nodes(tree.tree_, by_onedal)
    return own


def _trees(classifier: Any) -> list[Any]:
    """The trees of an ensemble, or of the classifier that an `EncodedClassifier` holds."""
    import numpy as np

    inner = getattr(classifier, "classifier_", classifier)
    return [each for each in [inner, *np.ravel(getattr(inner, "estimators_", []))] if hasattr(each, "tree_")]


def _without_sklearnex(classifier: Any) -> Any:
    name = next(name for name, entry in CLASSIFIERS.items() if entry.estimator == type(classifier).__name__)
    plain = CLASSIFIERS[name].load()
    parameters = plain().get_params()
    converted: Any = plain(**{key: value for key, value in classifier.get_params().items() if key in parameters})
    for key, value in vars(classifier).items():
        if key.endswith("_") and not key.startswith("_"):
            setattr(converted, key, value)
    if hasattr(classifier, "estimators_"):
        converted.estimators_ = list(classifier.estimators_)
    return converted


def _rewrite_nodes(tree: Any, by_onedal: bool) -> None:
    """Zero the padding bytes of a tree's nodes, which are uninitialized memory, and round oneDAL's thresholds."""
    import numpy as np

    state = tree.__getstate__()
    original = state["nodes"]
    nodes = np.zeros(original.nbytes, dtype=np.uint8).view(original.dtype)
    for field in original.dtype.names:
        nodes[field] = original[field]
    if by_onedal:
        nodes["threshold"] = nodes["threshold"].astype(np.float32)
        nodes["missing_go_to_left"] = 0  # the training rows had no missing values
    tree.__setstate__({**state, "nodes": nodes})
