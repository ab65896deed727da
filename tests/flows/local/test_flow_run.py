"""What a command says of a run whose server went away, without a server."""

from pathlib import Path

import pytest
from httpx import ConnectError, ReadTimeout
from prefect import flow
from prefect.states import Failed

from flows.local.flow_run import OwnRun
from tasks.runs import cancellation


@flow
def nothing(config):
    """Do nothing."""


@pytest.fixture
def cut_off(request, monkeypatch):
    """A run whose flow failed by an error of its connection."""
    monkeypatch.setattr(cancellation, "published", [])
    run = OwnRun(nothing, {}, lambda: None)
    run.outcome = [Failed(message="Flow run encountered an exception", data=request.param)]
    return run


@pytest.mark.parametrize("cut_off", [ConnectError("[Errno 111] refused"), ReadTimeout("")], indirect=True)
@pytest.mark.parametrize("published", [[], [Path("models/a/1")]])
def test_a_flow_that_lost_its_server_says_what_stands_and_what_to_do(cut_off, published):
    """In words, with the version where one was exported; the command says nothing more of it."""
    cancellation.published.extend(published)
    stands = "; models/a/1 is exported" if published else ""
    said = f"the Prefect server went away: it no longer answers{stands}; start the same command when it is back"
    assert (True, said) == (cut_off.is_cut_off, cut_off.failure)


@pytest.mark.parametrize("cut_off", [ValueError("no")], indirect=True)
def test_a_flow_that_failed_by_itself_says_its_states_message(cut_off):
    """The server has nothing to do with it."""
    assert (False, "Flow run encountered an exception") == (cut_off.is_cut_off, cut_off.failure)
