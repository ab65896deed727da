"""Evaluate one fitted contestant on the test rows."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.processes import run_in_process
from bakeoff.training.results import ModelRef, TestResult
from tasks.runs.states import failed_state_on_error


def evaluate_classifier(
    ref: DatasetRef, contestant: Contestant, model: ModelRef, resamples: int, folder: Path
) -> TestResult:
    """As the library's function of that name, in a process of its own."""
    result: TestResult = run_in_process(
        "bakeoff.training.evaluate:evaluate_classifier", ref, contestant, model, resamples, folder
    )
    return result


evaluate = task(name="evaluate", task_run_name="evaluate {contestant.name}", cache_policy=NO_CACHE)(
    failed_state_on_error(evaluate_classifier)
)
