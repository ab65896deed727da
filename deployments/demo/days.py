"""Run the days of a demonstration through the product's own flows."""

import json
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun

import bakeoff
from bakeoff.config import PredictionConfig
from bakeoff.errors import BakeoffError
from bakeoff.store.model_store import ModelStore
from deployments.demo.config import DemoConfig
from deployments.demo.picture import Day
from deployments.demo.server import serving
from deployments.demo.stream import TARGET, make_day
from flows.prediction import prediction

NAME = "members"
TRAINING = "training/nightly"
APPEAR_SECONDS, END_SECONDS = 30, 180  # until an event has started a run, and until that has ended
COOLDOWN_HOURS = 0.001  # a day of the stream takes seconds


class DemoError(BakeoffError):
    """The demonstration could not be run to its end."""


def run_days(config: DemoConfig, folder: Path, url: str) -> list[Day]:
    """Train a first version, then score day after day; drift alone starts what follows.

    Args:
        folder: the folder for everything that the demonstration writes.
        url: the address for the server.
    """
    logging.getLogger("bakeoff").setLevel(logging.ERROR)  # a line a day says enough
    stream = _Stream(config, folder)
    print("Starting a Prefect server and a worker …", flush=True)
    with serving(folder, url, stream.training), get_client(sync_client=True) as client:
        print("Training the first version …", flush=True)
        stream.label(0)
        deployment = client.read_deployment_by_name(TRAINING)
        _wait_for(client, client.create_flow_run_from_deployment(deployment.id))
        first = bakeoff.load(NAME, store=stream.store)
        return [_run_day(stream, first, client, number) for number in range(1, config.days + 1)]


class _Stream:
    """The files of the stream in a folder."""

    def __init__(self, config: DemoConfig, folder: Path) -> None:
        self.config = config
        self.folder = folder
        self.store = folder / "models"
        self.labelled = folder / "labelled.csv"

    @property
    def training(self) -> dict[str, Any]:
        """The config of the training deployment: the newest day's rows, whose classes are known."""
        return {
            "name": NAME,
            "store": str(self.store),
            "workspace": str(self.folder / "work"),
            "dataset": {"source": "file", "path": str(self.labelled), "target": TARGET},
            "drift_cooldown": COOLDOWN_HOURS,
        }

    def label(self, number: int) -> pd.DataFrame:
        """Put the rows of a day, with their classes, where the next training reads them; returns them."""
        rows = make_day(self.config, number)
        rows.to_csv(self.labelled, index=False)
        return rows


def _run_day(stream: _Stream, first: Any, client: SyncPrefectClient, number: int) -> Day:
    """Score the rows of a day without their classes, and wait for what drift starts."""
    rows = stream.label(number)
    table, output = stream.folder / f"day-{number:02}.csv", stream.folder / f"predictions-{number:02}"
    rows.drop(columns=TARGET).to_csv(table, index=False)
    begin = datetime.now(UTC)
    prediction(PredictionConfig(name=NAME, store=stream.store, input=str(table), output=str(output)))
    summary = json.loads((output / "summary.json").read_text())
    drift, predicted = summary["drift"], pd.read_parquet(output / "predictions.parquet")
    without, _ = first.predict(rows.drop(columns=TARGET))
    retrained = _wait_for_retraining(client, stream, begin) if drift["verdict"] == "drifted" else None
    day = Day(
        number=number,
        accuracy=_accuracy(predicted, rows),
        without=_accuracy(without, rows),
        verdict=drift["verdict"],
        moved=tuple(name for name, column in drift["columns"].items() if column["verdict"] != "stable"),
        version=summary["version"],
        retrained=retrained,
    )
    _print(day)
    return day


def _accuracy(predictions: pd.DataFrame, rows: pd.DataFrame) -> float:
    return float((rows[TARGET].to_numpy()[predictions["row"]] == predictions["prediction"].to_numpy()).mean())


def _print(day: Day) -> None:
    moved = f": {', '.join(day.moved)}" if day.moved else ""
    retrained = f" -> retrained, {day.retrained}" if day.retrained else ""
    print(
        f"day {day.number:>2}  accuracy {day.accuracy:.3f}, without the loop {day.without:.3f}  "
        f"{day.verdict}{moved}{retrained}",
        flush=True,
    )


def _wait_for_retraining(client: SyncPrefectClient, stream: _Stream, begin: datetime) -> str:
    """Wait for the run that the automation starts; returns what became of its version, `promoted` or `kept`."""
    run = _find_run(client, begin)
    _wait_for(client, run)
    entry = ModelStore(stream.store, NAME).history().entries[-1]
    return "promoted" if entry["event"] == "promote" else "kept"


def _find_run(client: SyncPrefectClient, begin: datetime) -> FlowRun:
    deadline = time.monotonic() + APPEAR_SECONDS
    while time.monotonic() < deadline:
        runs = client.read_flow_runs(
            deployment_filter=DeploymentFilter.model_validate({"name": {"any_": [TRAINING.partition("/")[2]]}}),
            flow_run_filter=FlowRunFilter.model_validate(
                {"expected_start_time": {"after_": begin}, "created_by": {"type_": ["AUTOMATION"]}}
            ),
        )
        if runs:
            return runs[0]
        time.sleep(0.5)
    raise DemoError(f"drift was seen, and no training run has begun within {APPEAR_SECONDS} s: see server.log")


def _wait_for(client: SyncPrefectClient, run: FlowRun) -> None:
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        state = client.read_flow_run(run.id).state
        if state and state.is_completed():
            return
        if state and state.is_final():
            raise DemoError(f"the training run has ended as {state.name}: {state.message}")
        time.sleep(0.3)
    raise DemoError(f"the training run has not ended within {END_SECONDS} s: see worker.log")
