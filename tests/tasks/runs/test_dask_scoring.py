"""What a Dask cluster can't score is one line."""

import os
import threading
from concurrent.futures import CancelledError
from types import SimpleNamespace

import pytest
from distributed import Client, LocalCluster

from bakeoff.config import PredictionConfig
from bakeoff.errors import ClusterError, ConfigError
from bakeoff.runtime.threads import map_in_order
from tasks.runs import dask_scoring
from tasks.runs.dask import count_threads
from tasks.runs.dask_scoring import scoring_cluster

pytestmark = pytest.mark.filterwarnings("default")  # Dask's own


def config(cluster, folder):
    return PredictionConfig(runner="dask", dask={"address": cluster.scheduler_address}, store=folder)


@pytest.fixture(scope="module")
def cluster():
    """A scheduler that gives a chunk up at the first death of its worker, and one worker with a nanny."""
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        cluster.scheduler.allowed_failures = 0
        yield cluster


def test_without_a_cluster_nothing_is_scored_elsewhere():
    with scoring_cluster(PredictionConfig()) as elsewhere:
        assert elsewhere is None


def test_a_cluster_without_workers_is_refused(tmp_path, monkeypatch):
    """Unless one comes in time, as it does where one that died is started again."""
    with LocalCluster(n_workers=0, threads_per_worker=3, dashboard_address=":0") as empty:
        line = rf"^the Dask cluster at {empty.scheduler_address} has no workers; start one"
        with monkeypatch.context() as patch:
            patch.setattr("tasks.runs.dask.SECONDS_FOR_WORKERS", 0.1)
            with pytest.raises(ConfigError, match=line), scoring_cluster(config(empty, tmp_path)):
                pass
        later = threading.Timer(0.5, empty.scale, [1])
        later.start()
        with Client(empty.scheduler_address, set_as_default=False) as client:
            assert 3 == count_threads(client, empty.scheduler_address)
        later.join()


def test_a_worker_that_sees_no_store_is_named(cluster, tmp_path):
    """Before anything is scored."""
    line = rf"^the Dask worker at tcp://\S+ doesn't see '{tmp_path}/no-store'; workers need store and input"
    with pytest.raises(ConfigError, match=line), scoring_cluster(config(cluster, tmp_path / "no-store")):
        pass


def scored_by(monkeypatch, score, items):
    """Let the cluster do something else than score chunks."""
    monkeypatch.setattr(
        dask_scoring,
        "score_elsewhere",
        lambda config, pool, ahead, *_: map_in_order(pool, score, items, ahead),
    )


def test_results_come_in_order(cluster, tmp_path, monkeypatch):
    scored_by(monkeypatch, abs, range(-9, 0))
    with scoring_cluster(config(cluster, tmp_path)) as elsewhere:
        assert [*range(9, 0, -1)] == list(elsewhere(None, None))


def test_a_chunk_that_kills_its_workers_is_given_up(cluster, tmp_path, monkeypatch):
    """With what was the matter, and what to do."""
    scored_by(monkeypatch, os._exit, [1])
    line = r"^Dask gave a chunk up after 1 worker died at it, the last at tcp://\S+; what was scored before is kept"
    with pytest.raises(ClusterError, match=line), scoring_cluster(config(cluster, tmp_path)) as elsewhere:
        list(elsewhere(None, None))


def test_a_scheduler_that_is_gone_is_named(monkeypatch):
    """Dask cancels what it was to do."""

    def lose(*_):
        raise CancelledError

    monkeypatch.setattr(dask_scoring, "score_elsewhere", lose)
    client = SimpleNamespace(get_executor=lambda **_: None)
    with pytest.raises(ClusterError, match=r"^the Dask cluster has lost a chunk: its scheduler was stopped"):
        list(dask_scoring._score(PredictionConfig(), client, 1, "run", None, None))
