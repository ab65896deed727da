"""Prefect's Dask runner, which ends task runs that the cluster has lost.

Prefect's own future ignores an error of Dask's, such as for a worker that died, and returns the state on the server,
which stays Running for ever.
"""

import contextlib
import sys
from typing import Any

import cloudpickle
import httpx
from distributed import KilledWorker
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed
from prefect_dask.task_runners import DaskTaskRunner, PrefectDaskFuture

from bakeoff.errors import describe
from bakeoff.formatting import format_count
from tasks.runs.states import LOST


def send_flow() -> None:
    """Let tasks carry the current flow's module with them: Prefect has loaded it under a name that no worker knows."""
    if (context := FlowRunContext.get()) and context.flow:
        cloudpickle.register_pickle_by_value(sys.modules[context.flow.fn.__module__])


class DaskRunner(DaskTaskRunner):
    """The runner of tasks on a Dask cluster, which returns `DaskFuture`s."""

    def submit(self, *args: Any, **kwargs: Any) -> "DaskFuture":  # type: ignore[override]  # as its superclass
        """Submit a task as Prefect's runner does."""
        future = super().submit(*args, **kwargs)
        return DaskFuture(task_run_id=future.task_run_id, wrapped_future=future.wrapped_future)


class DaskFuture(PrefectDaskFuture[Any]):
    """A future that sets its task run to Crashed, with the reason, if Dask has given the task up."""

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the task run to end."""
        super().wait(timeout)
        if self._final_state is None and self._wrapped_future.status in ("error", "cancelled", "lost"):
            error = self._wrapped_future.exception()  # type: ignore[no-untyped-call]  # Dask is not typed
            name = "Crashed" if isinstance(error, KilledWorker) else LOST  # only the former may be the step's doing
            self._final_state = Crashed(name=name, message=describe_loss(error, "its step"))
            # ObjectNotFound: the worker died before it had reported the run to the server.
            with contextlib.suppress(httpx.HTTPError, ObjectNotFound), get_client(sync_client=True) as client:
                client.set_task_run_state(self.task_run_id, self._final_state, force=True)


def describe_loss(error: BaseException | None, what: str) -> str:
    """Describe in one line why Dask has no result.

    Args:
        error: Dask's error; None if it was cancelled.
        what: what it was to do.
    """
    if error is None:
        return f"the Dask cluster has lost {what}: its scheduler was stopped, or can no longer be reached"
    if isinstance(error, KilledWorker):
        deaths = format_count(error.allowed_failures + 1, "worker")
        return f"Dask gave {what} up after {deaths} died at it, the last at {error.last_worker.address}"
    return f"the Dask cluster could not run {what}: {describe(error)}"
