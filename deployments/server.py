"""Run Prefect's server with its pages, protected by an auth string and a check of hosts and origins.

python -m deployments.server [--port PORT] [--host HOST]      # `make server`
"""

import argparse
import contextlib
import errno
import os
import socket
import sys
import threading
from datetime import timedelta
from shlex import quote

from bakeoff.errors import BakeoffError, ConfigError, UserError
from bakeoff.runtime.one_line_parser import OneLineParser
from deployments.clock import schedule_runs_of_the_future, watch_clock
from flows.local.auth_string import SERVER_VARIABLE, auth_file, hold_auth_string
from flows.local.preflight import check_home
from flows.local.trusted_hosts import LOOPBACK, Gate, hold_origins

LOST_SECONDS = 30  # after which an event is handled without the one that should precede it
NO_IPV6 = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def main() -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit status."""
    parser = OneLineParser(prog="python -m deployments.server", description="Prefect's server with its pages.")
    parser.add_argument("--port", type=port_number, default=4200, help="default: %(default)s; 0: any that is free")
    parser.add_argument("--host", default=LOOPBACK[0], help="the address to listen at, default: %(default)s")
    try:
        options = parser.parse_args()
        check_home()
        return serve(options.host, options.port)
    except BakeoffError as error:
        print(f"server: {error}", file=sys.stderr)
        return error.exit_status


def port_number(text: str) -> int:
    """Parse a port number.

    Raises:
        ArgumentTypeError: the text is no port number.
    """
    if not text.isdecimal() or int(text) >= 1 << 16:  # the system would take a larger number modulo 65536
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def serve(host: str, port: int) -> int:
    """Serve at an address; returns the exit status.

    Raises:
        UserError: the address or the auth string can't be used.
    """
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(opened) for opened in listen(host, port)]
        port = sockets[0].getsockname()[1]
        pages = f"http://{LOOPBACK[0]}:{port}"
        auth_hint = f"they ask for what {SERVER_VARIABLE} says"
        if not os.environ.get(SERVER_VARIABLE):
            if host not in LOOPBACK:
                raise ConfigError(f"to listen at {host}, beyond this machine, set {SERVER_VARIABLE}")
            os.environ[SERVER_VARIABLE] = auth = held.enter_context(hold_auth_string(port))
            held.callback(os.environ.pop, SERVER_VARIABLE)
            path = auth_file(port)
            # Not in a log, which others may read.
            shown = f"{auth}, from {path}" if sys.stdout.isatty() else f"what stands in {path}"
            auth_hint = (
                f"they ask for an auth string: {shown}\n"
                "make train, predict, deploy and worker find it there; prefect's own commands need "
                f'export PREFECT_API_AUTH_STRING="$(cat {quote(str(path))})"'
            )
        origins = hold_origins(port)
        for name, value in {
            "PREFECT_SERVER_UI_API_URL": f"{pages}/api",
            "PREFECT_UI_URL": pages,
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
            # The default storage is in memory, so that a restart would end all runs that hold a concurrency slot.
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        }.items():
            os.environ.setdefault(name, value)
        import uvicorn
        from prefect.server.api.server import create_app

        mend_outages()
        schedule_runs_of_the_future()
        api_url = os.environ["PREFECT_SERVER_UI_API_URL"]
        print(
            f"Prefect's pages: {os.environ['PREFECT_UI_URL']}",
            auth_hint,
            f"to report there: export PREFECT_API_URL={api_url}",
            sep="\n",
            flush=True,
        )
        level = os.environ["PREFECT_SERVER_LOGGING_LEVEL"].lower()
        config = uvicorn.Config(
            Gate(create_app(final=True), origins),
            log_level=level,
            lifespan="on",
            proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,  # else whoever is on this machine could forge an address
        )
        server = uvicorn.Server(config)
        again = threading.Event()

        def start_again() -> None:
            again.set()
            server.should_exit = True

        watch_clock(start_again)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=sockets)
    if again.is_set():
        os.execv(sys.executable, [sys.executable, "-m", "deployments.server", "--host", host, "--port", str(port)])  # noqa: S606
    return 0 if server.started else 1


def mend_outages() -> None:
    """Change what Prefect does after an outage where it has no settings for it; its version is pinned."""
    from prefect.server.api import server
    from prefect.server.events.ordering import memory

    from deployments.rules import add_rules

    add_rules()

    # A state's event waits for that of the state before, which a server that was killed no longer knows: a run that
    # crashed for it was tried again only after a quarter of an hour.
    vars(memory)["PRECEDING_EVENT_LOOKBACK"] = timedelta(seconds=LOST_SECONDS)
    # While PostgreSQL restarts, the answer was 500, which clients take for the last word; they ask again after a 503.
    retryable = server.is_client_retryable_exception
    vars(server)["is_client_retryable_exception"] = lambda error: isinstance(error, OSError) or retryable(error)


def listen(host: str, port: int) -> list[socket.socket]:
    """Bind sockets to listen on; on loopback for both IPv4 and IPv6, so that `localhost` can't reach another program.

    Raises:
        UserError: the address can't be used.
    """
    sockets = [_bind(LOOPBACK[0] if host in LOOPBACK else host, port)]
    if host in LOOPBACK:
        try:
            sockets.append(_bind("::1", sockets[0].getsockname()[1]))
        except UserError as error:
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in NO_IPV6:
                raise
    return sockets


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise UserError(f"port {port} of {host} can't be used: {error}; give another: make server PORT=4300") from error
    return bound


if __name__ == "__main__":
    raise SystemExit(main())
