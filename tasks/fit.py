"""Fit one contestant on all training rows."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.results import ModelRef
from tasks.runs.dask import step_inputs
from tasks.runs.states import failed_state_on_error


def fit_cached(ref: DatasetRef, contestant: Contestant, run: RunFolder) -> ModelRef:
    """As the library's function of that name, in a process of its own."""
    with step_inputs(ref, run) as here:
        result = run_in_process(
            "bakeoff.training.fit:fit_cached", here.ref, contestant, here.run, deadline=run.deadline
        )
        handed_on: ModelRef = here.hand_on(result)
        return handed_on


fit = task(name="fit", task_run_name="fit {contestant.name}", cache_policy=NO_CACHE)(failed_state_on_error(fit_cached))
