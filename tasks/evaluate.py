"""Evaluate one fitted contestant on the test rows."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import apart
from bakeoff.evaluation import evaluate_classifier
from tasks.outcome import stated

evaluate = task(name="evaluate", task_run_name="evaluate {contestant.name}", cache_policy=NO_CACHE)(
    stated(apart(evaluate_classifier))
)
