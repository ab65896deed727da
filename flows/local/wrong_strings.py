"""Limit how many auth strings an address may try."""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

LIMIT = 10  # different wrong strings of one address within a minute
SECONDS = 60.0
MOST_ADDRESSES = 10_000


class WrongStrings:
    """The wrong auth strings that each address sent in the last minute.

    Different ones are counted: a worker that repeats an old string locks nobody out, whoever guesses never repeats one.

    Args:
        clock: the seconds now; for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: dict[str, dict[bytes, float]] = {}

    def seconds_to_wait(self, address: str) -> int:
        """Return for how many seconds an address is not listened to; 0 if it is."""
        sent = self._recent(address)
        return 1 + int(SECONDS + min(sent.values()) - self._clock()) if len(sent) >= LIMIT else 0

    def add(self, address: str, string: str) -> None:
        """Note that an address sent a wrong string."""
        if len(self._sent) >= MOST_ADDRESSES:
            self._sent = {each: recent for each in self._sent if (recent := self._recent(each))}
        self._sent[address] = self._recent(address) | {hashlib.sha256(string.encode()).digest(): self._clock()}

    def _recent(self, address: str) -> dict[bytes, float]:
        earliest = self._clock() - SECONDS
        return {string: at for string, at in self._sent.get(address, {}).items() if at > earliest}


def watched(
    scope: Any, receive: Callable[..., Any], send: Callable[..., Any], wrong: Callable[[str], None]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return an ASGI app's `receive` and `send`, which call `wrong` with the auth string that the app refuses.

    HTTP has it in a header, and 401 refuses it; Prefect's websockets have it in the first message, and are closed with
    1008.
    """
    headers = scope["headers"] if scope["type"] == "http" else []
    given = [value.decode("latin-1") for name, value in headers if name == b"authorization"]

    async def receive_watched() -> Any:
        message = await receive()
        if message["type"] == "websocket.receive" and not given:
            given.append(_token(message))
        return message

    async def send_watched(message: Any) -> None:
        refused = message.get("status") == 401 or (message["type"], message.get("code")) == ("websocket.close", 1008)
        if refused and given:
            wrong(given[0])
        await send(message)

    return receive_watched, send_watched


def _token(message: Any) -> str:
    """The token of a websocket's first message, or the whole message."""
    text = message.get("text") or (message.get("bytes") or b"").decode("latin-1")
    try:
        return str(json.loads(text)["token"])
    except (ValueError, TypeError, KeyError):
        return str(text)
