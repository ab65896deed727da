"""Task runs whose Dask worker dies have an end."""

import contextlib
import os
import time

import pytest
from distributed import LocalCluster
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.context import get_run_context
from prefect.exceptions import ObjectNotFound
from prefect.task_runners import ThreadPoolTaskRunner

from tasks.runs.dask import RaceRunner
from tasks.runs.dask_runner import DaskRunner
from tasks.runs.states import TaskEnd, end_of, failed_state_on_error
from tasks.runs.steps import upstream

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("default"),  # Prefect's and Dask's own
    pytest.mark.xdist_group("flows"),
]


@pytest.fixture
def cluster():
    """A scheduler that gives a task up at the first death of its worker, and one worker with a nanny."""
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        cluster.scheduler.allowed_failures = 0
        yield cluster


@task
def die():
    """End the worker when the server has the run: states are sent in the background."""
    run = get_run_context().task_run.id
    with get_client(sync_client=True) as client:
        while True:
            with contextlib.suppress(ObjectNotFound):
                client.read_task_run(run)
                os._exit(1)
            time.sleep(0.1)


@task
def live():
    return "done"


@task
@failed_state_on_error
def follow(before):
    return before


@flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
def race(address):
    """One task on the cluster, one in a thread that needs it, another one on the cluster.

    Returns all ends, and the state that the server has of the first.
    """
    with DaskRunner(address=address) as runner:
        on_cluster = RaceRunner(1, None, runner).submitting
        with on_cluster():
            lost = die.submit()
        ends = [end_of(lost), end_of(follow.submit(upstream(lost)))]
        with on_cluster():
            ends.append(end_of(live.submit()))
        with get_client(sync_client=True) as client:
            state = client.read_task_run(lost.task_run_id).state
    return *ends, state


def test_a_task_whose_worker_dies_has_crashed_and_the_next_one_runs(cluster):
    """With the reason rather than Running for ever; what needs its result does not run."""
    lost, follows, other, state = race(cluster.scheduler_address)
    assert lost.reason.startswith("Dask gave its step up after 1 worker died at it, the last at tcp://127.0.0.1:")
    assert "did not reach a 'COMPLETED' state" in follows.reason
    assert TaskEnd("done") == other
    assert ("Crashed", lost.reason) == (state.name, state.message)
