"""Versions on a real MLflow server, scored there in an environment in which Bakeoff is not installed."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
from importlib.metadata import distribution
from pathlib import Path

import httpx
import pandas as pd
import pytest
from prefect_stack import PATIENCE, ROOT, end, eventually

from bakeoff.cli.main import main
from bakeoff.store.load import load_model
from bakeoff.store.model_store import ModelStore

BIN = ROOT / ".venv-mlflow" / "bin"

# What a service does that has MLflow and the model's requirements, and not Bakeoff.
SCORE = """
import importlib.util, json, sys
assert importlib.util.find_spec("bakeoff") is None
import mlflow, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
rows = pd.read_parquet(sys.argv[2])
both = model.predict(rows, params={"probabilities": True})
print(json.dumps({
    "classes": model.predict(rows).tolist(),
    "probabilities": both.filter(like="probability_").to_numpy().tolist(),
    "signature": [column["name"] for column in json.loads(model.metadata.signature.to_dict()["inputs"])],
    "example": model.metadata.saved_input_example_info is not None,
}))
"""


def plain(**more):
    """An environment without what would point a command elsewhere."""
    here = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHON"))}
    return {**here, "MLFLOW_DISABLE_TELEMETRY": "true", **more}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an MLflow server with a database and a folder of artifacts."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [BIN / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", folder / "artifacts"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=plain(), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"

    def answers():
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{url}/health").is_success

    try:
        assert eventually(answers, seconds=PATIENCE), (folder / "log").read_text()
        yield url
    finally:
        end(process)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of two versions of the default race's smaller kin, the first of them champion."""
    folder = tmp_path_factory.mktemp("store") / "models"
    rows = ["--dataset.n-samples", "300", "--classifiers", '{"logistic_regression": {}}', "--name", "orders"]
    for seed in ("1", "2"):
        assert 0 == main(["train", *rows, "--dataset.random-state", seed, "--store", str(folder), "--quiet"])
    found = ModelStore(folder, "orders")
    found.promote(found.versions()[0], "for the test")
    return found


@pytest.fixture
def log(server, store, tmp_path):
    """Run `bakeoff mlflow` where Bakeoff and MLflow's client are; returns status, output as JSON, and errors."""
    installed = Path(distribution("bakeoff").locate_file("."))
    (info,) = installed.glob("bakeoff-*.dist-info")
    shutil.copytree(info, tmp_path / info.name)

    def command(version, uri=server):
        arguments = ["mlflow", version, "--name", "orders", "--store", str(store.root), "--tracking-uri", uri, "--json"]
        done = subprocess.run(
            [BIN / "python", "-m", "bakeoff.cli", *arguments],
            check=False,
            cwd=tmp_path,
            env=plain(PYTHONPATH=f"{ROOT / 'src'}:{tmp_path}"),
            capture_output=True,
            text=True,
        )
        return done.returncode, json.loads(done.stdout or "null"), done.stderr

    return command


@pytest.fixture
def ask(server):
    """Ask the server's API."""

    def get(path, **query):
        return httpx.get(f"{server}/api/2.0/mlflow/{path}", params=query).raise_for_status().json()

    return get


def champion_there(ask):
    """The number of the registered version that has the alias."""
    return ask("registered-models/alias", name="orders", alias="champion")["model_version"]["version"]


def test_the_champion_is_scored_there_as_here(server, store, log, ask, tmp_path):
    """It is registered with its figures, report, signature and example, once however often it is logged."""
    first, second = store.versions()
    status, logged, errors = log("champion")
    assert (0, "") == (status, errors)
    assert (first, True, True) == (logged["version"], logged["is_champion"], logged["is_new"])
    assert (0, {**logged, "is_new": False}, "") == log("champion")
    run = ask("runs/get", run_id=logged["run_id"])["run"]
    card = store.card(first)
    kept = {each["key"]: each["value"] for each in run["data"]["metrics"]}
    assert card.winner.cv_mean == pytest.approx(kept["cv_mean"])
    assert "300" == {each["key"]: each["value"] for each in run["data"]["params"]}["dataset.n_samples"]
    files = {each["path"] for each in ask("artifacts/list", run_id=logged["run_id"])["files"]}
    assert {"report.html", "leaderboard.csv", "card.json"} <= files
    assert (0, False) == (log(second)[0], log(second)[1]["is_champion"])
    assert "1" == champion_there(ask)
    store.promote(second, "for the test")
    assert log("champion")[1]["is_champion"]
    assert "2" == champion_there(ask)

    rows = pd.read_parquet(store.folder / second / "validation.parquet").drop(columns=card.target)
    rows.to_parquet(tmp_path / "rows.parquet")
    scored = subprocess.run(
        [BIN / "python", "-c", SCORE, "models:/orders@champion", tmp_path / "rows.parquet"],
        check=False,
        cwd=tmp_path,
        env=plain(MLFLOW_TRACKING_URI=server),
        capture_output=True,
        text=True,
    )
    assert 0 == scored.returncode, scored.stderr
    there, here = json.loads(scored.stdout), load_model(store, second)
    assert here.predict(rows).tolist() == there["classes"]
    assert here.predict_proba(rows).tolist() == there["probabilities"]
    assert [feature.name for feature in card.features] == there["signature"]
    assert there["example"]


def test_no_server_is_one_line(log, store):
    """Within seconds, and with exit status 1."""
    status, _, errors = log(store.versions()[0], "http://127.0.0.1:9")
    assert 1 == status
    assert "bakeoff: no MLflow server answers at http://127.0.0.1:9: start it, or give another address\n" == errors
