"""`bakeoff ui`: serve the pages of a store to the browser, read-only and on this machine only."""

import functools
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bakeoff.cli.ui.pages import NotFoundError, find_page
from bakeoff.errors import BakeoffError, UserError
from bakeoff.report.html import render_page
from bakeoff.runtime.objects.address import Address
from bakeoff.store.reader import names_in

HOST = "127.0.0.1"
LOCAL = (HOST, "localhost")
# Reports are not sealed, so the browser must not run or fetch anything that one contains.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)


def serve_store(root: Path | Address, port: int, places: Sequence[Path] = ()) -> None:
    """Serve until Ctrl-C.

    Args:
        root: the store's folder or address.
        port: the port; 0 for any free one.
        places: folders of predictions, or folders that hold such folders; they may be missing.

    Raises:
        UserError: the port is taken, or the store is a file.
    """
    names_in(root)  # raises if the store is a file
    handler = functools.partial(Handler, root, tuple(places))
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(f"port {port} can't be used: {why}; give another --port, or 0 for any free port") from error
    with server:
        print(f"http://{HOST}:{server.server_port} shows the reports in {str(root)!r}; Ctrl-C ends it", flush=True)
        server.serve_forever()


class Handler(BaseHTTPRequestHandler):
    """Serves the pages of a store, read-only.

    Args:
        root: the store's folder or address.
        places: folders of predictions, or folders that hold such folders.
    """

    server_version, sys_version = "bakeoff", ""

    def __init__(self, root: Path | Address, places: Sequence[Path], *args: Any) -> None:
        self.root, self.places = root, places
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer with the page at the path."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in LOCAL:  # a foreign name that resolves to this machine (DNS rebinding)
            self._answer(HTTPStatus.FORBIDDEN, _plain("This server is for this machine only."))
            return
        try:
            self._answer(HTTPStatus.OK, find_page(self.root, unquote(self.path.partition("?")[0]), self.places))
        except NotFoundError as error:
            self._answer(HTTPStatus.NOT_FOUND, _plain(str(error)))
        except BakeoffError as error:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, _plain(str(error)))

    do_HEAD = do_GET  # noqa: N815  the base's name

    def log_message(self, *_: Any) -> None:
        """Don't log requests."""

    def _answer(self, status: HTTPStatus, html: str) -> None:
        content = html.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(content)),
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _plain(text: str) -> str:
    return render_page("message.html", title="Bakeoff", message=text)
