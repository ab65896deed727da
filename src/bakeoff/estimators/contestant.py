"""A contestant: a classifier with its parameters, engine, approximation and calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from bakeoff.classifiers import CLASS, package_of, weigh_classes
from bakeoff.config import TrainingConfig
from bakeoff.config.training import CalibrationChoice
from bakeoff.estimators.engines import Engine, choose_engine
from bakeoff.estimators.fit_time import ProblemSize, predict_fit_seconds
from bakeoff.estimators.svm_approximation import Approximation, choose_approximation
from bakeoff.evaluation.results import Method
from bakeoff.metrics import MetricName

ISOTONIC_ROWS = 1000  # of each class: with fewer, isotonic regression overfits (Niculescu-Mizil and Caruana 2005)
TEMPERATURE_CLASSES = 10  # from which a temperature has the lower log loss than a sigmoid (docs/decisions.md)

CALIBRATION_FOLDS = 5
TREES = 100  # of the forests that `fit_time.FORMULAS` were measured with


@dataclass(frozen=True)
class Search:
    """The values of a contestant's parameters to search, and how; see `SearchConfig`."""

    space: Mapping[str, Sequence[Any]]
    budget: int
    folds: int
    random_state: int

    @classmethod
    def of(cls, config: TrainingConfig, name: str) -> "Search | None":
        """Return the search of a contestant; None if the config has none."""
        search = config.search
        space = search.spaces.get(name)
        return cls(space, search.budget, search.folds, search.random_state) if space else None

    @property
    def n_fits(self) -> int:
        """The number of fits of a search and the fit after it; scoring the held-out rows counts as fitting them."""
        return 1 + self.folds * min(self.budget, prod(map(len, self.space.values())))


@dataclass(frozen=True)
class Contestant:
    """A classifier that takes part in the race, and how it is fitted.

    Attributes:
        name: a key of the config's `classifiers`.
        parameters: the estimator's parameters, including the config's class_weight, or those of a class that the config
            names, with the class.
        preprocessing: "auto", or "none" for the columns as they are.
        scoring: the metric of the race.
        calibration: the config's choice of calibration.
        engine: the library that fits it; for a class that the config names, its package.
        approximation: the approximation of the SVM, or None.
        predicted_seconds: the predicted time of a fit on the training rows on one core, its search included; None if
            unknown.
        sliced: whether the prediction comes from fits on slices of the rows.
        class_weight: of the config; for a class that the config names, whose parameters are not known here.
        search: what is searched before each fit; None for the parameters as they are.
    """

    name: str
    parameters: Mapping[str, Any]
    preprocessing: str
    scoring: MetricName
    calibration: CalibrationChoice
    engine: Engine = "scikit-learn"
    approximation: Approximation | None = None
    predicted_seconds: float | None = None
    sliced: bool = False
    class_weight: str = "none"
    search: Search | None = None

    @classmethod
    def of(cls, config: TrainingConfig, name: str, size: ProblemSize, svm_seconds: float | None = None) -> "Contestant":
        """Make a contestant from the config.

        Args:
            config: the config of the race.
            name: a key of `config.classifiers`.
            size: the size of the training part.
            svm_seconds: what an exact SVM was predicted to take from slices; None to predict it by formula.
        """
        parameters = config.classifiers[name]
        search, scoring = Search.of(config, name), config.cross_validation.scoring
        plain = cls(name, parameters, config.preprocessing, scoring, config.calibration, search=search)
        if CLASS in parameters:
            return replace(plain, engine=package_of(parameters), class_weight=config.class_weight)
        parameters = weigh_classes(name, parameters, config.class_weight)
        engine = choose_engine(config.engine, name, size.rows)
        approximation = choose_approximation(config.svm, parameters, size, svm_seconds) if name == "svm" else None
        sliced = name == "svm" and approximation is None and svm_seconds is not None
        seconds = svm_seconds if sliced else _predict_seconds(name, parameters, engine, approximation, size)
        return replace(
            plain,
            parameters=parameters,
            engine="bakeoff" if approximation else engine,
            approximation=approximation,
            predicted_seconds=seconds * search.n_fits if search and seconds is not None else seconds,
            sliced=sliced,
        )


def _predict_seconds(
    name: str, parameters: Mapping[str, Any], engine: Engine, approximation: Approximation | None, size: ProblemSize
) -> float | None:
    if approximation:
        return predict_fit_seconds(name, "nystroem", size, approximation.components)
    trees = parameters.get("n_estimators", TREES) if name == "random_forest" else TREES
    seconds = predict_fit_seconds(name, "exact" if name == "svm" else engine, size)
    # Other types of n_estimators are refused by scikit-learn in the fit.
    return seconds * trees / TREES if seconds is not None and isinstance(trees, int) else None


def choose_method(
    calibration: CalibrationChoice, has_probabilities: bool, rarest: int, n_classes: int
) -> Method | None:
    """Choose the calibration method; None for no calibration.

    Args:
        calibration: the config's choice.
        has_probabilities: whether the classifier predicts probabilities itself.
        rarest: the number of rows of the rarest class that the calibrator is fitted on.
        n_classes: the number of classes.
    """
    if calibration == "none" or (calibration == "auto" and has_probabilities):
        return None
    if calibration == "temperature":
        return "temperature" if n_classes > 2 else "sigmoid"  # of two classes a temperature is a sigmoid without shift
    if calibration != "sigmoid" and rarest >= ISOTONIC_ROWS:
        return "isotonic"
    return "temperature" if calibration != "sigmoid" and n_classes >= TEMPERATURE_CLASSES else "sigmoid"
