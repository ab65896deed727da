"""Find what a saved model names, if a model may consist of it."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

from bakeoff.config.allowed_modules import (
    ALWAYS,
    VARIABLE,
    MissingPackageError,
    NotAllowedError,
    allowed_modules,
    is_allowed,
    is_below,
)

# What models consist of besides estimators; nothing else of these modules may be named.
NAMES = {
    "builtins": "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple",
    "collections": "Counter OrderedDict defaultdict deque",
    "datetime": "date datetime time timedelta timezone",
    "functools": "partial",  # of a function that may be named itself
    "catboost.core": "CatBoost CatBoostClassifier",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "lightgbm.basic": "Booster",
    "numpy": "dtype ndarray",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy.random._generator": "Generator",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random._sfc64": "SFC64",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "numpy.random.mtrand": "RandomState",
    "pandas._libs.tslibs.timestamps": "Timestamp _unpickle_timestamp",
    "scipy._lib.array_api_compat.numpy._aliases": "asarray",
    "scipy.interpolate._bsplines": "BSpline",
    "sklearn.calibration": "_CalibratedClassifier",
    "sklearn.cluster._birch": "_CFNode _CFSubcluster",
    "sklearn.cluster._bisect_k_means": "_BisectingTree",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif",
    "sklearn.feature_selection._univariate_selection": "chi2 f_classif",
    "sklearn.metrics._dist_metrics": "newObj",
    "sklearn.neighbors._ball_tree": "BallTree BallTree32 BallTree64 newObj",
    "sklearn.neighbors._kd_tree": "KDTree KDTree32 KDTree64 newObj",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    "sklearn.tree._tree": "Tree",
    "sklearn.utils._bunch": "Bunch",
    "sklearn.utils.validation": "check_array",
    "xgboost.core": "Booster",
}
UNCALLED = {  # of `NAMES`, what a model holds but never calls while it is read
    *("Booster", "CatBoost", "CatBoostClassifier"),
    *("asarray", "check_array", "chi2", "f_classif", "mutual_info_classif"),
}
ESTIMATORS = ("bakeoff.estimators", "sklearn")  # all of whose estimators may be named
PARTS = (  # all of whose classes may be named
    "sklearn._loss",
    "sklearn.gaussian_process.kernels",
    "sklearn.linear_model._sgd_fast",
    "sklearn.metrics._dist_metrics",
    "sklearn.model_selection._split",
)
CYTHON = "__pyx_unpickle_"  # functions that Cython makes, one for each class, to make an object of its state
SHORT_NAMES = {"_loss": "sklearn._loss._loss"}  # what scikit-learn 1.7 calls a module of its own
OLD_NAMES = ("bakeoff.calibration", "bakeoff.nystroem_svc")  # of classes now in `bakeoff.estimators`
NO_MODELS = ("sklearn.datasets", "sklearn.externals", "sklearn.utils._testing", "sklearn.utils.parallel")
KNOWN = (
    "bakeoff",
    "joblib",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
)  # the packages that Bakeoff itself needs


class RefusedNameError(NotAllowedError):
    """A model names something that no model consists of."""

    def __str__(self) -> str:
        """Say what was refused, and how to allow it."""
        return (
            f"it names {self.path[:120]}, which is not among what models consist of, so it may be forged; whoever runs "
            f"Bakeoff and trusts it can add that name to the environment variable {VARIABLE}"
        )


def find_name(module: str, name: str) -> Any:
    """Import what a pickle names, if a model may consist of it.

    Classes of estimators may be named, and what `NAMES` lists. Of the modules that this machine allows besides, classes
    may be named, and functions only if the environment variable holds their own path.

    Raises:
        MissingPackageError: its package is not installed.
        NotAllowedError: it may not be named.
        AttributeError: the module has no such name.
    """
    module = SHORT_NAMES.get(module, module)
    path, package = f"{module}.{name}", module.partition(".")[0]
    ours = package in {*KNOWN, *sys.stdlib_module_names}
    allows = _rule(module, name)
    if allows is None:
        raise RefusedNameError(path) if ours or is_allowed(module) else NotAllowedError(path)
    if not ours and importlib.util.find_spec(package) is None:
        raise MissingPackageError(package)
    found = getattr(importlib.import_module(module), name)
    if not allows(found):
        raise RefusedNameError(path)
    return found


def _rule(module: str, name: str) -> Callable[[Any], bool] | None:
    """Return what must hold of the object behind a name; None if the name is refused before its module is imported."""
    own = own_modules()
    cython = name.startswith(CYTHON) and is_below(module, PARTS)
    if cython or name in NAMES.get(module, "").split() or f"{module}.{name}" in own:
        return lambda _: True
    if "." in name or is_below(module, NO_MODELS):  # a dotted name reaches what a class holds, as a module's globals
        return None
    rules: dict[tuple[str, ...], Callable[[Any], bool]] = {
        own: lambda found: _is_class_of(found, own),
        PARTS: lambda found: _is_class_of(found, PARTS),
        (*ESTIMATORS, *OLD_NAMES): lambda found: (
            _is_estimator(found, ESTIMATORS) and not is_below(found.__module__, NO_MODELS)
        ),
        ("scipy.sparse",): _is_sparse,
        allowed_modules(): _is_estimator,
    }
    if module == "numpy":
        return _is_number
    return next((rule for modules, rule in rules.items() if is_below(module, modules)), None)


def own_modules() -> tuple[str, ...]:
    """Return the modules and functions that the environment variable names."""
    return tuple(each for each in allowed_modules() if each not in ALWAYS)


def is_called(name: str, found: Any) -> bool:
    """Return whether a model may call what it has named; estimators are made without a call."""
    return name not in UNCALLED and not _is_estimator(found, ESTIMATORS)


def _is_class_of(found: Any, modules: tuple[str, ...]) -> bool:
    return isinstance(found, type) and is_below(SHORT_NAMES.get(found.__module__, found.__module__), modules)


def _is_number(found: Any) -> bool:
    import numpy as np

    return isinstance(found, type) and issubclass(found, np.generic)


def _is_sparse(found: Any) -> bool:
    from scipy.sparse import sparray, spmatrix

    return isinstance(found, type) and issubclass(found, (sparray, spmatrix))


def _is_estimator(found: Any, modules: tuple[str, ...] = ALWAYS) -> bool:
    from sklearn.base import BaseEstimator

    return _is_class_of(found, modules) and issubclass(found, BaseEstimator)
