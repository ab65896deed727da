"""Contestants of a class that the config names, `mine: {class: lightgbm.LGBMClassifier, n_estimators: 300}`."""

import difflib
import functools
import inspect
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, packages_distributions
from importlib.metadata import version as installed
from typing import Any

from bakeoff.classifiers import CLASS, CLASSIFIERS, DEFAULT_RANDOM_STATE, build_classifier, package_of
from bakeoff.config import TrainingConfig
from bakeoff.config.allowed_modules import MissingPackageError, load_class
from bakeoff.errors import ConfigError
from bakeoff.formatting import one_line

SEEDS = ("random_state", "random_seed", "seed")
THREADS = ("n_jobs", "thread_count", "nthread", "nthreads", "num_thread", "num_threads")
QUIET: dict[str, dict[str, Any]] = {  # what keeps a library from printing, or from writing files
    "lightgbm": {"verbosity": -1},
    "catboost": {"logging_level": "Silent", "allow_writing_files": False},
}
TALKING = {"verbose", "verbosity", "verbose_eval", "logging_level", "silent"}


def parameter_names(estimator: type) -> set[str]:
    """Return the names of a class's parameters: of its constructor and its `get_params`."""
    names = {each.name for each in _signature(estimator) if each.kind not in {each.VAR_POSITIONAL, each.VAR_KEYWORD}}
    if not any(each.default is each.empty for each in _signature(estimator) if each.name in names):
        names |= set(estimator().get_params())  # XGBoost's constructor names only some of them
    return names


def _further_names(estimator: type) -> set[str]:
    """Return the parameters that LightGBM's classes hand on to its core, but for those that name files or machines."""
    if not estimator.__module__.startswith("lightgbm."):
        return set()
    from lightgbm.basic import _ConfigAliases

    groups = _ConfigAliases._get_all_param_aliases().values()  # noqa: SLF001  its only list of them
    return {alias for group in groups if not any(re.search("file|machine", each) for each in group) for alias in group}


def build_own_classifier(parameters: Mapping[str, Any], class_weight: str = "none") -> Any:
    """Build an unfitted contestant that is reproducible, uses one thread and prints nothing.

    Args:
        parameters: the class, and its constructor's parameters.
        class_weight: of the config; for classes that have such a parameter and don't set it themselves.

    Raises:
        ValueError: the class is not allowed, not installed, or refuses the parameters.
        TypeError: likewise.
    """
    from bakeoff.estimators.encoded_classifier import EncodedClassifier

    return EncodedClassifier(_build_inner(parameters, class_weight))


def _build_inner(parameters: Mapping[str, Any], class_weight: str) -> Any:
    estimator = load_class(parameters[CLASS])
    names = parameter_names(estimator)
    given = {key: value for key, value in parameters.items() if key not in {CLASS, *THREADS}}
    seed = next((name for name in SEEDS if name in names), None)
    if seed and all(given.get(name) is None for name in SEEDS):
        given = {key: value for key, value in given.items() if key not in SEEDS} | {seed: DEFAULT_RANDOM_STATE}
    if threads := next((name for name in THREADS if name in names), None):
        given[threads] = 1
    quiet = QUIET.get(package_of(parameters), {})
    given |= {key: value for key, value in quiet.items() if key not in TALKING or not TALKING & set(given)}
    if class_weight != "none" and "class_weight" in names:
        given.setdefault("class_weight", class_weight)
    return estimator(**given)


def check_classifiers(config: TrainingConfig) -> None:
    """Check classes and parameters of the contestants that can be checked before the race, all in one line.

    Parameters of the contestants that race by default are checked in the fit, whose error is their reason.

    Raises:
        ConfigError: a class is not allowed, not installed, unknown, or no classifier, or a parameter is wrong.
    """
    problems: list[str] = []
    missing: dict[str, list[str]] = {}
    for name, parameters in config.classifiers.items():
        try:
            problems += [f"{name}: {problem}" for problem in _problems(name, parameters, config)]
        except MissingPackageError as error:
            missing.setdefault(error.package, []).append(name)
    if not problems and not missing:
        problems += [problem for name in config.search.spaces for problem in _search_problems(name, config)]
    if missing:
        packages, contestants = " ".join(missing), ", ".join(name for names in missing.values() for name in names)
        problems.append(f"{contestants}: not installed; pip install {packages}, or leave them out of classifiers")
    if problems:
        raise ConfigError(one_line(f"classifiers: {'; '.join(problems)}"))


def _search_problems(name: str, config: TrainingConfig) -> Iterator[str]:
    """Check each value of a search by itself, with the contestant's other parameters."""
    parameters = config.classifiers[name]
    for key, values in config.search.spaces[name].items():
        for value in values:
            candidate = {**parameters, key: value}
            if CLASS in parameters or not CLASSIFIERS[name].by_default:
                found = _problems(name, candidate, config)
            else:
                found = _wrong_value(build_classifier(name, candidate))
            yield from (f"search.{name}.{key}: {value!r}: {problem}" for problem in found)


def _problems(name: str, parameters: Mapping[str, Any], config: TrainingConfig) -> Iterator[str]:
    if CLASS not in parameters:
        if not CLASSIFIERS[name].by_default:
            yield from _wrong_value(build_classifier(name, parameters))
            if "categorical_features" in parameters and config.preprocessing == "auto":
                yield "categorical_features is set by preprocessing: auto; leave it out, or name dataset.categories"
        return
    try:
        estimator = load_class(parameters[CLASS])
    except MissingPackageError:
        raise
    except ValueError as error:
        yield str(error)
        return
    if not all(hasattr(estimator, method) for method in ("fit", "predict", "get_params", "set_params")):
        yield f"{parameters[CLASS]} is no classifier with scikit-learn's interface"
        return
    try:
        required = [each.name for each in _signature(estimator) if _is_required(each) and each.name not in parameters]
        if required:
            yield f"{parameters[CLASS]} needs {', '.join(required)}; give it, or another class"
            return
        names = parameter_names(estimator)
        allowed = {CLASS, *names, *_further_names(estimator)}
        unknown = [key for key in parameters if key not in allowed]
        if unknown:
            yield from (_unknown(key, parameters[CLASS], names) for key in unknown)
            return
        classifier = _build_inner(parameters, config.class_weight)
        classifier.get_params()
    except Exception as error:  # whatever a constructor raises
        yield f"{parameters[CLASS]} refuses its parameters: {type(error).__name__}: {error}"
        return
    yield from _unfit(classifier, parameters, config)


def _unfit(classifier: Any, parameters: Mapping[str, Any], config: TrainingConfig) -> Iterator[str]:
    from sklearn.base import is_classifier

    try:
        fits = is_classifier(classifier)
    except Exception:  # no scikit-learn tags
        fits = False
    if not fits:
        yield f"{parameters[CLASS]} is no classifier with scikit-learn's interface"
        return
    yield from _wrong_value(classifier)
    if parameters.get("decision_function_shape") == "ovo":
        yield "decision_function_shape: ovo gives scores of pairs of classes, which can't be calibrated; leave it out"
    reason = config.needs_probabilities if config.calibration == "none" else None
    if reason and not hasattr(classifier, "predict_proba"):
        yield f"{reason} needs probabilities, it gives none, and calibration is none; set calibration: auto"


def _wrong_value(classifier: Any) -> Iterator[str]:
    """Check values by scikit-learn's own rules, which its classifiers have."""
    if hasattr(classifier, "_parameter_constraints"):
        try:
            classifier._validate_params()  # noqa: SLF001  what its `fit` does first
        except ValueError as error:
            yield str(error)


def _unknown(key: str, path: str, names: set[str]) -> str:
    near = difflib.get_close_matches(key, sorted(names), n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it takes {', '.join(sorted(names))}"
    return f"{path} has no parameter {key!r}; {hint}"


def _signature(estimator: type) -> list[inspect.Parameter]:
    return list(inspect.signature(estimator).parameters.values())


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty and parameter.kind not in {
        parameter.VAR_POSITIONAL,
        parameter.VAR_KEYWORD,
    }


@functools.cache
def package_version(package: str) -> str:
    """Return the installed version of the package that has a module; "unknown" for a module without a package."""
    try:
        return installed(package)
    except PackageNotFoundError:  # a distribution of another name, as xgboost-cpu
        distributions = packages_distributions().get(package, [])
        return installed(distributions[0]) if distributions else "unknown"


def describe_packages(classifiers: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the versions of the packages of contestants of a class that the config names, but for scikit-learn."""
    packages = {package_of(parameters) for parameters in classifiers.values() if CLASS in parameters}
    return {package: package_version(package) for package in sorted(packages - {"scikit-learn"})}
