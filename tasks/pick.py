"""Pick the winner of the race."""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import run_apart
from bakeoff.config import TrainingConfig
from bakeoff.handover import DatasetRef, Selection
from bakeoff.leaderboard import Scorecard
from tasks.outcome import stated


def choose_winner(config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard]) -> Selection:
    """As the library's function of that name, in a process of its own."""
    result: Selection = run_apart("bakeoff.choosing:choose_winner", config, ref, scorecards)
    return result


pick = task(name="pick", task_run_name="pick the winner", cache_policy=NO_CACHE)(stated(choose_winner))
