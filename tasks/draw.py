"""Draw the pictures of the report, while the version is exported."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import run_apart
from bakeoff.config import TrainingConfig
from bakeoff.handover import DatasetRef, Selection
from bakeoff.leaderboard import Scorecard
from tasks.outcome import stated


def draw_pictures(
    config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard], selection: Selection, folder: Path
) -> Path:
    """As the library's function of that name, in a process of its own."""
    result: Path = run_apart("bakeoff.reporting:draw_pictures", config, ref, scorecards, selection, folder)
    return result


draw = task(name="draw", task_run_name="draw the report", cache_policy=NO_CACHE)(stated(draw_pictures))
