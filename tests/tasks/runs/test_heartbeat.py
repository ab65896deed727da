"""A flow run's signs of life are those that Prefect's automations look for, and end with the run."""

import threading
import time

import pytest
from prefect import flow
from prefect.settings import get_current_settings

from tasks.runs import heartbeat
from tasks.runs.heartbeat import disable_prefect_heartbeats, send_heartbeats

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("default"),
    pytest.mark.xdist_group("flows"),  # one server for all of them
]


def test_a_run_sends_the_heartbeats_that_automations_look_for(monkeypatch):
    """Of the run, with its flow beside it, as `deployments/automations.py` matches them; none of Prefect's own."""
    sent = []
    monkeypatch.setattr(heartbeat, "SECONDS", 0.05)
    monkeypatch.setattr(
        heartbeat, "emit_event", lambda event, resource, related: sent.append((event, resource, related))
    )

    @flow(name="training")
    @send_heartbeats
    def run():
        time.sleep(0.3)
        return [thread.name for thread in threading.enumerate()]

    with disable_prefect_heartbeats():
        assert get_current_settings().flows.heartbeat_frequency is None
        state = run(return_state=True)
    own = state.state_details.flow_run_id
    assert len(sent) >= 3
    assert {("prefect.flow-run.heartbeat", f"prefect.flow-run.{own}")} == {
        (event, resource["prefect.resource.id"]) for event, resource, _ in sent
    }
    (flow_beside,) = sent[0][2]
    assert ("flow", "training") == (flow_beside["prefect.resource.role"], flow_beside["prefect.resource.name"])
    assert 1 == state.result().count("heartbeat")
    assert "heartbeat" not in [thread.name for thread in threading.enumerate()]
    count = len(sent)
    time.sleep(0.2)
    assert count == len(sent)


def test_a_heartbeat_that_cannot_be_sent_stops_no_run(monkeypatch, caplog):
    """It is said, and the run goes on."""

    def refuse(*_, **__):
        raise OSError("no way")

    monkeypatch.setattr(heartbeat, "emit_event", refuse)

    @flow
    @send_heartbeats
    def run():
        time.sleep(0.1)
        return "done"

    assert "done" == run()
    assert "no heartbeat could be sent: OSError: no way" in caplog.text


def test_without_a_run_there_is_none(monkeypatch):
    """A plain call is a plain call."""
    monkeypatch.setattr(heartbeat, "emit_event", lambda *_, **__: pytest.fail("sent"))
    assert 3 == send_heartbeats(lambda: 3)()
