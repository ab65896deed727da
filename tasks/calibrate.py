"""Calibrate one fitted contestant on the scores of its folds."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import apart
from bakeoff.calibrating import calibrate_classifier
from tasks.outcome import stated

calibrate = task(name="calibrate", task_run_name="calibrate {contestant.name}", cache_policy=NO_CACHE)(
    stated(apart(calibrate_classifier))
)
