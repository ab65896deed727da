"""Restrict a Prefect server to requests to its own names and from its own pages.

Any page in a browser can send requests to 127.0.0.1. Prefect checks the auth string, but not the name that a request is
sent to: a page under a foreign name that resolves to this machine counts as one of the server's own (DNS rebinding).
Nor does it check which page opens a websocket. The gate checks both for every request.
"""

import os
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

ORIGINS_VARIABLE = "PREFECT_SERVER_CORS_ALLOWED_ORIGINS"
LOOPBACK = ("127.0.0.1", "localhost")
REFUSAL = b"This server answers to its own names and its own pages alone.\n"

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

    Args:
        app: the app to forward to.
        origins: the origins whose pages may call it; a request must be sent to the host of one of them, or to this
            machine's names.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], origins: Iterable[str]) -> None:
        self.app = app
        self.origins = frozenset(origins)
        self.hosts = frozenset([*LOOPBACK, *(_name(origin.partition("://")[2]) for origin in self.origins)])

    async def __call__(self, scope: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Forward or refuse a request."""
        if scope["type"] == "lifespan" or self._lets_in(scope["headers"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: a 403
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(REFUSAL))]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": REFUSAL})

    def _lets_in(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        hosts, origins = (
            [value.decode("latin-1").lower() for name, value in headers if name == wanted]
            for wanted in (b"host", b"origin")
        )
        return bool(hosts) and all(_name(host) in self.hosts for host in hosts) and self.origins.issuperset(origins)


def _name(host: str) -> str:
    """Return the host without its port."""
    return re.sub(r":[0-9]*$", "", host)
