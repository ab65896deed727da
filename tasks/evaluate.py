"""Evaluate a contestant's calibrated model on the test rows."""

from pathlib import Path

from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.training.results import ModelRef, TestResult
from tasks.runs.steps import step


@step("bakeoff.training.evaluate:evaluate_classifier", name="evaluate", run_name="evaluate {contestant.name}")
def evaluate(ref: DatasetRef, contestant: Contestant, model: ModelRef, resamples: int, folder: Path) -> TestResult:
    """Return the contestant's metrics on the test rows, with intervals."""
