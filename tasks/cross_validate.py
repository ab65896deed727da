"""Fit one contestant on all folds but one and score it there."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import run_apart
from bakeoff.config import CrossValidationConfig
from bakeoff.contestant import Contestant
from bakeoff.handover import DatasetRef, FoldScore
from bakeoff.workspace import RunFolder
from tasks.outcome import stated


def score_fold_once(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, run: RunFolder
) -> FoldScore:
    """As the library's function of that name, in a process of its own."""
    result: FoldScore = run_apart(
        "bakeoff.steps:score_fold_once", ref, contestant, cross_validation, fold, run, deadline=run.deadline
    )
    return result


cross_validate = task(
    name="cross-validate", task_run_name="cross-validate {contestant.name}, fold {fold}", cache_policy=NO_CACHE
)(stated(score_fold_once))
