"""Task runs whose Dask worker dies have an end."""

import contextlib
import os
import time
import uuid
from types import SimpleNamespace
from unittest import mock

import pytest
from distributed import KilledWorker, LocalCluster
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.context import get_run_context
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Crashed
from prefect.task_runners import ThreadPoolTaskRunner

from bakeoff.errors import StepLostError
from tasks.runs import dask_runner
from tasks.runs.contestant_run import ContestantRun
from tasks.runs.dask import RaceRunner
from tasks.runs.dask_runner import DaskRunner
from tasks.runs.states import LOST, TaskEnd, end_of, failed_state_on_error
from tasks.runs.steps import upstream

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("default"),  # Prefect's and Dask's own
    pytest.mark.xdist_group("flows"),
]

DIED = KilledWorker("fit", SimpleNamespace(address="tcp://there:1"), 3)


@pytest.fixture
def cluster():
    """A scheduler that gives a task up at the first death of its worker, and one worker with a nanny."""
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
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


def test_a_step_that_the_cluster_has_lost_says_nothing_of_its_contestant():
    """The race ends, to be run again with what was finished, rather than without the contestant."""
    done = SimpleNamespace(state=Completed(), wait=lambda: None, result=lambda **_: 0.5)
    lost = SimpleNamespace(state=Crashed(name=LOST, message="the cluster has lost its step"), wait=lambda: None)
    assert end_of(lost) == TaskEnd(reason="the cluster has lost its step", is_lost=True)
    with pytest.raises(StepLostError, match="^svm: the cluster has lost its step; what was finished is kept"):
        ContestantRun([done, lost], done, done, done).scorecard(SimpleNamespace(name="svm"), None)


@pytest.mark.parametrize(("error", "name"), [(None, LOST), (RuntimeError("no such module"), LOST), (DIED, "Crashed")])
def test_only_a_step_at_which_workers_died_may_be_its_own_doing(monkeypatch, error, name):
    """Such as one that takes more memory than there is; everything else is the cluster's."""
    monkeypatch.setattr(dask_runner.PrefectDaskFuture, "wait", lambda self, timeout: None)
    monkeypatch.setattr(dask_runner, "get_client", lambda **_: contextlib.nullcontext(mock.Mock()))
    future = dask_runner.DaskFuture(uuid.uuid4(), SimpleNamespace(status="error", exception=lambda: error))
    future.wait()
    assert name == future._final_state.name
