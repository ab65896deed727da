"""Who fits: scikit-learn, or scikit-learn-intelex where that is faster. What comes out is scikit-learn's either way."""

import importlib
import importlib.util
from typing import Any, Literal

from bakeoff.classifiers import CLASSIFIERS
from bakeoff.config.training import EngineChoice
from bakeoff.errors import ConfigError

Engine = Literal["scikit-learn", "sklearnex", "bakeoff"]

# The number of training rows from which scikit-learn-intelex was measured to fit faster (benchmarks.engines). It fits
# SVMs slower.
FASTER_FROM = {"random_forest": 0, "logistic_regression": 100_000}


def has_sklearnex() -> bool:
    """Whether scikit-learn-intelex is installed: it is where there are wheels of it, on x86-64."""
    return importlib.util.find_spec("sklearnex") is not None


def require_engine(choice: EngineChoice) -> None:
    """Refuse an engine that is not there.

    Raises:
        ConfigError: saying what to install.
    """
    if choice == "sklearnex" and not has_sklearnex():
        raise ConfigError(
            "engine: sklearnex needs the package scikit-learn-intelex (x86-64 alone), which is not installed; install "
            "it, or leave engine: auto"
        )


def choose_engine(choice: EngineChoice, name: str, rows: int) -> Engine:
    """By which engine a contestant is fitted.

    Args:
        name: of `CLASSIFIERS`.
        rows: of the training rows.
    """
    if choice == "scikit-learn" or name not in FASTER_FROM or not has_sklearnex():
        return "scikit-learn"
    return "sklearnex" if choice == "sklearnex" or rows >= FASTER_FROM[name] else "scikit-learn"


def load_estimator(name: str, engine: Engine) -> Any:
    """The class that fits a contestant."""
    entry = CLASSIFIERS[name]
    if engine == "scikit-learn":
        return entry.load()
    import daal4py

    daal4py.daalinit(1)  # threads: steps already run side by side
    return getattr(importlib.import_module(entry.module.replace("sklearn", "sklearnex", 1)), entry.estimator)


def engine_of(classifier: Any) -> Engine:
    """What has fitted a classifier; scikit-learn-intelex hands on to scikit-learn what it can't do."""
    library = type(classifier).__module__.partition(".")[0]
    if library != "sklearnex":
        return "bakeoff" if library == "bakeoff" else "scikit-learn"
    forest = hasattr(classifier, "estimators_") and not hasattr(classifier, "_onedal_estimator")
    return "scikit-learn" if forest else "sklearnex"


def to_sklearn(classifier: Any) -> Any:
    """A fitted classifier as scikit-learn's own estimator, which is the same file each time that it is written.

    A forest's trees become scikit-learn's. oneDAL compares numbers of 64 bits and takes a training row's own value as
    threshold, scikit-learn compares with the number rounded to 32 bits: the thresholds are rounded likewise, so that
    rows go the same way in both, but for numbers that are alike in 32 bits and no longer.

    Args:
        classifier: fitted; what scikit-learn fitted is the same object.
    """
    own = classifier
    if type(classifier).__module__.startswith("sklearnex"):
        own = _without_sklearnex(classifier)
    by_onedal = hasattr(classifier, "_onedal_estimator")
    for tree in getattr(own, "estimators_", ()):
        _rewrite_nodes(tree.tree_, by_onedal)
    return own


def _without_sklearnex(classifier: Any) -> Any:
    name = next(name for name, entry in CLASSIFIERS.items() if entry.estimator == type(classifier).__name__)
    plain = CLASSIFIERS[name].load()
    parameters = plain().get_params()
    found: Any = plain(**{key: value for key, value in classifier.get_params().items() if key in parameters})
    for key, value in vars(classifier).items():
        if key.endswith("_") and not key.startswith("_"):
            setattr(found, key, value)
    if hasattr(classifier, "estimators_"):
        found.estimators_ = list(classifier.estimators_)
    return found


def _rewrite_nodes(tree: Any, by_onedal: bool) -> None:
    """Clear the bytes between a node's fields, which hold whatever the memory held before."""
    import numpy as np

    state = tree.__getstate__()
    given = state["nodes"]
    nodes = np.zeros(given.nbytes, dtype=np.uint8).view(given.dtype)
    for field in given.dtype.names:
        nodes[field] = given[field]
    if by_onedal:
        nodes["threshold"] = nodes["threshold"].astype(np.float32)
        nodes["missing_go_to_left"] = 0  # there was nothing missing
    tree.__setstate__({**state, "nodes": nodes})
