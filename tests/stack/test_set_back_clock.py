"""A server whose clock is set back."""

import contextlib
from datetime import datetime, timedelta

import httpx
import pytest
from prefect_stack import Stack, eventually
from step_clock import build_clock, set_clock

HOUR = 3600


@pytest.fixture(scope="module")
def ahead(tmp_path_factory):
    """A server whose clock is an hour ahead, and the function that sets it."""
    folder = tmp_path_factory.mktemp("clock")
    build_clock(library := folder / "clock.so")
    set_clock(offset := folder / "offset", HOUR)
    with Stack(folder, LD_PRELOAD=str(library), CLOCK_OFFSET=str(offset)) as stack:
        stack.register()
        yield stack, lambda seconds: set_clock(offset, seconds)


def test_a_server_whose_clock_is_set_back_starts_again_and_runs_are_due(ahead):
    """With the same auth string; a run that was asked for a later time keeps it."""
    stack, set_to = ahead
    nightly = stack.deployment("nightly")
    soon = due(stack, run := stack.ask_for_run(nightly))
    path, evening = f"deployments/{nightly['id']}/create_flow_run", (soon + timedelta(hours=5)).isoformat()
    later = stack.ask(path, state={"type": "SCHEDULED", "state_details": {"scheduled_time": evening}})
    set_to(0)

    def back():
        with contextlib.suppress(httpx.HTTPError):  # while it starts again
            return due(stack, run) < soon - timedelta(minutes=50)

    assert eventually(back), stack.state(run)
    assert soon + timedelta(hours=5) == due(stack, later)
    assert "the clock was set back; it starts again" in (stack.folder / "server.log").read_text()


def due(stack, run):
    """The time for which a run is scheduled."""
    return datetime.fromisoformat(stack.state(run)["state_details"]["scheduled_time"])
