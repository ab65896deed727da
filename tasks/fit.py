"""Fit one contestant on all training rows."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.processes import run_apart
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.results import ModelRef
from tasks.runs.dask import at_hand
from tasks.runs.states import stated


def fit_once(ref: DatasetRef, contestant: Contestant, run: RunFolder) -> ModelRef:
    """As the library's function of that name, in a process of its own."""
    with at_hand(ref, run) as here:
        result = run_apart("bakeoff.training.fit:fit_once", here.ref, contestant, here.run, deadline=run.deadline)
        handed_on: ModelRef = here.hand_on(result)
        return handed_on


fit = task(name="fit", task_run_name="fit {contestant.name}", cache_policy=NO_CACHE)(stated(fit_once))
