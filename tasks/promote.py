"""Compare the new version with the champion, and promote it if it is better."""

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.training.results import PromotionDecision
from tasks.runs.steps import step


@step("bakeoff.training.promote:promote_if_better", name="promote", run_name="meet the champion")
def promote(config: TrainingConfig, ref: DatasetRef, version: str, by: str | None = None) -> PromotionDecision:
    """Return the decision: whether the new version was promoted, and why."""
