"""Fit one contestant on all training rows."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import run_apart
from bakeoff.contestant import Contestant
from bakeoff.handover import DatasetRef, ModelRef
from bakeoff.workspace import RunFolder
from tasks.cluster import at_hand
from tasks.outcome import stated


def fit_once(ref: DatasetRef, contestant: Contestant, run: RunFolder) -> ModelRef:
    """As the library's function of that name, in a process of its own."""
    with at_hand(ref, run) as here:
        result = run_apart("bakeoff.steps:fit_once", here.ref, contestant, here.run, deadline=run.deadline)
        handed_on: ModelRef = here.hand_on(result)
        return handed_on


fit = task(name="fit", task_run_name="fit {contestant.name}", cache_policy=NO_CACHE)(stated(fit_once))
