"""Draw the pictures of the report, while the version is exported."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import run_apart
from bakeoff.canvas import Picture
from bakeoff.config import TrainingConfig
from bakeoff.handover import DatasetRef, Selection
from bakeoff.leaderboard import Scorecard
from tasks.outcome import stated

PROCESSES = 2


def draw_pictures(
    config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard], selection: Selection, folder: Path
) -> Path:
    """Draw them in two processes, each every other one; returns their file, for `read_pictures`."""

    def part(first: int) -> dict[str, Picture]:
        share = slice(first, None, PROCESSES)
        step = "bakeoff.reporting:draw_pictures"
        drawn: dict[str, Picture] = run_apart(step, config, ref, scorecards, selection, share, fresh=True)
        return drawn

    with ThreadPoolExecutor(PROCESSES) as pool:
        drawn = [picture for several in pool.map(part, range(PROCESSES)) for picture in several.values()]
    path = folder / "pictures.json"
    path.write_text(json.dumps(drawn), encoding="utf-8")  # Prefect would look through every one of them
    return path


def read_pictures(path: Path) -> dict[str, Picture]:
    """The pictures by name."""
    return {name: Picture(name, *rest) for name, *rest in json.loads(path.read_text(encoding="utf-8"))}


draw = task(name="draw", task_run_name="draw the report", cache_policy=NO_CACHE)(stated(draw_pictures))
