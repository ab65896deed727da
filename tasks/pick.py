"""Pick the winner of the race."""

from collections.abc import Sequence

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.training.leaderboard import Scorecard
from bakeoff.training.results import Selection
from tasks.runs.steps import step


@step("bakeoff.training.pick:pick_winner", name="pick", run_name="pick the winner")
def pick(config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard]) -> Selection:
    """Return the winner, with the comparisons that decided it."""
