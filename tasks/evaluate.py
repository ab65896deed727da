"""Evaluate one fitted contestant on the test rows."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.evaluation import evaluate_classifier
from tasks.outcome import stated
from tasks.threads import one_thread

evaluate = task(name="evaluate", task_run_name="evaluate {contestant.name}", cache_policy=NO_CACHE)(
    stated(one_thread(evaluate_classifier))
)
