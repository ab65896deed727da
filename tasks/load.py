"""Find the version to predict with."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.store.load import find_version
from tasks.runs.states import failed_state_on_error

load = task(name="load", task_run_name="find the {config.version} version", cache_policy=NO_CACHE)(
    failed_state_on_error(find_version)
)
