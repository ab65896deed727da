"""Guessing auth strings is stopped after a few; whoever has the right one is not."""

import asyncio
import json

import pytest

from flows.local.trusted_hosts import Gate, hold_origins
from flows.local.wrong_strings import LIMIT, WrongStrings

RIGHT = "Basic right"


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gate(home, clock):
    """A gate before an app that answers as Prefect's does."""

    async def app(scope, receive, send):
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"").decode()
            await send({"type": "http.response.start", "status": 200 if given == RIGHT else 401, "headers": []})
        elif json.loads((await receive())["text"])["token"] != RIGHT:
            await send({"type": "websocket.close", "code": 1008, "reason": "Auth"})
        else:
            await send({"type": "websocket.send", "text": "welcome"})

    gate = Gate(app, hold_origins(4200))
    gate.wrong_strings = WrongStrings(clock)
    return gate


def ask(gate, string, address="10.0.0.1", kind="http"):
    """The first message that a request is answered with."""
    sent = []

    async def receive():
        return {"type": "websocket.receive", "text": json.dumps({"type": "auth", "token": string})}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:4200")]
    if kind == "http" and string is not None:
        headers.append((b"authorization", string.encode()))
    elif kind == "websocket":  # which must not count instead of the message's
        headers.append((b"authorization", b"Basic any"))
    asyncio.run(gate({"type": kind, "headers": headers, "client": (address, 5)}, receive, send))
    return sent[0]


def test_an_address_that_guesses_is_told_to_wait(gate, clock):
    """With any string then, or the right one would stand out; others go on, and it may try again a minute later."""
    assert [401] * LIMIT == [ask(gate, f"Basic {number}")["status"] for number in range(LIMIT)]
    clock.now += 20
    for string in ("Basic another", RIGHT, None):
        answer = ask(gate, string)
        assert (429, b"41") == (answer["status"], dict(answer["headers"])[b"retry-after"])
    assert 200 == ask(gate, RIGHT, "10.0.0.2")["status"]
    clock.now += 41
    assert 200 == ask(gate, RIGHT)["status"]


def test_one_wrong_string_over_and_over_locks_nobody_out(gate):
    """As of a worker whose string has been changed, on a machine whose other clients have the right one."""
    assert {401} == {ask(gate, "Basic old")["status"] for _ in range(5 * LIMIT)}
    assert {401} == {ask(gate, None)["status"] for _ in range(5 * LIMIT)}
    assert 200 == ask(gate, RIGHT)["status"]


def test_guesses_by_websocket_count_too(gate):
    """Prefect's take the string in their first message."""
    for number in range(LIMIT):
        assert "Auth" == ask(gate, f"guess {number}", kind="websocket")["reason"]
    assert "reason" not in ask(gate, RIGHT, kind="websocket")
    assert 429 == ask(gate, RIGHT)["status"]
    assert "welcome" == ask(gate, RIGHT, "10.0.0.2", kind="websocket")["text"]


def test_what_is_remembered_is_bounded(clock, monkeypatch):
    """Addresses are forgotten when their minute is over."""
    monkeypatch.setattr("flows.local.wrong_strings.MOST_ADDRESSES", 5)
    wrong = WrongStrings(clock)
    for number in range(50):
        wrong.add(str(number), "guess")
        clock.now += 30
    assert len(wrong._sent) <= 5
