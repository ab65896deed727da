"""A run whose worker is gone does not stay Running for ever."""

import os
import signal
from datetime import UTC, datetime

import pytest
from prefect_stack import descendants, end, eventually

pytestmark = pytest.mark.usefixtures("without_predictions")


def stop_in(state, how, stack, deployment):
    """Ask for a run, wait until it is in the state, and stop its worker; returns worker, run and when that was.

    The worker takes up runs of the deployment's queue alone: others may be tried again meanwhile.
    """
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"] | {"retrain": "always"})
    worker = stack.start_worker("--work-queue", deployment["work_queue_name"])
    assert eventually(lambda: state == stack.state(run)["type"], pause=0.1)
    if how == signal.SIGSTOP:
        send_to_all(worker, how)
    else:
        end(worker, how)
    stopped = datetime.now(UTC)
    assert state == stack.state(run)["type"], "it was not stopped in time for this test"
    return worker, run, stopped


def send_to_all(worker, sign):
    for pid in (worker.pid, *descendants(worker.pid)):
        os.kill(pid, sign)


def test_a_run_whose_worker_was_stopped_is_retried_and_the_next_goes_through(stack, copy_of_nightly, tmp_path):
    """Stopped while it runs and while it starts, by SIGTERM to the worker and by SIGKILL to both.

    One whose machine was only asleep ends when it wakes, without a version: the second try has long made one.
    """
    cases = {  # the one that takes longest first
        "starting": ("PENDING", signal.SIGKILL),
        "asleep": ("RUNNING", signal.SIGSTOP),
        "terminated": ("RUNNING", signal.SIGTERM),
        "killed": ("RUNNING", signal.SIGKILL),
    }
    stopped = {}
    for name, (state, how) in cases.items():
        deployment = copy_of_nightly(name, {"n_samples": 10000}, classifiers=None, work_queue_name=name)
        stopped[name] = (deployment, *stop_in(state, how, stack, deployment))
    for name, (_, _, run, when) in stopped.items():
        assert eventually(lambda run=run: "AwaitingRetry" == stack.state(run)["name"]), f"{name}: {stack.state(run)}"
        seconds = (datetime.fromisoformat(stack.state(run)["timestamp"]) - when).total_seconds()
        print(name, seconds, stack.state(run)["message"])
    after = {
        name: stack.ask_for_run(
            deployment, **deployment["parameters"]["config"] | {"dataset": {"n_samples": 300}, "retrain": "always"}
        )
        for name, (deployment, *_) in stopped.items()
    }
    worker = stack.start_worker()
    for name, run in [*((name, run) for name, (_, _, run, _) in stopped.items()), *after.items()]:
        assert eventually(lambda run=run: "COMPLETED" == stack.state(run)["type"]), f"{name}: {stack.state(run)}"
    versions = sorted(tmp_path.glob("models/classifier/*/card.json"))
    assert 2 * len(cases) == len(versions)
    _, sleeper, run, _ = stopped["asleep"]
    send_to_all(sleeper, signal.SIGCONT)
    assert eventually(lambda: not descendants(sleeper.pid)), descendants(sleeper.pid)
    assert ("COMPLETED", versions) == (
        stack.state(run)["type"], sorted(tmp_path.glob("models/classifier/*/card.json")),
    )  # fmt: skip
    end(sleeper)
    end(worker)
