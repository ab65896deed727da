"""A server that goes away is waited for once, and every loss is said once."""

import httpx
import pytest
from prefect.context import SyncClientContext
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import (
    PREFECT_API_REQUEST_TIMEOUT,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    temporary_settings,
)

from tasks.runs.outage import giving_up_soon, or_warn, waiting_once

REQUEST = httpx.Request("GET", "http://127.0.0.1/api")
AWAY = [
    httpx.ConnectError("refused"),
    PrefectHTTPStatusError("bad gateway", request=REQUEST, response=httpx.Response(502, request=REQUEST)),
]


@pytest.fixture(autouse=True)
def back():
    """Afterwards the server answers."""
    yield
    with or_warn("nothing"):
        pass


def lose(what, error, **how):
    with or_warn(what, **how):
        raise error


@pytest.mark.parametrize("away", AWAY, ids=["refused", "bad gateway"])
def test_a_server_that_is_away_is_waited_for_once_until_it_is_back(away):
    """Afterwards each question is tried once; when one is answered, the next may be tried again."""
    patient = PREFECT_CLIENT_MAX_RETRIES.value()
    seen = []
    lose("the progress could not be shown", away)
    for _ in range(2):
        with or_warn("nothing"):
            seen.append(PREFECT_CLIENT_MAX_RETRIES.value())
    with waiting_once():
        seen.append(PREFECT_CLIENT_MAX_RETRIES.value())
    with or_warn("nothing", always=True):
        seen.append(PREFECT_CLIENT_MAX_RETRIES.value())
    lose("another", away)
    with or_warn("nothing", always=True, patient=True):
        seen.append(PREFECT_CLIENT_MAX_RETRIES.value())
    assert [0, 2, patient, patient, patient] == seen
    assert patient > 2


def test_a_server_that_is_away_is_spoken_of_once_and_again_where_more_is_lost(caplog):
    """Another failure is always said, and says nothing of the server's being away."""
    lose("one", AWAY[0])
    lose("two", AWAY[0])
    lose("three", AWAY[0], always=True)
    lose("four", ValueError("no"))
    assert [
        "one, since the server no longer answers: ConnectError: refused",
        "three, since the server no longer answers: ConnectError: refused",
        "four: ValueError: no",
    ] == caplog.messages


def test_a_server_that_hangs_holds_up_what_is_shown_for_a_minute_at_most(monkeypatch):
    """Then for seconds, by the run's own client and by others; afterwards all are as patient as before."""
    patient, seen = PREFECT_API_REQUEST_TIMEOUT.value(), []
    monkeypatch.setattr(
        "prefect.client.orchestration.SyncPrefectClient.raise_for_api_version_mismatch_once", lambda _: None
    )

    def look(shared):
        seen.append((shared.client._client.timeout.read, PREFECT_API_REQUEST_TIMEOUT.value()))

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}), SyncClientContext() as shared:
        for _ in range(2):
            with or_warn("the progress could not be shown"):
                look(shared)
                raise AWAY[0]
            look(shared)
        with or_warn("nothing"), giving_up_soon():
            look(shared)
        look(shared)
    assert [(20, 20), (patient, patient), (5, 5), (patient, patient), (5, 5), (patient, patient)] == seen


def test_what_needs_no_answer_does_not_show_that_a_server_is_back():
    """An event is sent in the background."""
    seen = []
    lose("one", AWAY[0])
    for asks in (False, True):
        with or_warn("the event could not be sent", asks=asks):
            pass
        with waiting_once():
            seen.append(PREFECT_CLIENT_MAX_RETRIES.value() > 0)
    assert [False, True] == seen


def test_what_is_said_of_a_result_that_stands_gives_up_soon_and_notes_the_outage():
    """With two retries, and with none once the server is away; the error is the caller's."""
    seen = []

    @giving_up_soon()
    def ask():
        seen.append(PREFECT_CLIENT_MAX_RETRIES.value())
        raise AWAY[0]

    for _ in range(2):
        with pytest.raises(httpx.ConnectError):
            ask()
    assert [2, 0] == seen
