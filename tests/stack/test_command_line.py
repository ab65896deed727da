"""`python -m flows.training` and `python -m flows.prediction` as whole processes, with their embedded server."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bakeoff.runtime.workspace import KEPT
from flows.local.server import ServerError, wait_for_server

ROOT = Path(__file__).parents[2]
REFERENCE = {  # to four decimals: the fold scores, the test accuracy
    "logistic_regression": ([0.9921, 0.9914, 0.9929, 0.9929, 0.9921], 0.9930),
    "svm": ([0.9921, 0.9921, 0.9921, 0.9929, 0.9943], 0.9930),
    "random_forest": ([0.9907, 0.9907, 0.9893, 0.9914, 0.9929], 0.9915),
}
VALIDATION = 0.9899  # the winner's accuracy


@pytest.fixture(scope="module")
def home(tmp_path_factory, migrated):
    """A Prefect home of these processes' own."""
    return shutil.copytree(migrated, tmp_path_factory.mktemp("home"), dirs_exist_ok=True)


def environment(home):
    """Of a person without Prefect settings of their own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    return kept | {"PREFECT_HOME": str(home)}


@pytest.fixture
def run(home, tmp_path):
    """Run a flow's command; returns its status, output and errors."""

    def command(flow, *arguments):
        process = subprocess.run(
            [sys.executable, "-m", f"flows.{flow}", "--store", str(tmp_path / "models"), *arguments],
            check=False, capture_output=True, text=True, timeout=300, cwd=ROOT, env=environment(home),
        )  # fmt: skip
        return process.returncode, process.stdout, process.stderr

    return command


def start(home, *arguments):
    """Start a training run and leave it running."""
    return subprocess.Popen(
        [sys.executable, "-m", "flows.training", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment(home),
    )  # fmt: skip


def children(process):
    """The process ids of what it started: its embedded server."""
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


def survivors(pids, seconds=60):
    """Which of the processes are still there after a while."""
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def workspace(tmp_path):
    return "--workspace", str(tmp_path / "work")


def count_recorded(home):
    """How many task runs of each state, and how many log lines, the servers of a Prefect home have recorded."""
    if not (home / "prefect.db").exists():
        return Counter(), 0
    with sqlite3.connect(home / "prefect.db") as database:
        states = database.execute("select state_type, count(*) from task_run group by 1").fetchall()
        (logs,) = database.execute("select count(*) from log").fetchone()
    return Counter(dict(states)), logs


def test_the_reference_result(run, home, tmp_path):
    """Fifteen fold scores and the test accuracies to four decimals; then the winner on its validation rows."""
    before, logs_before = count_recorded(home)
    status, out, err = run("training", "--config", "examples/seed.yaml", *workspace(tmp_path))
    assert 0 == status, err
    assert "Traceback" not in out + err
    card = json.loads((Path(out.splitlines()[-1]) / "card.json").read_text())
    assert {
        name: ([round(score, 4) for score in line["cv_scores"]], round(line["test"]["accuracy"], 4))
        for name, line in card["classifiers"].items()
    } == REFERENCE
    assert {"train": 7000, "test": 2010, "validation": 990} == card["rows"]
    tie = "SVM leads by 0.0004 (6 rows against 3, p = 0.34): indistinguishable; logistic regression is simpler and wins"
    assert ("logistic_regression", "svm", tie) == (
        card["classifier"],
        card["selection"]["leader"],
        card["selection"]["why"],
    )
    assert (
        f"{tie}.\nAccuracy 0.9930 on 2,010 test rows, 95 % interval 0.9883 to 0.9958: this model, on rows like these.\n"
        in out
    )
    status, out, err = run("prediction", "--output", str(tmp_path / "out"))
    assert 0 == status, err
    assert "Traceback" not in out + err
    assert "WARNING" not in err
    assert str(tmp_path / "out") == out.splitlines()[-1]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert VALIDATION == round(summary["evaluation"]["accuracy"], 4)
    # Nothing of what the runs told their server was lost when it ended with them.
    states, logs = count_recorded(home)
    assert {"COMPLETED": 30 + 3} == states - before
    assert logs - logs_before >= 24


def test_all_contestants_failing_ends_with_1(run, tmp_path):
    """With one line of reasons, and no traceback."""
    flags = ["--dataset.n_samples", "300", "--classifiers", '{"svm": {"C": -1}}', *workspace(tmp_path)]
    status, out, err = run("training", *flags)
    assert (1, "") == (status, out)
    assert err.splitlines()[-1].startswith("training: all contestants failed: svm: ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("flow", "flags", "sentence"),
    [
        ("training", ["--nonsense", "1"], "unrecognized arguments: --nonsense 1"),
        ("training", ["--dataset.n_samples", "3"], "dataset.n_samples is 3"),
        ("training", ["--store", "README.md/models"], "'README.md' is a file"),
        (
            "training",
            ["--dataset.source", "file", "--dataset.path", "CSV", "--dataset.target", "y"],
            "no column to learn",
        ),
        ("prediction", [], "train first"),
        ("prediction", ["--format", "xml"], "format is xml"),
    ],
)
def test_a_users_mistake_ends_with_2_one_line_and_nothing_written(run, tmp_path, flow, flags, sentence):
    """Before the flow is entered, so that it costs seconds; one mistake of each kind."""
    path = tmp_path / "rows.csv"
    path.write_text("a,y\n" + "1,u\n" * 30)
    status, out, err = run(flow, *(str(path) if flag == "CSV" else flag for flag in flags))
    assert (2, "", 1) == (status, out, err.count("\n")), err
    assert sentence in err
    assert [path] == list(tmp_path.iterdir())


def test_help_shows_every_field_with_its_description(run):
    """Quickly, since nothing is started for it."""
    status, out, _ = run("training", "--help")
    assert 0 == status
    for text in ("--dataset.n-samples", "--split.test-size", "number of rows", "default: 10000"):
        assert text in out


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_in_seconds_and_leaves_nothing(home, tmp_path, sign):
    """One line, status 1, no folder, no server; fits that still run are not waited for."""
    flags = ["--store", str(tmp_path / "models"), "--dataset.n_samples", "60000", *workspace(tmp_path)]
    process = start(home, *flags)
    for line in process.stderr:
        if "rows from the generator" in line:
            break
    servers = children(process)
    process.send_signal(sign)
    out, err = process.communicate(timeout=60)
    assert (1, "") == (process.returncode, out), err
    said = "training: interrupted; run the same command again to continue"
    assert [said] == [line for line in err.splitlines() if "| INFO" not in line]
    assert {KEPT} >= {path.name for path in (tmp_path / "work").iterdir()}
    assert not (tmp_path / "models").exists()
    assert 2 == len(servers)  # Prefect's, and the one that steps are forked from
    assert [] == survivors(servers)
    with sqlite3.connect(home / "prefect.db") as database:
        states = "select type, message from flow_run_state where type = 'CANCELLED' order by timestamp desc limit 1"
        state = database.execute(states).fetchone()
    assert ("CANCELLED", f"interrupted by {'Ctrl-C' if sign == signal.SIGINT else 'SIGTERM'}") == state


def test_the_servers_end_with_a_run_that_was_killed(home, tmp_path):
    """SIGKILL leaves no time for anything; the servers see that their parent is gone."""
    process = start(home, "--store", str(tmp_path / "models"), *workspace(tmp_path))
    assert "Prefect's embedded server is coming up\n" == process.stderr.readline()
    servers = children(process)
    process.kill()
    process.communicate()
    assert 2 == len(servers)
    assert [] == survivors(servers)


def test_a_server_that_does_not_answer_is_named():
    """With the address and the way out, in one line."""
    with pytest.raises(ServerError, match="no Prefect server answers at http://127.0.0.1:9/api; start it, or unset"):
        wait_for_server("http://127.0.0.1:9/api", seconds=0.2)
