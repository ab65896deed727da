"""Fit one contestant on all training rows."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import apart
from bakeoff.fitting import fit_classifier
from tasks.outcome import stated

fit = task(name="fit", task_run_name="fit {contestant.name}", cache_policy=NO_CACHE)(stated(apart(fit_classifier)))
