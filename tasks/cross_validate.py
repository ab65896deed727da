"""Fit one contestant on all folds but one and score it there."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.processes import run_apart
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.results import FoldScore
from tasks.runs.dask import at_hand
from tasks.runs.states import stated


def score_fold_once(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, run: RunFolder
) -> FoldScore:
    """As the library's function of that name, in a process of its own."""
    with at_hand(ref, run) as here:
        result = run_apart(
            "bakeoff.training.cross_validate:score_fold_once",
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
)(stated(score_fold_once))
