"""Let the new version meet the champion, and promote it if it is better."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import run_apart
from bakeoff.config import TrainingConfig
from bakeoff.handover import DatasetRef
from bakeoff.promotion import Decision
from tasks.outcome import stated


def challenge_champion(config: TrainingConfig, ref: DatasetRef, version: str, by: str | None = None) -> Decision:
    """As the library's function of that name, in a process of its own."""
    result: Decision = run_apart("bakeoff.challenge:challenge_champion", config, ref, version, by)
    return result


promote = task(name="promote", task_run_name="meet the champion", cache_policy=NO_CACHE)(stated(challenge_champion))
