"""Fit a contestant on all folds but one, and score it on that one."""

from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.results import FoldScore
from tasks.runs.steps import step


@step(
    "bakeoff.training.cross_validate:score_fold_cached",
    name="cross-validate",
    run_name="cross-validate {contestant.name}, fold {fold}",
    anywhere=True,
)
def cross_validate(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, run: RunFolder
) -> FoldScore:
    """Return the score of one fold; folds count from 1."""
