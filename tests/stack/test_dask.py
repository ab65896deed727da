"""Races and predictions on a Dask cluster, with its real scheduler and workers."""

import hashlib
import json
import os
import signal
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from distributed import Client
from prefect_stack import descendants, end, eventually, only_version

ROWS = 6_000


COMMON = ("--no-dashboard", "--host", "127.0.0.1")


@pytest.fixture(scope="module")
def scheduler(stack):
    """The address of one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = stack.start("distributed.cli.dask_scheduler", *COMMON, "--port", str(port))
    assert eventually(lambda: answers(port))
    yield f"tcp://127.0.0.1:{port}"
    end(process, signal.SIGKILL)


def answers(port):
    with socket.socket() as probe:
        return 0 == probe.connect_ex(("127.0.0.1", port))


@pytest.fixture(scope="module")
def cluster(stack, scheduler):
    """The scheduler's address, and two workers of one thread each, one of which starts ready."""
    options = (*COMMON, "--nthreads", "1", "--local-directory", str(stack.folder))
    preloads = ((), ("--preload", "tasks.runs.dask_worker"))
    workers = [stack.start("distributed.cli.dask_worker", *options, *preload, scheduler) for preload in preloads]
    assert eventually(lambda: registered(scheduler) == 2)
    yield scheduler, workers
    for process in workers:
        end(process, signal.SIGKILL)


def registered(address):
    with Client(address, set_as_default=False) as client:
        return len(client.scheduler_info()["workers"])


def test_a_worker_that_starts_ready_does_not_look_at_itself(cluster):
    """It has the libraries, and no profiler; the other is as Dask makes it."""

    def seen(dask_worker):
        return "tasks.fit" in sys.modules, "profile" in dask_worker.periodic_callbacks

    with Client(cluster[0], set_as_default=False) as client:
        assert [(False, True), (True, False)] == sorted(client.run(seen).values())


def train(stack, folder, *flags):
    """A process on its own; returns its log and the card."""
    places = ("--store", str(folder / "models"), "--workspace", str(folder / "work"))
    done = stack.run("flows.training", *places, "--dataset.n_samples", str(ROWS), *flags)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stderr, json.loads((Path(done.stdout.splitlines()[-1]) / "card.json").read_text())


def figures(card):
    scores = {name: (line["cv_scores"], line["test"], line["brier"]) for name, line in card["classifiers"].items()}
    return scores, card["data_sha256"], card["files"]["model.joblib"], card["files"]["validation.parquet"]


@pytest.fixture(scope="module")
def by_threads(stack, tmp_path_factory):
    return train(stack, tmp_path_factory.mktemp("threads"))[1]


@pytest.mark.parametrize("workspace", ["auto", "sent"])
def test_a_cluster_gives_what_threads_give(stack, cluster, by_threads, tmp_path, workspace):
    """To the byte of the model; from a shared folder, and with rows and models sent to and fro."""
    log, card = train(stack, tmp_path, "--runner", "dask", "--dask.address", cluster[0], "--dask.workspace", workspace)
    assert figures(by_threads) == figures(card)
    assert "fits and folds run on 2 threads of the Dask cluster" in log
    assert {"auto": "read from the shared workspace", "sent": "sent to the workers"}[workspace] in log
    assert "random forest, fold 5 of 5: accuracy" in "".join(
        line["message"] for line in stack.ask("logs/filter", limit=200, sort="TIMESTAMP_DESC")
    )
    assert [] == list((tmp_path / "work").iterdir())
    assert [] == [path for path in stack.folder.rglob("bakeoff-*") if path.is_dir()]


def test_a_worker_that_is_killed_costs_time_and_nothing_else(stack, cluster, by_threads, tmp_path):
    """Its tasks are done again by the other one, and by whom its nanny starts in its place."""
    address, workers = cluster
    places = ["--store", str(tmp_path / "models"), "--workspace", str(tmp_path / "work")]
    flags = ["--runner", "dask", "--dask.address", address, "--dataset.n_samples", str(ROWS)]
    process = stack.start("flows.training", *places, *flags)
    worker = eventually(lambda: at_work(workers[0].pid), pause=0.02)
    os.kill(worker, signal.SIGKILL)
    assert 0 == process.wait(timeout=120)
    (version,) = [path for path in (tmp_path / "models" / "classifier").iterdir() if path.is_dir()]
    assert figures(by_threads) == figures(json.loads((version / "card.json").read_text()))
    assert worker not in descendants(workers[0].pid)


@pytest.fixture
def impatient(cluster):
    """The cluster, whose scheduler gives a step up at the first death of its worker rather than at the fourth."""
    address, workers = cluster

    def allow(deaths):
        def change(dask_scheduler):
            before, dask_scheduler.allowed_failures = dask_scheduler.allowed_failures, deaths
            return before

        with Client(address, set_as_default=False) as client:
            return client.run_on_scheduler(change)

    before = allow(0)
    yield address, workers
    allow(before)
    assert eventually(lambda: registered(address) == 2)


SLOW_SVM = ("--svm.approximation", "exact", "--dataset.n_samples", "70000", "--dataset.class_sep", "0.3")


def lose_svm(stack, cluster, folder, classifiers):
    """Train, killing each worker that fits an SVM once nothing else is left to do; returns the ended process's log.

    Another step may wait at the worker of the SVM's longest fit: then one more fold of the SVM is still at work.
    """
    address, workers = cluster
    log = stack.folder / "training.log"
    before = log.stat().st_size if log.exists() else 0
    places = ("--store", str(folder / "models"), "--workspace", str(folder / "work"))
    race = (*SLOW_SVM, "--cross_validation.folds", "3", "--classifiers", json.dumps(classifiers))
    other_steps, began = 4 * (len(classifiers) - 1), datetime.now(UTC).isoformat()  # three folds and a fit
    process = stack.start("flows.training", *places, *race, "--runner", "dask", "--dask.address", address)
    while process.poll() is None:
        if others_ended(stack, began) >= other_steps:
            for nanny in workers:
                if worker := at_work(nanny.pid):
                    os.kill(worker, signal.SIGKILL)
        time.sleep(0.5)
    return process.returncode, log.read_bytes()[before:].decode()


def others_ended(stack, began):
    """How many fits and folds of a logistic regression have ended that began later than that.

    What the server hears late of an earlier test is not among them.
    """
    names, ended = {"like_": "logistic_regression"}, {"type": {"any_": ["COMPLETED"]}}
    found = stack.ask("task_runs/filter", task_runs={"name": names, "state": ended, "start_time": {"after_": began}})
    return sum(run["name"].startswith(("cross-validate", "fit")) for run in found)


def test_a_contestant_whose_steps_are_lost_is_out_of_the_race(stack, impatient, tmp_path):
    """With the reason; the version is the other one's."""
    status, log = lose_svm(stack, impatient, tmp_path, {"svm": {}, "logistic_regression": {}})
    assert 0 == status, log
    card = json.loads((only_version(tmp_path) / "card.json").read_text())
    svm, other = card["classifiers"]["svm"], card["classifiers"]["logistic_regression"]
    assert ("failed", "ok") == (svm["status"], other["status"])
    assert svm["reason"].startswith("Dask gave its step up after 1 worker died at it, the last at tcp://127.0.0.1:")


def test_a_race_whose_steps_are_all_lost_has_failed(stack, impatient, tmp_path):
    """With one line that says why, status 1, and no version."""
    status, log = lose_svm(stack, impatient, tmp_path, {"svm": {}})
    last = log.splitlines()[-1]
    assert (1, False) == (status, (tmp_path / "models" / "classifier").exists()), log
    assert last.startswith("training: all contestants failed: svm: Dask gave its step up after 1 worker died")
    assert "Traceback" not in log


@pytest.fixture(scope="module")
def forest(stack, tmp_path_factory):
    """A store with a forest, and a folder of tables with rows that are rejected: eight chunks, each of a second."""
    folder = tmp_path_factory.mktemp("forest")
    classifiers = json.dumps({"random_forest": {"n_estimators": 100}})
    places = ("--store", str(folder / "models"), "--workspace", str(folder / "work"))
    done = stack.run("flows.training", *places, "--dataset.n_samples", str(ROWS), "--classifiers", classifiers)
    assert 0 == done.returncode, done.stdout + done.stderr
    rows = pd.read_parquet(next(folder.glob("models/classifier/*/validation.parquet")))
    rows = rows.sample(200_000, replace=True, random_state=0).reset_index(drop=True)
    (folder / "rows").mkdir()
    rows.iloc[:100_000].to_parquet(folder / "rows" / "a.parquet", row_group_size=50_000)
    rows = rows.iloc[100_000:].astype({rows.columns[0]: object})
    rows.iloc[::1000, 0] = "n/k"
    rows.to_csv(folder / "rows" / "b.csv", index=False)
    return folder


@pytest.fixture
def scoring(stack, cluster, forest, tmp_path):
    """What scores the table on the cluster: module, flags and output."""
    output = tmp_path / "out"
    flags = ["--store", str(forest / "models"), "--input", str(forest / "rows"), "--output", str(output)]
    return ["flows.prediction", *flags, "--runner", "dask", "--dask.address", cluster[0]], output


@pytest.fixture(scope="module")
def scored_here(stack, forest):
    """The files of a run without a cluster."""
    flags = ("--store", str(forest / "models"), "--input", str(forest / "rows"), "--output", str(forest / "here"))
    done = stack.run("flows.prediction", *flags)
    assert 0 == done.returncode, done.stdout + done.stderr
    return contents(forest / "here")


def contents(folder):
    """The digest of each of its files."""
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert {"predictions.parquet", "rejected.parquet", "summary.json", "report.html"} == set(files)
    return files


def test_a_cluster_scores_as_one_process_does(stack, scoring, scored_here):
    """To the byte of predictions, rejected rows, summary and report."""
    command, output = scoring
    done = stack.run(*command)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert scored_here == contents(output)
    assert "chunks are scored on 2 threads of the Dask cluster" in done.stderr


def test_chunks_of_a_killed_worker_are_scored_again(stack, cluster, scoring, scored_here):
    """By the other one, and by whom its nanny starts in its place."""
    command, output = scoring
    with Client(cluster[0], set_as_default=False) as client:
        pids = client.run(os.getpid)
        process = stack.start(*command)
        worker = eventually(lambda: stopped_at_work(client, pids), pause=0.02)
        os.kill(pids[worker], signal.SIGKILL)
        assert 0 == process.wait(timeout=180)
        assert worker not in client.scheduler_info()["workers"]
    assert scored_here == contents(output)
    assert eventually(lambda: registered(cluster[0]) == 2)


def stopped_at_work(client, pids):
    """A worker that has chunks to score and can't go on with them; None if there is none."""
    worker = next((at for at, keys in client.processing().items() if keys), None)
    if worker is None:
        return None
    os.kill(pids[worker], signal.SIGSTOP)
    if client.processing()[worker]:
        return worker
    os.kill(pids[worker], signal.SIGCONT)
    return None


def at_work(nanny):
    """The nanny's worker, if a step runs in a process that was forked from its server."""
    for worker in descendants(nanny):
        for server in descendants(worker):
            if b"bakeoff.runtime.fork_server" in command(server) and descendants(server):
                return worker
    return None


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:  # it ended meanwhile
        return b""


# Behind all others, since it ends the workers.
@pytest.mark.usefixtures("without_predictions")
def test_a_deployments_run_races_on_the_cluster(stack, cluster, copy_of_nightly, tmp_path):
    """Prefect loads its flow's file under a name that the cluster's workers don't know."""
    deployment = copy_of_nightly("on-dask", {"n_samples": 500})
    stack.start_worker()
    run = stack.ask_for_run(deployment, runner="dask", dask={"address": cluster[0]})
    assert eventually(lambda: stack.state(run)["type"] in {"COMPLETED", "FAILED", "CRASHED"})
    assert "COMPLETED" == stack.state(run)["type"], stack.state(run)
    assert only_version(tmp_path)
