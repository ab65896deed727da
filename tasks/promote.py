"""Let the new version meet the champion, and promote it if it is better."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.runtime.processes import run_apart
from bakeoff.training.promotion import Decision
from tasks.runs.states import stated


def challenge_champion(config: TrainingConfig, ref: DatasetRef, version: str, by: str | None = None) -> Decision:
    """As the library's function of that name, in a process of its own."""
    result: Decision = run_apart("bakeoff.training.promote:challenge_champion", config, ref, version, by)
    return result


promote = task(name="promote", task_run_name="meet the champion", cache_policy=NO_CACHE)(stated(challenge_champion))
