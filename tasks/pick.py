"""Pick the winner of the race."""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.runtime.processes import run_in_process
from bakeoff.training.leaderboard import Scorecard
from bakeoff.training.results import Selection
from tasks.runs.states import failed_state_on_error


def pick_winner(config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard]) -> Selection:
    """As the library's function of that name, in a process of its own."""
    result: Selection = run_in_process("bakeoff.training.pick:pick_winner", config, ref, scorecards)
    return result


pick = task(name="pick", task_run_name="pick the winner", cache_policy=NO_CACHE)(failed_state_on_error(pick_winner))
