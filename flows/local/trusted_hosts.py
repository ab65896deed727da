"""Restrict a Prefect server to requests to its own names and from its own pages.

Any page in a browser can send requests to 127.0.0.1. Prefect checks the auth string, but not the name that a request is
sent to: a page under a foreign name that resolves to this machine counts as one of the server's own (DNS rebinding).
Nor does it check which page opens a websocket. The gate checks both for every request.
"""

import functools
import os
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from flows.local.wrong_strings import WrongStrings, watched

ORIGINS_VARIABLE = "PREFECT_SERVER_CORS_ALLOWED_ORIGINS"
LOOPBACK = ("127.0.0.1", "localhost")
REFUSAL = b"This server answers to its own names and its own pages alone.\n"
TOO_MANY = b"Too many wrong auth strings from this address: try again in a minute.\n"

Message = MutableMapping[str, Any]


def hold_origins(port: int) -> list[str]:
    """Return the origins whose pages may call the server at a port: those of Prefect's setting, else this machine's.

    The environment's setting is set to them, so that Prefect and the gate accept the same origins.
    """
    own = ",".join(f"http://{host}:{port}" for host in LOOPBACK)
    os.environ[ORIGINS_VARIABLE] = os.environ.get(ORIGINS_VARIABLE) or own
    return [origin.strip().rstrip("/").lower() for origin in os.environ[ORIGINS_VARIABLE].split(",")]


class Gate:
    """An ASGI app that answers 403 if `Host` or `Origin` is foreign, and forwards everything else.

    An address that sent too many wrong auth strings is answered 429 for up to a minute.

    Args:
        app: the app to forward to.
        origins: the origins whose pages may call it; a request must be sent to the host of one of them, or to this
            machine's names.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], origins: Iterable[str]) -> None:
        self.app = app
        self.origins = frozenset(origins)
        self.wrong_strings = WrongStrings()
        self.hosts = frozenset([*LOOPBACK, *(_name(origin.partition("://")[2]) for origin in self.origins)])

    async def __call__(self, scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Forward or refuse a request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif not self._lets_in(scope["headers"]):
            await _refuse(scope, send, 403, REFUSAL)
        elif seconds := self.wrong_strings.seconds_to_wait(address := (scope.get("client") or [""])[0]):
            await _refuse(scope, send, 429, TOO_MANY, (b"retry-after", b"%d" % seconds))
        else:
            wrong = functools.partial(self.wrong_strings.add, address)
            await self.app(scope, *watched(scope, receive, send, wrong))

    def _lets_in(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        hosts, origins = (
            [value.decode("latin-1").lower() for name, value in headers if name == wanted]
            for wanted in (b"host", b"origin")
        )
        return bool(hosts) and all(_name(host) in self.hosts for host in hosts) and self.origins.issuperset(origins)


async def _refuse(
    scope: Message, send: Callable[..., Any], status: int, body: bytes, *headers: tuple[bytes, bytes]
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: a 403
        return
    own = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


def _name(host: str) -> str:
    """Return the host without its port."""
    return re.sub(r":[0-9]*$", "", host)
