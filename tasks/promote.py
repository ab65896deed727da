"""Let the new version meet the champion, and promote it if it is better."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.runtime.processes import run_in_process
from bakeoff.training.promotion import PromotionDecision
from tasks.runs.states import failed_state_on_error


def promote_if_better(
    config: TrainingConfig, ref: DatasetRef, version: str, by: str | None = None
) -> PromotionDecision:
    """As the library's function of that name, in a process of its own."""
    result: PromotionDecision = run_in_process("bakeoff.training.promote:promote_if_better", config, ref, version, by)
    return result


promote = task(name="promote", task_run_name="meet the champion", cache_policy=NO_CACHE)(
    failed_state_on_error(promote_if_better)
)
