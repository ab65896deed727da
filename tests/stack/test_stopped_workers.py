"""A run whose worker is gone does not stay Running for ever."""

import signal
import time

from prefect_stack import end, eventually

LIMIT_SECONDS = 180


def stop_in(state, how, stack, deployment):
    """Ask for a run, wait until it is in the state, and stop its worker; returns the run and when that was."""
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"])
    worker = stack.start_worker()
    assert eventually(lambda: state == stack.state(run)["type"], seconds=60)
    end(worker, how)
    stopped = time.monotonic()
    assert state == stack.state(run)["type"], "it was not stopped in time for this test"
    return run, stopped


def test_a_run_whose_worker_was_stopped_is_marked_crashed_and_the_next_goes_through(stack, copy_of_nightly):
    """Stopped while it runs and while it starts, by SIGTERM to the worker and by SIGKILL to both."""
    long = {"n_samples": 60000}
    cases = {
        "terminated": ("RUNNING", signal.SIGTERM),
        "killed": ("RUNNING", signal.SIGKILL),
        "starting": ("PENDING", signal.SIGKILL),
    }
    stopped = {}
    for name, (state, how) in cases.items():
        deployment = copy_of_nightly(name, long)
        stopped[name] = (deployment, *stop_in(state, how, stack, deployment))
    for name, (_, run, when) in stopped.items():
        crashed = eventually(lambda run=run: "CRASHED" == stack.state(run)["type"], seconds=LIMIT_SECONDS)
        print(name, time.monotonic() - when, stack.state(run)["message"])
        assert crashed, f"{name}: {stack.state(run)}"
        assert time.monotonic() - when <= LIMIT_SECONDS
    after = {
        name: stack.ask_for_run(deployment, **deployment["parameters"]["config"] | {"dataset": {"n_samples": 300}})
        for name, (deployment, *_) in stopped.items()
    }
    worker = stack.start_worker()
    for name, run in after.items():
        assert eventually(lambda run=run: "COMPLETED" == stack.state(run)["type"]), f"{name}: {stack.state(run)}"
    end(worker)
