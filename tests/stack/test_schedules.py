"""Schedules that are short, a server and a worker that are down, runs that take longer than their period."""

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect_stack import end, eventually

from bakeoff.config import TrainingConfig
from bakeoff.store.model_store import ModelStore

pytestmark = pytest.mark.usefixtures("without_predictions")

PERIOD = 5  # seconds
AHEAD = 20  # seconds, in which the scheduler makes the runs


def schedule(slug, count=1):
    """One that begins soon and ends by itself."""
    begin = datetime.now(UTC) + timedelta(seconds=AHEAD)
    rule = f"DTSTART:{begin:%Y%m%dT%H%M%SZ}\nRRULE:FREQ=SECONDLY;INTERVAL={PERIOD};COUNT={count}"
    return {"slug": slug, "active": True, "schedule": {"rrule": rule, "timezone": "UTC"}}


@pytest.fixture
def scheduled(stack, copy_of_nightly):
    """Makes a deployment like `training/nightly` with a schedule."""

    def make(name, count, dataset, **changes):
        made = copy_of_nightly(name, dataset, schedules=[schedule(name, count)], **changes)
        assert eventually(lambda: count == len(stack.runs(made)))
        return made

    return make


def versions(tmp_path):
    return [path for path in Path(tmp_path / "models" / "classifier").iterdir() if path.is_dir()]


def test_every_scheduled_run_trains_on_rows_of_its_own(stack, scheduled, tmp_path):
    """Its batch is its scheduled second; the challengers meet the champion, and the journal has all decisions."""
    deployment = scheduled("new-rows", 1, {"n_samples": 500})
    stack.start_worker()
    for night in (1, 2, 3):  # one by one: of runs that wait, only the newest trains
        assert eventually(lambda night=night: night == len(stack.runs(deployment, "COMPLETED")))
        if night < 3:
            stack.change(f"deployments/{deployment['id']}", schedules=[schedule(f"new-rows-{night}")])
    due = [int(datetime.fromisoformat(run["expected_start_time"]).timestamp()) for run in stack.runs(deployment)]
    store = ModelStore(tmp_path / "models", "classifier")
    cards = [store.card(version) for version in store.versions()]
    assert due == [card.origin.batch for card in cards] == [card.config["dataset"]["batch"] for card in cards]
    assert 1 == len({card.origin.source for card in cards})
    assert 3 == len({card.data_sha256 for card in cards})
    entries = store.history().entries
    decisions = [entry for entry in entries if "figures" in entry]
    assert ["export", "promote", "export", "export"] == [entry["event"] for entry in entries if entry not in decisions]
    assert [("origin", 100)] * 2 == [
        (entry["figures"]["recognised_by"], entry["figures"]["fresh_rows"]) for entry in decisions
    ]
    assert cards[1].version in decisions[0].values()
    assert cards[2].version in decisions[1].values()


def times(run):
    return datetime.fromisoformat(run["start_time"]), datetime.fromisoformat(run["end_time"])


def test_of_missed_runs_the_newest_trains(stack, scheduled, tmp_path):
    """Server and worker are down for five periods; what a person asked for meanwhile is not superseded."""
    deployment = scheduled("missed", 5, {"n_samples": 300})
    by_hand = stack.ask_for_run(deployment, **deployment["parameters"]["config"] | {"name": "by-hand"})
    end(stack.server)
    time.sleep(AHEAD + 5 * PERIOD)
    stack.start_server()
    worker = stack.start_worker()

    def all_ended():
        return 6 == len(stack.runs(deployment, "COMPLETED", "CANCELLED", "FAILED", "CRASHED"))

    assert eventually(all_ended)
    runs = [run for run in stack.runs(deployment) if run["id"] != by_hand["id"]]
    assert ["CANCELLED"] * 4 + ["COMPLETED"] == [run["state"]["type"] for run in runs]
    newest = datetime.fromisoformat(runs[-1]["expected_start_time"])
    for run in runs[:-1]:
        assert f"superseded by the run scheduled for {newest:%Y-%m-%d %H:%M:%S} UTC" == run["state"]["message"]
    assert "COMPLETED" == stack.state(by_hand)["type"]
    assert 1 == len(versions(tmp_path))
    assert worker.poll() is None


def test_a_run_longer_than_its_period_never_overlaps_the_next(stack, scheduled, tmp_path):
    """Each run waits for the one before; those that newer ones overtook while they waited end as superseded."""
    stack.start_worker()  # it is there when the first run is due
    deployment = scheduled("overlapping", 6, {"n_samples": 20000}, classifiers=None)
    assert eventually(lambda: 6 == len(stack.runs(deployment, "COMPLETED", "CANCELLED", "FAILED")))
    runs = stack.runs(deployment)
    assert {"COMPLETED", "CANCELLED"} >= {run["state"]["type"] for run in runs}
    assert "COMPLETED" == runs[-1]["state"]["type"]
    ran = sorted(times(run) for run in runs if run["run_count"])
    assert len(ran) >= 2
    assert all(before <= begin for (_, before), (begin, _) in itertools.pairwise(ran))
    trained = [run for run in runs if run["state"]["type"] == "COMPLETED"]
    assert len(trained) == len(versions(tmp_path))
    for run, newer in itertools.pairwise(runs):  # where all are due before the first begins, the newest alone trains
        overtaken = run["start_time"] > newer["expected_start_time"]
        assert not (overtaken and run in trained), (run, newer)
    assert any((begin := times(run))[1] - begin[0] > timedelta(seconds=PERIOD) for run in trained)


def test_a_worker_trains(stack, tmp_path):
    """Asked for on the command line: a part of the config is overridden, the rest at the model's defaults."""
    worker = stack.start_worker()
    try:
        config = {"dataset": {"n_samples": 500}, "store": str(tmp_path / "models"), "workspace": str(tmp_path / "work")}
        asked = stack.run("prefect", "deployment", "run", "training/nightly", "--param", f"config={json.dumps(config)}")
        assert 0 == asked.returncode, asked.stderr
        assert eventually(lambda: stack.runs(stack.deployment("nightly"), "COMPLETED"))
        (version,) = [path for path in (tmp_path / "models" / "classifier").iterdir() if path.is_dir()]
        keys = {artifact["key"] for artifact in stack.ask("artifacts/filter")}
        shown = ("leaderboard", "classification-report", "model-card", "cross-validation")
        assert {f"{each}-classifier" for each in shown} <= keys
        card = json.loads((version / "card.json").read_text())
        (run,) = stack.runs(stack.deployment("nightly"), "COMPLETED")
        due = int(datetime.fromisoformat(run["expected_start_time"]).timestamp())
        expected = TrainingConfig().dataset.model_copy(update={"n_samples": 500, "batch": due})
        assert expected.model_dump(mode="json") == card["config"]["dataset"]
        assert due == card["origin"]["batch"]
    finally:
        end(worker)
