"""Score a table with a saved version, and show how far it is."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import PredictionConfig
from bakeoff.prediction.predict import ScoredTable, score_table
from bakeoff.runtime.threads import limit_openmp_threads
from bakeoff.store.load import VersionRef
from tasks.runs.progress import PredictionProgress
from tasks.runs.states import failed_state_on_error

P = ParamSpec("P")
R = TypeVar("R")


def score_and_show(config: PredictionConfig, ref: VersionRef, folder: Path) -> ScoredTable:
    """Score the table, with its progress on Prefect's pages."""
    return score_table(config, ref, folder, PredictionProgress(ref.name))


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Hold the worker thread that runs the function to itself."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        limit_openmp_threads()
        return function(*args, **kwargs)

    return run


predict = task(name="predict", task_run_name="predict with {ref.version}", cache_policy=NO_CACHE)(
    failed_state_on_error(one_thread(score_and_show))
)
