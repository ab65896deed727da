"""`bakeoff ui`: serve the store's reports to the browser, read-only and on this machine only."""

import functools
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shlex import quote as shell_quote
from typing import Any
from urllib.parse import quote, unquote

from bakeoff.classifiers import title
from bakeoff.cli.compare import compare_cards, warn_of_differences
from bakeoff.errors import (
    BakeoffError,
    IntegrityError,
    ReadError,
    StoreError,
    UserError,
)
from bakeoff.report.accuracy_in_use import describe_in_use
from bakeoff.report.card_tables import format_accuracy, format_score, shown_balanced
from bakeoff.report.card_text import warn_of_baseline
from bakeoff.report.html import render_page
from bakeoff.runtime.files import raise_refusal, read_file
from bakeoff.store.manifest import REPORT
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import names_in

HOST = "127.0.0.1"
LOCAL = (HOST, "localhost")
# Reports are not sealed, so the browser must not run or fetch anything that one contains.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)
LARGEST_REPORT = 1 << 26  # bytes
SHOWN = "%Y-%m-%d %H:%M UTC"


class NotFoundError(BakeoffError):
    """The page does not exist."""


def serve_store(root: str, port: int) -> None:
    """Serve until Ctrl-C.

    Raises:
        UserError: the port is taken, or the store is a file.
    """
    names_in(Path(root))  # raises if the store is a file
    handler = functools.partial(Handler, Path(root))
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(f"port {port} can't be used: {why}; give another --port, or 0 for any free port") from error
    with server:
        print(f"http://{HOST}:{server.server_port} shows the reports in {root!r}; Ctrl-C ends it", flush=True)
        server.serve_forever()


class Handler(BaseHTTPRequestHandler):
    """Serves the pages of a store, read-only.

    Args:
        root: the store's folder.
    """

    server_version, sys_version = "bakeoff", ""

    def __init__(self, root: Path, *args: Any) -> None:
        self.root = root
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer with the page at the path."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in LOCAL:  # a foreign name that resolves to this machine (DNS rebinding)
            self._answer(HTTPStatus.FORBIDDEN, _plain("This server is for this machine only."))
            return
        try:
            self._answer(HTTPStatus.OK, find_page(self.root, unquote(self.path.partition("?")[0])))
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


def find_page(root: Path, path: str) -> str:
    """Return the page at a path.

    `/` lists the models, `/NAME/` a model's versions, `/NAME/VERSION/` is a report, and `/NAME/VERSION/VERSION/`
    compares two.

    Raises:
        NotFoundError: there is no such page, or no report that can be read.
        IntegrityError: the model's journal has a finding.
        ReadError: the system refused to read a file.
    """
    parts = [part for part in path.split("/") if part]
    models = names_in(root)
    if not parts:
        return _index(root, models)
    if parts[0] not in models:
        raise NotFoundError(f"There is no model {parts[0]!r} here.")
    store = ModelStore(root, parts[0])
    history = store.history()
    if len(parts) == 1:
        return _versions(store)
    if len(parts) > 3 or not {*parts[1:]} <= {*history.versions}:
        raise NotFoundError(f"{parts[0]!r} has no such version: it was pruned or never existed.")
    if len(parts) == 3:
        return _comparison(store, parts[1], parts[2])
    try:
        # Not following links, which could lead anywhere.
        return read_file(store.path(parts[1]) / REPORT, LARGEST_REPORT, follow=False).decode()
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError):
            raise_refusal(error, store.path(parts[1]) / REPORT)
        command = f"bakeoff report {parts[1]} --store {shell_quote(str(root))} --name {parts[0]}"
        raise NotFoundError(f"Version {parts[1]} has no report that can be read; {command} writes it.") from error


def _index(root: Path, models: Sequence[str]) -> str:
    rows = []
    for name in models:
        try:
            history = ModelStore(root, name).history()
            rows.append((name, f"{len(history.versions):,}", history.champion or ""))
        except (IntegrityError, ReadError) as error:
            rows.append((name, "", str(error)))
    links = {name: f"/{quote(name)}/" for name in models}
    return render_page("models.html", title="Bakeoff", rows=rows, links=links)


def _versions(store: ModelStore) -> str:
    history = store.history()
    rows = []
    for version in reversed(history.versions):
        try:
            card = store.card(version, history)
        except (IntegrityError, ReadError, StoreError) as error:
            rows.append((version, "", "", "", "", str(error)))
            continue
        scores = format_score(card.winner.cv_mean), format_accuracy(card.winner.test["accuracy"], shown_balanced(card))
        in_use = describe_in_use(history, version)
        champion = ["champion"] if version == history.champion else []
        remarks = ": ".join([*champion, *([in_use] if in_use else []), *warn_of_baseline(card)])
        rows.append((version, card.created.replace("T", " ").rstrip("Z"), title(card.classifier), *scores, remarks))
    periods = [
        (period.version, f"{period.since:{SHOWN}}", f"{period.until:{SHOWN}}" if period.until else "now", period.why)
        for period in reversed(history.champion_periods)
    ]
    return render_page(
        "versions.html",
        title=f"{store.name} · Bakeoff",
        name=store.name,
        rows=rows,
        links={version: f"/{quote(store.name)}/{version}/" for version in history.versions},
        comparisons={
            version: f"/{quote(store.name)}/{history.champion}/{version}/"
            for version in reversed(history.versions)
            if history.champion and version != history.champion
        },
        champion=history.champion,
        former=history.champion_before,
        rollback=f"bakeoff models rollback --store {shell_quote(str(store.folder.parent))} --name {store.name}",
        hold=history.hold and str(history.hold),
        periods=periods,
    )


def _comparison(store: ModelStore, first: str, second: str) -> str:
    history = store.history()
    cards = [store.card(version, history) for version in (first, second)]
    return render_page(
        "comparison.html",
        title=f"{first} and {second} · Bakeoff",
        name=store.name,
        address=f"/{quote(store.name)}/",
        versions=(first, second),
        warning=warn_of_differences(*cards),
        tables=compare_cards(*cards),
    )


def _plain(text: str) -> str:
    return render_page("message.html", title="Bakeoff", message=text)
