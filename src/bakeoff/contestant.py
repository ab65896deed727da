"""What races, and how what it says becomes probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bakeoff.classifiers import weigh_classes
from bakeoff.config import TrainingConfig
from bakeoff.config.training import CalibrationChoice
from bakeoff.engines import Engine, choose_engine
from bakeoff.metrics import MetricName

ISOTONIC_ROWS = 1000  # of each class: below, isotonic regression follows single rows (Niculescu-Mizil and Caruana 2005)

Method = Literal["sigmoid", "isotonic"]


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
    """

    name: str
    parameters: Mapping[str, Any]
    preprocessing: str
    scoring: MetricName
    calibration: CalibrationChoice
    engine: Engine = "scikit-learn"

    @classmethod
    def of(cls, config: TrainingConfig, name: str, rows: int) -> "Contestant":
        """The contestant that the config calls so.

        Args:
            rows: how many training rows there are.
        """
        parameters = weigh_classes(name, config.classifiers[name], config.class_weight)
        engine = choose_engine(config.engine, name, rows)
        return cls(name, parameters, config.preprocessing, config.cross_validation.scoring, config.calibration, engine)


def choose_method(calibration: CalibrationChoice, has_probabilities: bool, rarest: int) -> Method | None:
    """How a contestant is calibrated; None for not at all.

    Args:
        has_probabilities: whether the classifier has some of its own.
        rarest: how many rows the rarest class has among those that the calibrator is fitted on.
    """
    if calibration == "none" or (calibration == "auto" and has_probabilities):
        return None
    return "isotonic" if calibration != "sigmoid" and rarest >= ISOTONIC_ROWS else "sigmoid"
