"""Run a flow from the command line: `python -m flows.training` and `python -m flows.prediction`."""

import contextlib
import gc
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn

from bakeoff.config.base import RunConfig
from bakeoff.config.flags import Output, read_command
from bakeoff.errors import BakeoffError, UserError
from bakeoff.runtime.workers import stop_fork_server
from flows.local.connection import connected_server, send_all, wait_until_recorded
from flows.local.interrupts import TELL_SECONDS, Ending
from flows.local.preflight import check_home
from flows.local.server import answers

if TYPE_CHECKING:
    from flows.local.flow_run import OwnRun


# Modules that Prefect imports when its first flow runs. That takes a quarter of a second, which this process has to
# spare while it waits for the server.
PRELOAD = ("fastapi.encoders", "prefect.utilities.visualization")
# Loggers that report a lost server or Dask scheduler at every event and log line; one line at the end is enough.
TALKATIVE = ("prefect.events.clients", "prefect._internal.concurrency", "distributed.client")
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_CLIENT_MAX_RETRIES": "4",  # they take half a minute per request if the server is away
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # The library logs what happens; Prefect's lines would repeat it for each state.
    "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LOGGERS_PREFECT_FLOW_RUNS_LEVEL": "CRITICAL",
}


def main(
    name: str,
    model: type[RunConfig],
    check: Callable[[Any], object],
    show: Callable[[Any, bool], str],
    picture: str | None = None,
) -> int:
    """Run a flow once and return the exit status.

    Errors in the command line are reported before anything is started, errors in the data before the flow is entered.
    The embedded server starts and Prefect is imported in the meantime.

    Args:
        name: the flow's name, and its module's.
        model: the flow's config.
        check: called with the config, in a thread; raises a `BakeoffError` if the flow would fail with it.
        show: formats the flow's result, as one JSON object if its second argument is True.
        picture: `module:name` of a context manager that shows the run on a terminal; None to show log lines.
    """
    gc.disable()  # imports make hardly any garbage, and collecting it takes a tenth of their time
    if not os.environ.get("PREFECT_API_URL"):
        os.environ.pop("PREFECT_API_URL", None)  # empty means unset, which not all parts of Prefect know
    for key, value in QUIET.items():
        os.environ.setdefault(key, value)
    ending = Ending(name)
    try:
        config, output = read_command(model, sys.argv[1:], f"python -m flows.{name}")
        config = config.at(None)
        check_home()
        if output.quiet or not sys.stderr.isatty():
            picture = None
        if picture or output.quiet:
            os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "WARNING")
        with connected_server(quiet=output.quiet) as ready, ending.reported_first():
            with ThreadPoolExecutor(1) as pool:
                checking = pool.submit(check, config)
                flow = _load(f"flows.{name}:{name}")
                preload_prefect()
                gc.freeze()
                gc.enable()
                if (url := os.environ.get("PREFECT_API_URL")) and answers(url):
                    ready()
                checking.result()
            embedded = ready()
            showing = _load(picture) if picture else contextlib.nullcontext
            run = ending.run = _load("flows.local.flow_run:OwnRun")(flow, config, ending.take_signals)
            following = _load("tasks.runs.follow_up:alone") if embedded else contextlib.nullcontext
            with following(), showing():
                _run(run)
            ending.status = _report(name, run, show, output)
            if run.tell("cancelled", time.monotonic() + TELL_SECONDS):
                send_all()
                if embedded:
                    wait_until_recorded(run.flow_run.id)
            else:
                why = f": {run.unreported}" if run.unreported else ""
                print(f"{name}: the run's state could not be reported to the server{why}", file=sys.stderr)
            return ending.status
    except BakeoffError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return ending.status
    finally:
        gc.enable()


def preload_prefect() -> None:
    """Import the modules that Prefect imports when its first flow runs."""
    for module in PRELOAD:
        importlib.import_module(module)


def exit_process(status: int) -> NoReturn:
    """End the process without the interpreter's clean-up, which takes half a second."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stop_fork_server()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _run(run: "OwnRun") -> None:
    """Run the flow; an interrupt after it has returned its result doesn't raise, but still cuts short what follows."""
    logging.raiseExceptions = False
    for logger in TALKATIVE:
        # Not a level: Prefect would reset it the next time it sets up logging.
        logging.getLogger(logger).addFilter(lambda _: False)
    try:
        with _load("tasks.runs.heartbeat:disable_prefect_heartbeats")():
            run.run()
    except KeyboardInterrupt:
        if not run.is_delivered:
            raise


def _report(name: str, run: "OwnRun", show: Callable[[Any, bool], str], output: Output) -> int:
    """Print the flow's result, or why it has none; returns the exit status."""
    if run.is_delivered:
        (result,) = run.outcome
        if run.note and not output.quiet and sys.stderr.isatty():  # else a log line says it
            print(f"{name}: {run.note}", file=sys.stderr)
        print(result if output.quiet and not output.json else show(result, output.json), flush=True)
        return 0
    print(f"{name}: {run.failure}", file=sys.stderr)
    return error.exit_status if isinstance(error := run.error, UserError) else 1


def lazy_call(path: str) -> Callable[..., Any]:
    """Return a function that imports `module:name` only when it is called."""

    def call(*args: Any) -> Any:
        return _load(path)(*args)

    return call


def _load(path: str) -> Any:
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)
