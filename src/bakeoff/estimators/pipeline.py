"""Build and fit the Pipeline of a contestant: impute, scale, one-hot encode, classify."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bakeoff.classifiers import CLASS, build_classifier
from bakeoff.estimators.contestant import CALIBRATION_FOLDS, Contestant, choose_method
from bakeoff.estimators.engines import (
    Engine,
    engine_of,
    load_estimator,
    to_sklearn,
)
from bakeoff.estimators.own_classifiers import build_own_classifier
from bakeoff.estimators.preprocessing import BOOSTING, build_preprocessor, categorical_columns
from bakeoff.estimators.svm_approximation import approximate_parameters
from bakeoff.evaluation.results import Method
from bakeoff.metrics import METRICS
from bakeoff.tables.schema import Feature

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def build_pipeline(contestant: Contestant, features: Sequence[Feature]) -> "Pipeline":
    """Build the unfitted Pipeline of a contestant: preprocessing, unless the config wants none, and classifier.

    Args:
        contestant: the classifier and its parameters.
        features: the columns.

    Raises:
        TypeError: scikit-learn's estimator refuses a parameter.
    """
    from sklearn.pipeline import Pipeline

    classifier = _classifier(contestant)
    if contestant.preprocessing == "auto" and contestant.name == BOOSTING:
        classifier.set_params(categorical_features=categorical_columns(features))
    steps = [("classifier", classifier)]
    if contestant.preprocessing == "auto":
        steps.insert(0, ("preprocessing", build_preprocessor(contestant, features)))
    return Pipeline(steps)


def fit_for_scoring(contestant: Contestant, features: Sequence[Feature], X: pd.DataFrame, y: np.ndarray) -> "Pipeline":
    """Fit the Pipeline of a contestant on the training rows of a fold, calibrated if the metric needs it.

    The classifier is fitted on all these rows, and the calibrator on their scores from an inner cross-validation, as by
    `CalibratedClassifierCV(ensemble=False)`, which would hand codes instead of labels to the classifier. The exported
    model is made the same way, but takes the scores from the race's folds; within a fold such scores don't exist, since
    other folds' models were fitted on rows that this fold is scored on.

    Args:
        contestant: the classifier and its parameters.
        features: the columns.
        X: shape (n_rows, n_features).
        y: shape (n_rows,).

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows, or a class is too rare to be calibrated.
    """
    method: Method | None = None
    if METRICS[contestant.scoring].of_probabilities:
        names, counts = np.unique(y, return_counts=True)
        own = contestant.approximation is None and hasattr(_classifier(contestant), "predict_proba")
        method = choose_method(contestant.calibration, own, counts.min(), len(names))
        if method and counts.min() < CALIBRATION_FOLDS:
            raise ValueError(
                f"{contestant.scoring} takes probabilities, which are calibrated on {CALIBRATION_FOLDS} folds, and "
                f"class {str(names[counts.argmin()])!r} has {counts.min()} of the rows that are fitted on"
            )
    pipeline = build_pipeline(contestant, features)
    classifier = pipeline[-1]  # of its engine's class, which the fitted one may not be
    pipeline = fit_pipeline(pipeline, X, y)[0]
    if method:
        from bakeoff.estimators.calibration import CalibratedClassifier, out_of_fold_scores

        transformed = pipeline[:-1].transform(X) if len(pipeline) > 1 else X
        scores = out_of_fold_scores(classifier, transformed, y, CALIBRATION_FOLDS)
        pipeline.steps[-1] = ("classifier", CalibratedClassifier(pipeline[-1], method).fit_scores(scores, y))
    return pipeline


def fit_pipeline(pipeline: "Pipeline", X: pd.DataFrame, y: np.ndarray) -> "tuple[Pipeline, Engine]":
    """Fit a Pipeline, and convert its classifier to scikit-learn's own class.

    Args:
        pipeline: as returned by `build_pipeline`.
        X: shape (n_rows, n_features).
        y: shape (n_rows,).

    Returns:
        The Pipeline, and the engine that fitted its classifier.

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows.
    """
    last = pipeline[-1]
    if getattr(last, "early_stopping", None) == "auto" and np.unique(y, return_counts=True)[1].min() == 1:
        last.set_params(early_stopping=False)  # gradient boosting's own held-out rows need one of each class
    pipeline.fit(X, y)
    engine = engine_of(last)
    pipeline.steps[-1] = ("classifier", to_sklearn(last))
    return pipeline, engine


def base_classifier(classifier: Any) -> Any:
    """Return the fitted classifier without the calibration of `fit_for_scoring`."""
    return classifier.classifier if hasattr(classifier, "calibrate") else classifier


def _classifier(contestant: Contestant) -> Any:
    if CLASS in contestant.parameters:
        return build_own_classifier(contestant.parameters, contestant.class_weight)
    if contestant.approximation is None:
        estimator = load_estimator(contestant.name, contestant.engine)
        return build_classifier(contestant.name, contestant.parameters, estimator)
    from bakeoff.estimators.nystroem_svc import NystroemSVC

    parameters = approximate_parameters(contestant.parameters)
    parameters["n_components"] = contestant.approximation.components
    return build_classifier(contestant.name, parameters, NystroemSVC)
