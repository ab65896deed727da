"""LightGBM, XGBoost and scikit-learn's gradient boosting in whole runs, by command."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
XGBOOST = '{"boosted": {"class": "xgboost.XGBClassifier", "n_estimators": 20}, "logistic_regression": {}}'


@pytest.fixture(scope="module")
def home(tmp_path_factory, migrated):
    """A Prefect home of these processes' own."""
    return shutil.copytree(migrated, tmp_path_factory.mktemp("home"), dirs_exist_ok=True)


@pytest.fixture
def start(home, tmp_path):
    """Start a flow's command."""

    def command(flow, *arguments, **variables):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
        return subprocess.Popen(
            [sys.executable, "-m", f"flows.{flow}", "--store", str(tmp_path / "models"), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            env=kept | {"PREFECT_HOME": str(home)} | variables,
        )  # fmt: skip

    return command


def finish(process):
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def test_the_example_of_boosting(start, tmp_path):
    """Five contestants finish; nothing that a library prints is among the results."""
    work = ("--workspace", str(tmp_path / "work"))
    status, out, err = finish(start("training", "--config", "examples/boosting.yaml", *work))
    assert 0 == status, err
    assert "[LightGBM]" not in out + err
    card = json.loads((Path(out.splitlines()[-1]) / "card.json").read_text())
    assert {"ok"} == {line["status"] for line in card["classifiers"].values()}
    engines = {name: line["engine"] for name, line in card["classifiers"].items()}
    assert ("lightgbm", "scikit-learn") == (engines["mine"], engines["hist_gradient_boosting"])
    assert "lightgbm" in card["environment"]


def test_xgboost_races_wins_and_predicts_labels_that_are_text(start, tmp_path):
    """With a time budget, for which it is measured."""
    orders = ("--dataset.source", "file", "--dataset.path", "examples/orders.csv", "--dataset.target", "outcome",
              "--dataset.ignore", "order_id,ordered_on")  # fmt: skip
    rule = ("--selection.simplicity", "boosted", "--selection.tie_margin", "1", "--time_budget", "200")
    work = ("--workspace", str(tmp_path / "work"))
    status, out, err = finish(start("training", *orders, *rule, *work, "--classifiers", XGBOOST))
    assert 0 == status, err
    card = json.loads((Path(out.splitlines()[-1]) / "card.json").read_text())
    assert "ok" == card["classifiers"]["boosted"]["status"]
    assert card["classifiers"]["boosted"]["predicted_seconds"] > 0
    assert "xgboost" in card["environment"]
    status, out, err = finish(start("prediction", "--version", "latest", "--output", str(tmp_path / "out")))
    assert 0 == status, err
    found = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert {"prediction", "probability_kept"} <= set(found)
    assert {"kept", "returned", "exchanged"} >= set(found["prediction"])


def test_a_killed_run_goes_on_with_the_folds_that_were_done(start, tmp_path):
    """As for the other contestants."""
    slow = '{"boosted": {"class": "lightgbm.LGBMClassifier", "n_estimators": 300}}'
    arguments = ("training", "--workspace", str(tmp_path / "work"), "--classifiers", slow)
    process = start(*arguments)
    deadline = time.monotonic() + 200
    cached = tmp_path / "work"
    while not [*cached.rglob("boosted-1.npy")] and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    status, out, err = finish(start(*arguments))
    assert 0 == status, err
    assert "taken over from a run that ended early" in err + out


def test_a_class_that_is_not_allowed_ends_in_one_line(start, tmp_path):
    """Before anything is written."""
    status, out, err = finish(start("training", "--classifiers", '{"mine": {"class": "os.system"}}'))
    assert (2, "") == (status, out)
    assert 1 == len(err.splitlines())
    assert "classifiers: mine: class os.system is not allowed" in err
    assert not (tmp_path / "models").exists()
