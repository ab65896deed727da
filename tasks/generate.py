"""Generate or read the rows and write the three parts into the run's workspace."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.workspace import RunFolder
from tasks.runs.states import failed_state_on_error


def prepare_cached(config: TrainingConfig, run: RunFolder) -> DatasetRef:
    """As the library's function of that name, in a process of its own."""
    result: DatasetRef = run_in_process("bakeoff.data.prepare:prepare_cached", config, run)
    return result


generate = task(name="generate", task_run_name="generate {config.dataset.source} rows", cache_policy=NO_CACHE)(
    failed_state_on_error(prepare_cached)
)
