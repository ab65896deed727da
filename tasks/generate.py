"""Generate or read the rows and write the three parts into the run's workspace."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import apart
from bakeoff.preparing import prepare_dataset
from tasks.outcome import stated

generate = task(name="generate", task_run_name="generate {config.dataset.source} rows", cache_policy=NO_CACHE)(
    stated(apart(prepare_dataset))
)
