"""Prefect's embedded server, started in a child process while this process still imports.

Prefect would start one by itself, but only after this process has imported the whole server, too. This file has both
sides: `EmbeddedServer` in the parent, `python -m flows.local.server PORT` in the child.
"""

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path

from bakeoff.errors import BakeoffError, ConfigError
from bakeoff.runtime.locks import lock
from flows.local.auth_string import SERVER_VARIABLE, make_auth_string
from flows.local.preflight import prefect_home
from flows.local.trusted_hosts import ORIGINS_VARIABLE, Gate, hold_origins

STARTUP_SECONDS = 180


class ServerError(BakeoffError):
    """There is no Prefect server to report to."""


class EmbeddedServer:
    """A Prefect server on a free port of 127.0.0.1, which ends with this process.

    Attributes:
        port: its port.
        api_url: its address, as PREFECT_API_URL.
        auth: its auth string; without one, any page in a browser could use the server.
    """

    def __init__(self) -> None:
        self._used = False
        self.port = _free_port()
        self.auth = make_auth_string()
        self.api_url = f"http://127.0.0.1:{self.port}/api"
        # The child reads from this pipe and ends when it is closed, which happens however this process ends. It has a
        # session of its own, so that Ctrl-C does not end it before the run has reported to it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flows.local.server", str(self.port)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={
                **os.environ,
                "PREFECT_UI_ENABLED": "0",
                "PREFECT__SERVER_EPHEMERAL": "1",
                "PREFECT__SERVER_FINAL": "1",
                SERVER_VARIABLE: self.auth,
                ORIGINS_VARIABLE: "",  # empty: only this machine's, see `hold_origins`
            },
        )

    def wait(self) -> None:
        """Wait until the server answers.

        Raises:
            ServerError: it ended, or did not answer in three minutes.
        """
        self._used = True
        wait_for_server(self.api_url, STARTUP_SECONDS, self._still_running)

    def _still_running(self) -> None:
        if self._process.poll() is not None:
            raise ServerError(
                f"Prefect's embedded server ended with status {self._process.returncode} before it answered; "
                "`prefect server start` shows why (often a broken database in PREFECT_HOME, or one of another Prefect)"
            )

    def stop(self) -> None:
        """End the server; if it was used, it gets ten seconds to record what it was sent last."""
        with self._process:  # closes the pipe to it
            if not self._used and _is_migrated():
                self._process.kill()
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def answers(api_url: str) -> bool:
    """Return whether a Prefect server answers at the address, even if it requires an auth string.

    Raises:
        ServerError: its certificate is not trusted.
    """
    url, tls = f"{api_url.rstrip('/')}/health", _trusted() if api_url.startswith("https:") else None
    try:
        with urllib.request.urlopen(url, timeout=5, context=tls):  # noqa: S310  the user's own address
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise ServerError(
                f"the certificate of {api_url} is not trusted: {error.reason.verify_message}; set "
                "PREFECT_API_SSL_CERT_FILE to the file of the authority that signed it"
            ) from error
        return False
    except (OSError, HTTPException):  # the latter if it is another program, which doesn't speak HTTP
        return False


def _trusted() -> ssl.SSLContext:
    """Return whose certificates Prefect's client trusts.

    Raises:
        ConfigError: the settings name a file that holds no certificates.
    """
    from prefect.settings import get_current_settings

    api = get_current_settings().api
    try:
        context = ssl.create_default_context(cafile=api.ssl_cert_file)
    except OSError as error:
        raise ConfigError(f"PREFECT_API_SSL_CERT_FILE {api.ssl_cert_file!r} holds no certificates: {error}") from error
    if api.tls_insecure_skip_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def wait_for_server(api_url: str, seconds: float = 60, check: Callable[[], None] = lambda: None) -> None:
    """Wait until a Prefect server answers.

    Args:
        api_url: the address, as PREFECT_API_URL.
        seconds: the longest wait.
        check: called before each try; an exception that it raises ends the waiting.

    Raises:
        ServerError: the server did not answer in time, or its certificate is not trusted.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        check()
        if answers(api_url):
            return
        time.sleep(0.05)
    raise ServerError(
        f"no Prefect server answers at {api_url}; start it, or unset PREFECT_API_URL to use an embedded one"
    )


def enter_server(api_url: str) -> None:
    """Check that the server accepts this client, before anything else is requested.

    Args:
        api_url: the server's address, for messages; the client uses Prefect's settings.

    Raises:
        ServerError: it doesn't.
    """
    from httpx import HTTPError
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        with get_client(sync_client=True) as client:
            client.hello()
    except PrefectHTTPStatusError as error:
        if error.response.status_code == HTTPStatus.UNAUTHORIZED:
            raise ServerError(
                f"the Prefect server at {api_url} refuses PREFECT_API_AUTH_STRING, or requires one; set it as the "
                "server's (BAKEOFF_AUTH in .env under docker-compose), or unset it for that of `make server`"
            ) from error
        raise ServerError(f"the Prefect server at {api_url} answers {error.response.status_code}") from error
    except HTTPError as error:
        raise ServerError(f"the Prefect server at {api_url} went away: {error}") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """Wait until the parent closes the pipe, and end this process."""
    sys.stdin.buffer.read()
    os._exit(0)


def _ready_file() -> Path:
    """Return the file that exists once this Prefect has migrated the database in PREFECT_HOME."""
    return prefect_home() / f".bakeoff-migrated-{version('prefect')}"


def _is_migrated() -> bool:
    ready = _ready_file()
    return ready.exists() and (ready.parent / "prefect.db").exists()


def _wait_for_our_turn(port: int) -> None:
    """Wait until no other server migrates the database of PREFECT_HOME, as two would break each other's migrations.

    The lock is released when this server answers; by then the database is migrated.

    Args:
        port: the port of this server.
    """
    if _is_migrated():
        return
    ready = _ready_file()
    ready.parent.mkdir(parents=True, exist_ok=True)
    turn = (ready.parent / ".bakeoff-migrating").open("a")
    lock(turn)

    def release() -> None:
        with contextlib.suppress(ServerError):
            wait_for_server(f"http://127.0.0.1:{port}/api", STARTUP_SECONDS)
            ready.touch()
        turn.close()

    threading.Thread(target=release, daemon=True).start()


def serve(port: int) -> None:
    """Run the server at a port, in the child process, until it is terminated or its parent ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _wait_for_our_turn(port)
    origins = hold_origins(port)
    import uvicorn
    from prefect.server.api.server import create_app

    uvicorn.run(Gate(create_app(), origins), host="127.0.0.1", port=port, log_level="critical", lifespan="on")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
