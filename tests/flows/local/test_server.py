"""The embedded server is for its own run alone."""

import socket
import threading

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from flows.local.server import EmbeddedServer, answers


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
        events = server.api_url.replace("http", "ws") + "/events/in"
        with pytest.raises(InvalidStatus, match="HTTP 403"):
            connect(events, subprotocols=["prefect"], origin="http://evil.example")
        with connect(events, subprotocols=["prefect"]) as opened:
            opened.send('{"type": "auth", "token": null}')
            with pytest.raises(ConnectionClosed, match="token"):
                opened.recv(timeout=30)
    finally:
        server.stop()


def test_a_program_that_speaks_no_http_is_no_server():
    """A port that was free may be taken by another program before the server listens there."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def say():
            connection, _ = other.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"\x00\x00\x00compression\n")

        thread = threading.Thread(target=say)
        thread.start()
        assert not answers(f"http://127.0.0.1:{other.getsockname()[1]}/api")
        thread.join()
