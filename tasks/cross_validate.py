"""Fit one contestant on all folds but one and score it there."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.validation import score_fold
from tasks.outcome import stated
from tasks.threads import one_thread

cross_validate = task(
    name="cross-validate", task_run_name="cross-validate {contestant.name}, fold {fold}", cache_policy=NO_CACHE
)(stated(one_thread(score_fold)))
