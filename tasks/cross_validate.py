"""Fit one contestant on all folds but one and score it there."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.results import FoldScore
from tasks.runs.dask import step_inputs
from tasks.runs.states import failed_state_on_error


def score_fold_cached(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, run: RunFolder
) -> FoldScore:
    """As the library's function of that name, in a process of its own."""
    with step_inputs(ref, run) as here:
        result = run_in_process(
            "bakeoff.training.cross_validate:score_fold_cached",
            here.ref,
            contestant,
            cross_validation,
            fold,
            here.run,
            deadline=run.deadline,
        )
        handed_on: FoldScore = here.hand_on(result)
        return handed_on


cross_validate = task(
    name="cross-validate", task_run_name="cross-validate {contestant.name}, fold {fold}", cache_policy=NO_CACHE
)(failed_state_on_error(score_fold_cached))
