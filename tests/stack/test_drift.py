"""Drift starts a retraining; the next prediction is the new champion's, and nobody has touched anything."""

import json
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from prefect_stack import ROOT, eventually

from bakeoff.store.model_store import ModelStore
from deployments.automations import retrain_on_drift

RACE = {"classifiers": {"logistic_regression": {}}}
WAIT_SECONDS = 4  # what an automation that would act has certainly done by then


def emit(stack, store, name="classifier", verdict="drifted", champion="true"):
    """The event of a prediction."""
    event = {
        "event": "bakeoff.drift", "id": str(uuid4()), "occurred": datetime.now(UTC).isoformat(),
        "resource": {
            "prefect.resource.id": f"bakeoff.model.{name}", "bakeoff.store": str(store),
            "bakeoff.verdict": verdict, "bakeoff.champion": champion,
        },
        "payload": {"model": name, "version": "v1", "rows": 2000, "verdict": verdict, "columns": ["fee", "visits"]},
    }  # fmt: skip
    stack._send("POST", "events", [event])


def retrain(stack, deployment, store, seconds):
    """Register the automation for a deployment; returns nothing."""
    automation = retrain_on_drift(
        "classifier", store, deployment["id"], f"training/{deployment['name']}", timedelta(seconds=seconds)
    )
    stack.ask("automations/", **automation.model_dump(mode="json"))
    time.sleep(2)  # the server reads its automations anew


def rows(seed, drifted=False, n=2000):
    """Rows of which one column decides; after the drift its unit is another and its meaning turned around."""
    X = np.random.default_rng(seed).normal(size=(n, 3))
    y = np.where(X[:, 0] + 0.3 * X[:, 1] > 0, "yes", "no")
    frame = pd.DataFrame(X, columns=["fee", "visits", "age"]).assign(churned=y)
    return frame.assign(fee=3 - frame.fee) if drifted else frame


def test_drift_of_a_model_runs_its_deployment_once(stack):
    """Not on `watch`, nor for another model, store or an older version; the run has the deployment's own config."""
    store, nightly = ROOT / "models", stack.deployment("nightly")
    others = {"verdict": "watch"}, {"name": "orders"}, {"store": "/elsewhere/models"}, {"champion": "false"}
    for event in others:
        emit(stack, **{"store": store, **event})
    time.sleep(WAIT_SECONDS)
    assert [] == asked(stack, nightly)
    emit(stack, store)
    assert eventually(lambda: asked(stack, nightly))
    emit(stack, store)
    time.sleep(WAIT_SECONDS)
    (run,) = asked(stack, nightly)
    stack.drop(f"flow_runs/{run['id']}")  # no worker of another test shall train here
    assert ("AUTOMATION", {}) == (run["created_by"]["type"], run["parameters"])


def asked(stack, deployment):
    """The deployment's runs that no schedule made."""
    return [run for run in stack.runs(deployment) if not run["auto_scheduled"]]


def test_a_person_is_told_of_drift_and_of_a_new_champion(stack, webhook, copy_of_nightly, tmp_path):
    """One message each; another event of the same model on the same day makes none."""
    url, heard = webhook
    assert 0 == stack.run("deployments.register", BAKEOFF_WEBHOOK_URL=url).returncode
    for _ in range(2):
        emit(stack, "/elsewhere/models")
    assert eventually(lambda: heard)
    time.sleep(WAIT_SECONDS)
    told = "Bakeoff: the rows of classifier have drifted\n2000 rows, version v1; most changed: fee, visits"
    assert [told] == [message["text"] for message in heard]
    deployment = copy_of_nightly("told", {"n_samples": 300})
    stack.start_worker()
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"] | RACE)
    assert eventually(lambda: "COMPLETED" == stack.state(run)["type"])
    assert eventually(lambda: 2 == len(heard))
    champion = ModelStore(tmp_path / "models", "classifier").champion()
    assert (
        f"Bakeoff: classifier has a new champion\n{champion} replaces nothing: the first version of this name"
    ) == heard[1]["text"]


def test_a_second_run_within_the_cooldown_ends_before_it_trains(stack, copy_of_nightly, tmp_path):
    """Prefect counts its time in windows, and may act at the end of one and at the beginning of the next."""
    config = {"drift_cooldown": 1, **RACE}
    deployment = copy_of_nightly("cooling", {"n_samples": 300})
    stored = {"config": deployment["parameters"]["config"] | config}
    stack.change(f"deployments/{deployment['id']}", parameters=stored)
    retrain(stack, deployment, tmp_path / "models", seconds=1)
    stack.start_worker()
    emit(stack, tmp_path / "models")
    assert eventually(lambda: stack.runs(deployment, "COMPLETED"))
    emit(stack, tmp_path / "models")
    assert eventually(lambda: stack.runs(deployment, "CANCELLED"))
    first, second = stack.runs(deployment)
    began = datetime.fromisoformat(first["start_time"])
    assert (
        f"drift started a run at {began:%Y-%m-%d %H:%M:%S} UTC already, and starts the next 1 hours later "
        "(drift_cooldown)"
    ) == stack.state(second)["message"]
    assert 1 == len(ModelStore(tmp_path / "models", "classifier").versions())


@pytest.mark.parametrize("held", [False, True])
def test_drift_ends_in_a_prediction_with_the_new_champion(stack, copy_of_nightly, tmp_path, held):
    """Drifted prediction, event, run, promotion, prediction; after a rollback the champion stays, and it is said."""
    store, table = tmp_path / "models", tmp_path / "rows.csv"
    dataset = {"source": "file", "path": str(table), "target": "churned"}
    deployment = copy_of_nightly(f"loop-{held}", dataset)
    config = deployment["parameters"]["config"] | RACE
    stack.change(f"deployments/{deployment['id']}", parameters={"config": config})
    retrain(stack, deployment, store, seconds=3600)
    stack.start_worker()
    for seed in range(1 + held):
        rows(seed).to_csv(table, index=False)
        run = stack.ask_for_run(deployment, **config | {"promotion": {"rule": "always"}})
        assert eventually(lambda run=run: "COMPLETED" == stack.state(run)["type"])
    versions = ModelStore(store, "classifier")
    if held:
        versions.rollback("worse", "ann")
    first = versions.champion()
    drifted = rows(2, drifted=True)
    drifted.to_csv(table, index=False)
    drifted.drop(columns="churned").to_csv(tmp_path / "today.csv", index=False)
    seen, summary = predict(stack, store, tmp_path / "today.csv", tmp_path / "out")
    assert (first, "drifted") == (summary["version"], summary["drift"]["verdict"])
    (event,) = events(stack, "bakeoff.drift", seen)
    assert "fee" == event["payload"]["columns"][0]
    (started,) = eventually(
        lambda: [run for run in stack.runs(deployment, "COMPLETED") if run["created_by"] is not None]
    )
    assert ("AUTOMATION", f"bakeoff: retrain on drift: training/loop-{held}") == (
        started["created_by"]["type"], started["created_by"]["display_value"],
    )  # fmt: skip
    (decided,) = events(stack, "bakeoff.kept" if held else "bakeoff.promoted", started)
    second = versions.versions()[-1]
    payload = decided["payload"]
    assert (first, second, "significant", held) == tuple(
        payload[key] for key in ("champion", "challenger", "rule", "held")
    )
    assert (first if held else second) == versions.champion()
    assert versions.history().entries[-1]["figures"] == payload["figures"]
    assert payload["figures"]["gain_low"] > 0.3
    again, summary = predict(stack, store, table, tmp_path / "out-again")
    assert versions.champion() == summary["version"]
    assert ("drifted" if held else "stable") == summary["drift"]["verdict"]
    print("drifted prediction", seen["id"], "event", event["id"], "run", started["id"], "decision", decided["id"])
    print("champion", first, "challenger", second, "next prediction", again["id"], "with", summary["version"])
    assert held == (summary["evaluation"]["accuracy"] < 0.7)


def predict(stack, store, table, folder):
    """Score a table with the champion; returns the run and its summary."""
    run = stack.ask_for_run(
        stack.deployment("batch"), version="champion", store=str(store), input=str(table), output=str(folder)
    )
    assert eventually(lambda: "COMPLETED" == stack.state(run)["type"]), stack.state(run)
    return run, json.loads((folder / "summary.json").read_text())


def events(stack, name, run):
    """The events of that name that the run sent."""
    related = {"id": [f"prefect.flow-run.{run['id']}"]}
    return eventually(
        lambda: stack.ask("events/filter", filter={"event": {"name": [name]}, "related": related})["events"]
    )
