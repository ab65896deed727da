"""A run whose worker is gone does not stay Running for ever."""

import os
import signal
import time

import pytest
from prefect_stack import descendants, end, eventually

pytestmark = pytest.mark.usefixtures("without_predictions")

LIMIT_SECONDS = 180


def stop_in(state, how, stack, deployment):
    """Ask for a run, wait until it is in the state, and stop its worker; returns worker, run and when that was."""
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"] | {"retrain": "always"})
    worker = stack.start_worker()
    assert eventually(lambda: state == stack.state(run)["type"], pause=0.1)
    if how == signal.SIGSTOP:
        send_to_all(worker, how)
    else:
        end(worker, how)
    stopped = time.monotonic()
    assert state == stack.state(run)["type"], "it was not stopped in time for this test"
    return worker, run, stopped


def send_to_all(worker, sign):
    for pid in (worker.pid, *descendants(worker.pid)):
        os.kill(pid, sign)


def test_a_run_whose_worker_was_stopped_is_retried_and_the_next_goes_through(stack, copy_of_nightly, tmp_path):
    """Stopped while it runs and while it starts, by SIGTERM to the worker and by SIGKILL to both.

    One whose machine was only asleep ends when it wakes, without a version: the second try has long made one.
    """
    cases = {
        "terminated": ("RUNNING", signal.SIGTERM),
        "killed": ("RUNNING", signal.SIGKILL),
        "starting": ("PENDING", signal.SIGKILL),
        "asleep": ("RUNNING", signal.SIGSTOP),
    }
    stopped = {}
    for name, (state, how) in cases.items():
        deployment = copy_of_nightly(name, {"n_samples": 10000}, classifiers=None)
        stopped[name] = (deployment, *stop_in(state, how, stack, deployment))
    for name, (_, _, run, when) in stopped.items():
        retried = eventually(lambda run=run: "AwaitingRetry" == stack.state(run)["name"], seconds=LIMIT_SECONDS)
        print(name, time.monotonic() - when, stack.state(run)["message"])
        assert retried, f"{name}: {stack.state(run)}"
        assert time.monotonic() - when <= LIMIT_SECONDS
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
    assert eventually(lambda: not descendants(sleeper.pid))
    assert ("COMPLETED", versions) == (
        stack.state(run)["type"], sorted(tmp_path.glob("models/classifier/*/card.json")),
    )  # fmt: skip
    end(sleeper)
    end(worker)
