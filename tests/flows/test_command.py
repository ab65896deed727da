"""`python -m flows.training` and `python -m flows.prediction` as whole processes, with their embedded server."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = {  # to four decimals: the fold scores, the test accuracy
    "logistic_regression": ([0.9921, 0.9914, 0.9929, 0.9929, 0.9921], 0.9930),
    "svm": ([0.9921, 0.9921, 0.9921, 0.9929, 0.9943], 0.9930),
    "random_forest": ([0.9907, 0.9907, 0.9893, 0.9914, 0.9929], 0.9915),
}
VALIDATION = {"logistic_regression": 0.9899, "svm": 0.9909, "random_forest": 0.9859}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A Prefect home of these processes' own."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(home, tmp_path):
    """Run a flow's command; returns its status, output and errors."""

    def command(flow, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
        process = subprocess.run(
            [sys.executable, "-m", f"flows.{flow}", "--store", str(tmp_path / "models"), *arguments],
            check=False, capture_output=True, text=True, timeout=300, cwd=ROOT,
            env=environment | {"PREFECT_HOME": str(home)},
        )  # fmt: skip
        return process.returncode, process.stdout, process.stderr

    return command


def workspace(tmp_path):
    return "--workspace", str(tmp_path / "work")


def test_the_reference_result(run, tmp_path, home):
    """Fifteen fold scores and the test accuracies to four decimals; then the winner on its validation rows."""
    status, out, err = run("training", "--config", "examples/seed.yaml", *workspace(tmp_path))
    assert 0 == status, err
    assert "Traceback" not in out + err
    card = json.loads((Path(out.splitlines()[-1]) / "card.json").read_text())
    assert {
        name: ([round(score, 4) for score in line["cv_scores"]], round(line["test"]["accuracy"], 4))
        for name, line in card["classifiers"].items()
    } == REFERENCE
    assert {"train": 7000, "test": 2010, "validation": 990} == card["rows"]
    status, out, err = run("prediction", "--output", str(tmp_path / "out"))
    assert 0 == status, err
    assert "Traceback" not in out + err
    assert str(tmp_path / "out") == out.splitlines()[-1]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert VALIDATION[card["classifier"]] == round(summary["evaluation"]["accuracy"], 4)
    # Nothing of what the runs told their server was lost when it ended with them.
    with sqlite3.connect(home / "prefect.db") as database:
        states = database.execute("select state_type, count(*) from task_run group by 1").fetchall()
        (logs,) = database.execute("select count(*) from log").fetchone()
    assert [("COMPLETED", 25 + 3)] == states
    assert logs >= 24


@pytest.mark.parametrize("classifier", ["logistic_regression", "random_forest"])
def test_the_others_on_the_reference_validation_rows(run, tmp_path, classifier):
    """Each racing alone."""
    alone = json.dumps({classifier: {"max_iter": 1000} if classifier == "logistic_regression" else {}})
    status, _, err = run("training", "--config", "examples/seed.yaml", "--classifiers", alone, *workspace(tmp_path))
    assert 0 == status, err
    run("prediction", "--output", str(tmp_path / "out"))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert VALIDATION[classifier] == round(summary["evaluation"]["accuracy"], 4)


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
        ("training", ["--dataset.source", "file", "--dataset.path", "nope.csv", "--dataset.target", "y"], "no file"),
        ("training", ["--dataset.n_samples", "20"], "can't be split"),
        ("training", ["--store", "README.md/models"], "'README.md' is a file"),
        ("training", ["--workspace", "README.md/work"], "'README.md' is a file"),
        ("prediction", [], "train first"),
        ("prediction", ["--format", "xml"], "format is xml"),
    ],
)
def test_a_users_mistake_ends_with_2_one_line_and_nothing_written(run, tmp_path, flow, flags, sentence):
    """Before the flow is entered, so that it costs seconds."""
    status, out, err = run(flow, *flags)
    assert (2, "", 1) == (status, out, err.count("\n")), err
    assert sentence in err
    assert [] == list(tmp_path.iterdir())


def test_help_shows_every_field_with_its_description(run):
    """Quickly, since nothing is started for it."""
    status, out, _ = run("training", "--help")
    assert 0 == status
    for text in ("--dataset.n_samples", "--split.test_size", "how many rows", "default: 10000"):
        assert text in out
