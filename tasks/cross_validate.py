"""Fit one contestant on all folds but one and score it there."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import apart
from bakeoff.validation import score_fold
from tasks.outcome import stated

cross_validate = task(
    name="cross-validate", task_run_name="cross-validate {contestant.name}, fold {fold}", cache_policy=NO_CACHE
)(stated(apart(score_fold)))
