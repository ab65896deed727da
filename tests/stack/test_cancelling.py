"""A run that somebody cancels, deletes or suspends in the UI."""

import logging
import time
from pathlib import Path

import pytest
from prefect_stack import descendants, eventually, only_version

from bakeoff.runtime.workspace import KEPT

pytestmark = pytest.mark.usefixtures("without_predictions")


def test_cancelling_ends_the_process_and_leaves_nothing_behind(stack, copy_of_nightly, tmp_path):
    """What the page's button asks for; nothing is half exported."""
    deployment = copy_of_nightly("cancelled", {"n_samples": 60000}, classifiers=None)
    worker = stack.start_worker()
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"])
    assert eventually(lambda: "RUNNING" == stack.state(run)["type"])
    assert eventually(lambda: list((tmp_path / "work").rglob("*.parquet")))
    processes = descendants(worker.pid)
    assert processes
    asked = time.monotonic()
    stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
    # By itself it would take minutes on a machine that needs this long to end it.
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes), seconds=90)
    seconds = time.monotonic() - asked
    assert eventually(lambda: "CANCELLED" == stack.state(run)["type"])
    print(f"cancelled after {seconds:.1f} s")
    # What was done is kept, for whoever starts it again.
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEPT not in path.parts]
    assert worker.poll() is None


def test_deleting_a_run_ends_its_process_and_leaves_nothing_behind(stack, copy_of_nightly, tmp_path):
    """It ends where it would export, and its place is free for the next."""
    deployment = copy_of_nightly("deleted", {"n_samples": 10000}, classifiers=None)
    worker = stack.start_worker()
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"])
    assert eventually(lambda: list((tmp_path / "work").rglob("*.parquet")))
    processes = descendants(worker.pid)
    assert processes
    stack.drop(f"flow_runs/{run['id']}")
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEPT not in path.parts]
    following = stack.ask_for_run(deployment, **deployment["parameters"]["config"] | {"dataset": {"n_samples": 300}})
    assert eventually(lambda: "COMPLETED" == stack.state(following)["type"])


def test_a_run_that_is_cancelled_while_it_waits_is_never_begun(stack, copy_of_nightly, tmp_path):
    """Waiting for a worker, and for the place of another run; the page asks for Cancelling, and it is Cancelled."""
    deployment = copy_of_nightly("waiting", {"n_samples": 60000}, classifiers=None)
    config = deployment["parameters"]["config"]

    def cancel(run):
        stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
        assert "CANCELLED" == stack.state(run)["type"]

    unseen = stack.ask_for_run(deployment, **config)
    cancel(unseen)
    stack.start_worker()
    first = stack.ask_for_run(deployment, **config)
    assert eventually(lambda: "RUNNING" == stack.state(first)["type"])
    second = stack.ask_for_run(deployment, **config)
    assert eventually(lambda: "AwaitingConcurrencySlot" == stack.state(second)["name"])
    cancel(second)
    stack.ask(f"flow_runs/{first['id']}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
    third = stack.ask_for_run(deployment, **config | {"dataset": {"n_samples": 300}})
    assert eventually(lambda: "COMPLETED" == stack.state(third)["type"])
    assert ["CANCELLED"] * 3 == [stack.state(run)["type"] for run in (unseen, first, second)]
    assert [0, 0] == [
        found["run_count"] for found in stack.runs(deployment) if found["id"] in {unseen["id"], second["id"]}
    ]
    assert only_version(tmp_path)


def test_a_suspended_run_that_is_cancelled_is_not_resumed(stack, copy_of_nightly, tmp_path):
    """Its process has ended, so nobody could confirm it."""
    deployment = copy_of_nightly("suspended-cancelled", {"n_samples": 20000}, classifiers=None)
    worker = stack.start_worker()
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"])
    assert eventually(lambda: list((tmp_path / "work").rglob("*.parquet")))
    suspend(stack, run)
    assert eventually(lambda: not descendants(worker.pid))
    stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
    assert eventually(lambda: "CANCELLED" == stack.state(run)["type"]), stack.state(run)


def suspend(stack, run):
    """What the page's button asks for."""
    details = {"pause_reschedule": True, "pause_timeout": "2100-01-01T00:00:00Z"}
    suspended = {"type": "PAUSED", "name": "Suspended", "state_details": details}
    assert "ACCEPT" == stack.ask(f"flow_runs/{run['id']}/set_state", state=suspended)["status"]


def test_a_suspended_run_goes_on_where_it_was_without_an_error_in_its_log(stack, copy_of_nightly):
    """Its steps that run end first; resumed, it takes them over."""
    deployment = copy_of_nightly("suspended", {"n_samples": 20000}, classifiers=None)
    worker = stack.start_worker()
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"])

    def lines():
        return stack.ask("logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}}, limit=200)

    assert eventually(lambda: any("fold 1 of 5" in line["message"] for line in lines()))
    suspend(stack, run)
    assert eventually(lambda: not descendants(worker.pid))
    stack.ask(f"flow_runs/{run['id']}/resume")
    assert eventually(lambda: "COMPLETED" == stack.state(run)["type"])
    assert eventually(lambda: any("taken over from a run that ended early" in line["message"] for line in lines()))
    assert [] == [line["message"] for line in lines() if line["level"] >= logging.ERROR]
