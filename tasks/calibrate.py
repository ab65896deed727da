"""Calibrate one fitted contestant on the scores of its folds."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.calibrating import calibrate_classifier
from tasks.outcome import stated
from tasks.threads import one_thread

calibrate = task(name="calibrate", task_run_name="calibrate {contestant.name}", cache_policy=NO_CACHE)(
    stated(one_thread(calibrate_classifier))
)
