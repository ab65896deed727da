"""Show a race on a terminal while it runs: one line per contestant, and the time left."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from bakeoff.classifiers import title
from bakeoff.formatting import format_seconds
from bakeoff.runtime.progress import ContestantProgress, RaceProgress


@contextlib.contextmanager
def live_race() -> Iterator[None]:
    """Show the race of the training flow that runs in the block on standard error, and clear it at the end."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from tasks.runs.progress import race_watcher

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[folds]}", justify="right"),
        TextColumn("{task.fields[score]}", justify="right"),
    )
    console = Console(stderr=True)
    overall = Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn(), console=console
    )
    lanes = Progress(*columns, console=console, expand=True)
    current = overall.add_task("reading the rows", total=None)
    shown: dict[str, object] = {}

    def watch(race: RaceProgress) -> None:
        for name, lane in race.lanes.items():
            if name not in shown:
                shown[name] = lanes.add_task(title(name), total=lane.total, folds="", score="")
            lanes.update(shown[name], completed=lane.done, folds=_folds(lane), score=_score(lane))  # type: ignore[arg-type]  # a TaskID
        overall.update(current, description=_doing(race, race.seconds_left))

    live = Live(Group(lanes, overall), console=console, transient=True, refresh_per_second=8)
    with live, race_watcher(watch), _logging_to(console):
        yield


@contextlib.contextmanager
def _logging_to(console: Any) -> Iterator[None]:
    """Make log handlers that have a console, as Prefect's do, print above the display instead of into it."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    handlers = {handler for logger in loggers for handler in logger.handlers if hasattr(handler, "console")}
    before = {handler: handler.console for handler in handlers}
    for handler in before:
        handler.console = console
    try:
        yield
    finally:
        for handler, console_before in before.items():
            handler.console = console_before


def _folds(lane: ContestantProgress) -> str:
    failed = f", {lane.failed} failed" if lane.failed else ""
    return f"{lane.done} of {lane.total} folds{failed}"


def _score(lane: ContestantProgress) -> str:
    return "" if lane.mean is None else f"{lane.mean:.4f}"


def _doing(race: RaceProgress, left: float | None) -> str:
    if race.done == race.total:
        return "evaluating, choosing, exporting"
    return "racing" if left is None else f"racing, {format_seconds(left)} left"
