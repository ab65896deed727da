"""Preload of Dask workers (`--preload tasks.runs.dask_worker`), so that the first step need not wait for imports."""

import importlib
from typing import Any

from dask.config import update_defaults

from bakeoff.runtime.workers import start_fork_server
from tasks import PRELOAD

# Imported in advance: the steps import Prefect; chunks are scored in the worker's own process, by scikit-learn.
STEPS = ("tasks.cross_validate", "tasks.fit", "tasks.runs.dask_scoring", "sklearn.ensemble")

# Dask's profiler samples the worker's threads a hundred times a second, which takes 3 % of a core for nothing: the
# threads only wait for the processes of their steps. This sets a default, which the user's own configuration overrides.
update_defaults({"distributed": {"worker": {"profile": {"enabled": False}}}})


def dask_setup(_worker: Any) -> None:
    """Start the fork server, which imports the libraries; Dask calls this function by its name."""
    start_fork_server(PRELOAD)
    for name in STEPS:
        importlib.import_module(name)
