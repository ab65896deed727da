"""Run fits and folds in threads of this process, or on the workers of a Dask cluster."""

import contextlib
import logging
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from prefect.context import FlowRunContext
from prefect.task_runners import ThreadPoolTaskRunner

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.errors import AwayError
from bakeoff.runtime.threads import cpu_count
from bakeoff.runtime.transfer import pack, read_folder, write_folder
from bakeoff.runtime.workers import start_fork_server
from bakeoff.runtime.workspace import RunFolder, run_folder
from tasks import PRELOAD
from tasks.runs.dask_memory import require_room
from tasks.runs.logs import follow_library

MOST_THREADS = 1000
SECONDS_FOR_WORKERS = 60  # until the first of them is there; one that died is started again

logger = logging.getLogger("bakeoff.cluster")
_fetching = threading.Lock()


@dataclass(frozen=True)
class RaceRunner:
    """The task runner of fits and folds.

    Attributes:
        workers: the number of steps that run at once.
        run: the run's folder, as it is passed to the steps.
        runner: Prefect's task runner; None for the flow's own.
    """

    workers: int
    run: RunFolder
    runner: Any = None

    @contextlib.contextmanager
    def submitting(self) -> Iterator[None]:
        """Submit the tasks within the block to this runner."""
        context = FlowRunContext.get()
        if self.runner is None or context is None:
            yield
            return
        with context.model_copy(update={"task_runner": self.runner}):
            yield


@dataclass(frozen=True)
class StepInputs:
    """The inputs of a step, with paths on the machine that it runs on.

    Attributes:
        ref: the dataset.
        run: the folder to write to.
        pack_result: converts the step's result to the value that is returned to the flow.
    """

    ref: DatasetRef
    run: RunFolder
    pack_result: Callable[[Any], Any]


@contextlib.contextmanager
def race_runner(config: TrainingConfig, ref: DatasetRef, run: RunFolder) -> Iterator[RaceRunner]:
    """Make the runner of fits and folds; with Dask, connect to the cluster, and send the rows if it can't read them.

    Raises:
        AwayError: the Dask cluster has no workers.
        ConfigError: the rows don't fit one of them.
    """
    if config.dask.address is None:
        if run.deadline is None:
            yield RaceRunner(cpu_count(), run)
            return
        # A step that is paused for a faster one keeps its thread.
        steps = len(config.classifiers) * (1 + config.cross_validation.n_splits)
        threads: Any = ThreadPoolTaskRunner(max_workers=min(steps, MOST_THREADS))
        with threads as runner:
            yield RaceRunner(cpu_count(), run, runner)
        return
    from tasks.runs.dask_runner import DaskRunner, send_flow  # late: the package may be missing

    send_flow()
    with DaskRunner(address=config.dask.address) as runner:
        client = runner.client
        workers = count_threads(client, config.dask.address)
        require_room(ref, client.scheduler_info()["workers"])
        shared = config.dask.workspace == "shared" or (config.dask.workspace == "auto" and _is_shared(client, run))
        logger.info(
            "fits and folds run on %d threads of the Dask cluster at %s; the rows are %s",
            workers,
            config.dask.address,
            "read from the shared workspace" if shared else "sent to the workers",
        )
        if shared:
            yield RaceRunner(workers, run, runner)
            return
        name = f"bakeoff-{uuid4().hex}"
        (sent,) = client.scatter([read_folder(ref.folder)], broadcast=True, hash=False)
        client.publish_dataset(sent, name=name)
        try:
            yield RaceRunner(workers, replace(run, scattered=name), runner)
        finally:
            with contextlib.suppress(Exception):  # the cluster is gone, as the error in the block says
                client.unpublish_dataset(name)
                client.run(_forget, name)


def count_threads(client: Any, address: str) -> int:
    """Return how many threads a Dask cluster's workers have, after waiting for a first worker if there is none.

    Args:
        client: the cluster's client.
        address: the scheduler's address, for the messages.

    Raises:
        AwayError: no worker has come in time.
    """
    if not client.nthreads():
        logger.warning("the Dask cluster at %s has no workers; waiting %d s for one", address, SECONDS_FOR_WORKERS)
    try:
        client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
    except TimeoutError as error:
        raise AwayError(f"the Dask cluster at {address} has no workers; start one, and the run again") from error
    return int(sum(client.nthreads().values()))


@contextlib.contextmanager
def step_inputs(ref: DatasetRef, run: RunFolder) -> Iterator[StepInputs]:
    """Make the inputs of a step on the machine that it runs on, where the rows are received first if necessary."""
    follow_library()  # in a Dask worker nothing else has called it
    start_fork_server(PRELOAD)
    if run.scattered is None:
        yield StepInputs(ref, run, lambda result: result)
        return
    from distributed import get_client, get_worker

    folder = Path(get_worker().local_directory) / run.scattered
    with _fetching:
        if not (folder / "data").exists():
            write_folder(get_client().get_dataset(run.scattered).result(), folder / "data")
    with run_folder(folder) as own:
        yield StepInputs(replace(ref, folder=folder / "data"), own, pack)


def leave_thread() -> Callable[[], None] | None:
    """Return what gives this step's thread of a Dask worker to another step, while this one goes on; None elsewhere."""
    if "distributed.worker" not in sys.modules:
        return None
    from distributed import get_worker, secede

    try:
        get_worker()
    except ValueError:
        return None
    return secede


def _is_shared(client: Any, run: RunFolder) -> bool:
    """Return whether all workers of a Dask cluster see the run's folder."""
    results = client.run(_exists, str(run.path))
    return bool(results) and all(results.values())


def _exists(path: str) -> bool:
    return Path(path).exists()


def _forget(name: str, dask_worker: Any) -> None:
    """Remove the sent rows from a worker; Dask passes the worker by the parameter's name."""
    shutil.rmtree(Path(dask_worker.local_directory) / name, ignore_errors=True)
