"""What races, and how what it says becomes probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bakeoff.classifiers import weigh_classes
from bakeoff.config import TrainingConfig
from bakeoff.config.training import CalibrationChoice
from bakeoff.estimators.engines import Engine, choose_engine
from bakeoff.estimators.fit_time import ProblemSize, predict_fit_seconds
from bakeoff.estimators.svm_approximation import Approximation, choose_approximation
from bakeoff.evaluation.results import Method
from bakeoff.metrics import MetricName

ISOTONIC_ROWS = 1000  # of each class: below, isotonic regression follows single rows (Niculescu-Mizil and Caruana 2005)

CALIBRATION_FOLDS = 5
TREES = 100  # of the forests that the formulas of costs are of


@dataclass(frozen=True)
class Contestant:
    """What races: a classifier with its parameters, behind its preprocessing.

    Attributes:
        name: of `CLASSIFIERS`.
        parameters: as they race, with class_weight where the config weighs the classes.
        preprocessing: "auto", or "none" for the columns as they are.
        scoring: the metric that it is judged by, and so what it has to answer.
        calibration: how its scores become probabilities, where they do.
        engine: by which it is fitted.
        approximation: of the SVM, where it is approximated.
        predicted_seconds: what a fit on the training rows is predicted to take, on one core; None where nobody
            has measured it.
    """

    name: str
    parameters: Mapping[str, Any]
    preprocessing: str
    scoring: MetricName
    calibration: CalibrationChoice
    engine: Engine = "scikit-learn"
    approximation: Approximation | None = None
    predicted_seconds: float | None = None

    @classmethod
    def of(cls, config: TrainingConfig, name: str, size: ProblemSize) -> "Contestant":
        """The contestant that the config calls so.

        Args:
            size: of the training rows.
        """
        parameters = weigh_classes(name, config.classifiers[name], config.class_weight)
        engine = choose_engine(config.engine, name, size.rows)
        approximation = choose_approximation(config.svm, parameters, size) if name == "svm" else None
        return cls(
            name,
            parameters,
            config.preprocessing,
            config.cross_validation.scoring,
            config.calibration,
            "bakeoff" if approximation else engine,
            approximation,
            _predict_seconds(name, parameters, engine, approximation, size),
        )


def _predict_seconds(
    name: str, parameters: Mapping[str, Any], engine: Engine, approximation: Approximation | None, size: ProblemSize
) -> float | None:
    if approximation:
        return predict_fit_seconds(name, "nystroem", size, approximation.components)
    trees = parameters.get("n_estimators", TREES) if name == "random_forest" else TREES
    seconds = predict_fit_seconds(name, "exact" if name == "svm" else engine, size)
    # What is no number scikit-learn refuses when it fits.
    return seconds * trees / TREES if seconds is not None and isinstance(trees, int) else None


def choose_method(calibration: CalibrationChoice, has_probabilities: bool, rarest: int) -> Method | None:
    """How a contestant is calibrated; None for not at all.

    Args:
        has_probabilities: whether the classifier has some of its own.
        rarest: how many rows the rarest class has among those that the calibrator is fitted on.
    """
    if calibration == "none" or (calibration == "auto" and has_probabilities):
        return None
    return "isotonic" if calibration != "sigmoid" and rarest >= ISOTONIC_ROWS else "sigmoid"
