"""Pages of another origin, and names of another host, reach nothing."""

import asyncio

import pytest

from flows.local.trusted_hosts import Gate, hold_origins

PORT = 4200


def answer(kind, headers, origins=None):
    """What a gate answers, if it doesn't hand the request on."""
    sent, reached = [], []

    async def app(scope, receive, send):
        reached.append(scope)

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers]}
    asyncio.run(Gate(app, origins or hold_origins(PORT))(scope, None, send))
    assert bool(reached) != bool(sent)
    return sent[0].get("status", sent[0].get("code")) if sent else None


@pytest.mark.parametrize(("kind", "refusal"), [("http", 403), ("websocket", 1008)])
@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ([("host", "127.0.0.1:4200")], True),
        ([("host", "localhost:4200")], True),
        ([("host", "LOCALHOST")], True),
        ([("host", "127.0.0.1:5200")], True),  # by a tunnel
        ([("host", "127.0.0.1:4200"), ("origin", "http://127.0.0.1:4200")], True),
        ([("host", "127.0.0.1:4200"), ("origin", "http://localhost:4200")], True),
        ([], False),
        ([("host", "")], False),
        ([("host", "evil.example:4200")], False),
        ([("host", "127.0.0.1.evil.example:4200")], False),
        ([("host", "evil.example:4200"), ("origin", "http://evil.example:4200")], False),
        ([("host", "127.0.0.1:4200"), ("host", "evil.example")], False),
        ([("host", "127.0.0.1:4200@evil.example")], False),
        ([("host", "127.0.0.1:4200"), ("origin", "http://evil.example")], False),
        ([("host", "127.0.0.1:4200"), ("origin", "http://127.0.0.1:8000")], False),
        ([("host", "127.0.0.1:4200"), ("origin", "https://127.0.0.1:4200")], False),
        ([("host", "127.0.0.1:4200"), ("origin", "null")], False),  # a page from a file, or in a sandbox
        ([("host", "127.0.0.1:4200"), ("origin", "http://127.0.0.1:4200"), ("origin", "http://evil.example")], False),
    ],
)
def test_foreign_names_and_pages_are_refused(home, kind, refusal, headers, let_in):
    """Over HTTP and by websocket alike."""
    assert (None if let_in else refusal) == answer(kind, headers)


def test_an_origin_that_is_configured_is_let_in_by_its_name(home, monkeypatch):
    """As docker-compose has it: under the name that the containers use, and this machine's for the health check."""
    monkeypatch.setenv("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "http://127.0.0.1:4300, http://server:4200/")
    assert answer("http", [("host", "server:4200")]) is None
    assert answer("http", [("host", "127.0.0.1:4200")]) is None
    assert answer("http", [("host", "127.0.0.1:4300"), ("origin", "http://127.0.0.1:4300")]) is None
    assert 403 == answer("http", [("host", "127.0.0.1:4300"), ("origin", "http://127.0.0.1:4200")])
    assert 403 == answer("http", [("host", "elsewhere:4200")])


def test_every_origin_means_the_servers_own(home, monkeypatch):
    """Prefect's default, `*`, opens nothing."""
    monkeypatch.setenv("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "*")
    assert 403 == answer("http", [("host", "127.0.0.1:4200"), ("origin", "http://evil.example")])
    assert 403 == answer("http", [("host", "evil.example"), ("origin", "*")])
