"""Fit a contestant on all training rows."""

from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.results import ModelRef
from tasks.runs.steps import step


@step("bakeoff.training.fit:fit_cached", name="fit", run_name="fit {contestant.name}", anywhere=True)
def fit(ref: DatasetRef, contestant: Contestant, run: RunFolder) -> ModelRef:
    """Return the file of the fitted Pipeline."""
