"""The server that a run from the command line reports to, from waiting for it to handing it the last log lines."""

import contextlib
import functools
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from flows.local.auth_string import authorized
from flows.local.preflight import check_api_url
from flows.local.server import (
    EmbeddedServer,
    answers,
    enter_server,
    wait_for_server,
)

if TYPE_CHECKING:
    from uuid import UUID

FAREWELL_SECONDS = 10  # the longest wait for the last log lines and events to be sent and recorded


@contextlib.contextmanager
def connected_server(quiet: bool) -> Iterator[Callable[[], bool]]:
    """Connect to the server to report to: the configured one, or an embedded one that is started and stopped here.

    Args:
        quiet: print no lines about waiting.

    Yields:
        A function that waits until the server can be used, and returns whether it is embedded.
    """
    if url := os.environ.get("PREFECT_API_URL"):
        check_api_url(url)
        with contextlib.ExitStack() as settings:
            yield functools.cache(lambda: _wait_for(url, quiet, settings))
        return
    server = EmbeddedServer()
    try:
        with contextlib.ExitStack() as settings:

            def ready() -> bool:
                from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

                if configured := PREFECT_API_URL.value():  # by a profile or a file
                    server.stop()
                    return _wait_for(check_api_url(configured), quiet, settings)
                if not quiet:
                    print("Prefect's embedded server is coming up", file=sys.stderr)
                server.wait()
                own = {PREFECT_API_URL: server.api_url, PREFECT_API_AUTH_STRING: server.auth}
                settings.enter_context(temporary_settings(own))
                settings.callback(send_all)  # also when the run is interrupted
                return True

            yield ready
    finally:
        server.stop()


def _wait_for(url: str, quiet: bool, settings: contextlib.ExitStack) -> bool:
    """Wait for the configured server and check that it accepts this client; returns False, since it is not embedded.

    Args:
        url: the server's address.
        quiet: print no line about waiting.
        settings: the auth string for the server is set until it closes.

    Raises:
        ServerError: the server doesn't answer in time, or doesn't accept the client.
    """
    if not answers(url):
        if not quiet:
            print(f"waiting up to a minute for the server at {url}", file=sys.stderr)
        wait_for_server(url)
    settings.enter_context(authorized(url))
    enter_server(url)
    return False


def send_all() -> None:
    """Send the last log lines and events to the server before it stops."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    workers = (APILogWorker, EventsWorker)
    for worker in workers:  # all levels before the first drain, which may drain the other worker too
        # Prefect would warn that something is left to send, which is expected here.
        logging.getLogger(worker.__name__).setLevel(logging.ERROR)
    for worker in workers:
        worker.drain_all(timeout=FAREWELL_SECONDS)


def wait_until_recorded(run: "UUID") -> None:
    """Wait until the embedded server has recorded the task runs of a flow run, before it is stopped.

    The server derives them from events, one by one and in the background. It is done when no task run is unfinished
    and none was added for a moment.

    Args:
        run: the id of the flow run.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter

    own = FlowRunFilter.model_validate({"id": {"any_": [run]}})
    deadline, seen = time.monotonic() + FAREWELL_SECONDS, -1
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            runs = client.read_task_runs(flow_run_filter=own)
            if len(runs) == seen and all(run.state is not None and run.state.is_final() for run in runs):
                return
            seen = len(runs)
            time.sleep(0.1)
