"""Find the version to predict with."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.store.load import find_version
from tasks.runs.states import stated

load = task(name="load", task_run_name="find the {config.version} version", cache_policy=NO_CACHE)(stated(find_version))
