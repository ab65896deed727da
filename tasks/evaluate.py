"""Evaluate one fitted contestant on the test rows."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import run_apart
from bakeoff.contestant import Contestant
from bakeoff.handover import DatasetRef, ModelRef, TestResult
from tasks.outcome import stated


def evaluate_classifier(
    ref: DatasetRef, contestant: Contestant, model: ModelRef, resamples: int, folder: Path
) -> TestResult:
    """As the library's function of that name, in a process of its own."""
    result: TestResult = run_apart("bakeoff.evaluation:evaluate_classifier", ref, contestant, model, resamples, folder)
    return result


evaluate = task(name="evaluate", task_run_name="evaluate {contestant.name}", cache_policy=NO_CACHE)(
    stated(evaluate_classifier)
)
