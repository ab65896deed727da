"""What a Dask worker does as it starts, with `--preload tasks.runs.dask_worker`: what its first step would wait for."""

import importlib
from typing import Any

from dask.config import update_defaults

from bakeoff.runtime.processes import start_fork_server
from tasks import PRELOAD

STEPS = ("tasks.cross_validate", "tasks.fit")  # with Prefect behind them

# Dask looks at its worker's threads a hundred times a second, which takes 3 % of a core; here they wait for the
# processes of their steps. Whoever configured it otherwise has it otherwise.
update_defaults({"distributed": {"worker": {"profile": {"enabled": False}}}})


def dask_setup(_worker: Any) -> None:
    """Start the server of the steps' processes, which imports the libraries; Dask calls this by its name."""
    start_fork_server(PRELOAD)
    for name in STEPS:
        importlib.import_module(name)
