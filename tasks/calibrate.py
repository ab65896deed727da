"""Calibrate a fitted contestant on its out-of-fold scores."""

from collections.abc import Sequence
from pathlib import Path

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.training.results import CalibratedModel, FoldScore, ModelRef
from tasks.runs.steps import step


@step("bakeoff.training.calibrate:calibrate_classifier", name="calibrate", run_name="calibrate {contestant.name}")
def calibrate(
    ref: DatasetRef,
    contestant: Contestant,
    config: TrainingConfig,
    model: ModelRef,
    folds: Sequence[FoldScore],
    folder: Path,
) -> CalibratedModel:
    """Return the contestant's model, calibrated if it needs calibration."""
