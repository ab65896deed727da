"""The embedded server is for its own run alone."""

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from flows.local.server import EmbeddedServer


def test_the_embedded_server_asks_for_a_string_of_that_runs_own(home):
    """Any page in a browser can look for its port; health stays open, websockets ask too."""
    server = EmbeddedServer()
    try:
        server.wait()
        url = f"{server.api_url}/flows/filter"
        assert 200 == httpx.get(f"{server.api_url}/health").status_code
        assert 401 == httpx.post(url, json={}).status_code
        assert 200 == httpx.post(url, json={}, auth=tuple(server.auth.split(":", 1))).status_code
        for foreign in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            assert 403 == httpx.get(f"{server.api_url}/health", headers=foreign).status_code
        socket = server.api_url.replace("http", "ws") + "/events/in"
        with pytest.raises(InvalidStatus, match="HTTP 403"):
            connect(socket, subprotocols=["prefect"], origin="http://evil.example")
        with connect(socket, subprotocols=["prefect"]) as opened:
            opened.send('{"type": "auth", "token": null}')
            with pytest.raises(ConnectionClosed, match="token"):
                opened.recv(timeout=30)
    finally:
        server.stop()
