"""Predict how long an exact SVM takes, from fits on slices of the training rows."""

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from tasks.runs.steps import step


@step("bakeoff.estimators.slices.counted:predict_race_svm", name="time-svm", run_name="predict the SVM's time")
def time_svm(ref: DatasetRef, config: TrainingConfig) -> float | None:
    """Return the predicted seconds of a fit on the training rows, or None."""
