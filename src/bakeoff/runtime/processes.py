"""Run a function in a process forked from the fork server, so that a crash or a held GIL stays there.

oneDAL's forest holds the GIL while it fits, a library that runs out of memory ends its process, and the number of BLAS
threads is one per process. So each step runs in a process forked from a server that has imported the libraries
(`bakeoff.runtime.fork_server`), which takes about ten milliseconds. A process that has not grown is reused: a new one
would copy the server's memory pages again. The standard library's fork server would import the program's main module
in each process.
"""

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from bakeoff.errors import OutOfTimeError, ProcessEndedError, StepLostError
from bakeoff.runtime.cores import OUT_OF_TIME, Expectation
from bakeoff.runtime.workers import ONE_THREAD, WorkerConnection, start_fork_server

SERVER_ENDED = "the server of its process ended"


class ProcessContext(NamedTuple):
    """The caller's environment, working directory and log level, which a step runs with."""

    environment: dict[str, str]
    folder: Path
    log_level: int


def run_in_process(
    path: str,
    *args: Any,
    deadline: float | None = None,
    expected: Expectation | None = None,
    make_way: Callable[[], None] | None = None,
) -> Any:
    """Run a function in a process of its own, and pass its result, errors and log records on to the caller.

    Arguments and result are pickled: pass references to files, not rows. At most one function runs per core; further
    calls wait.

    Args:
        path: `module:name` of the function, in a module that does not import Prefect; it is not imported here.
        deadline: when to kill it, in seconds since the epoch; None for never.
        expected: the time it is expected to take; it is paused for faster ones once it has outrun that. None for never.
        make_way: called once, in this thread, when it has to wait or has outrun the time it was expected to take.

    Returns:
        What the function returns.

    Raises:
        OutOfTimeError: it was not done by the deadline.
        ProcessEndedError: the process ended before the function did.
        StepLostError: the server of the processes ended.
        Exception: what the function raises.
    """
    server = start_fork_server()
    notice = _Notice(expected, make_way)
    with server.cores.hold(expected, deadline, notice.give) as claim:
        try:
            worker = server.worker()
        except OSError:
            raise StepLostError(SERVER_ENDED) from None
        server.under_way.add(id(worker))
        try:
            kind, content = _await_result(worker, path, args, deadline, partial(server.cores.attach, claim), notice)
        finally:
            server.cores.detach(claim)  # the process may take another step
            server.under_way.discard(id(worker))
            if worker.pid is None:
                worker.close()
            else:
                server.keep(worker)
    if kind == "returned":
        return content
    raise content if kind == "raised" else ProcessEndedError(_describe_end(content))


def _await_result(
    worker: WorkerConnection,
    path: str,
    args: Any,
    deadline: float | None,
    attach: Callable[[int | None], None],
    notice: "_Notice",
) -> tuple[str, Any]:
    """Run the step and return how it ended; the connection keeps its pid only if the process can be reused.

    Returns:
        `returned` with the result, `raised` with the error, or `ended` with the process's status as from `os.waitpid`.
    """
    context = ProcessContext({**os.environ, **ONE_THREAD}, Path.cwd(), logging.getLogger("bakeoff").getEffectiveLevel())
    can_be_reused = False
    try:
        worker.connection.send((context, path, args))
        attach(worker.pid)
        while True:
            notice.watch(worker.connection)
            if worker.pid is not None and _is_late(worker.connection, deadline):
                raise OutOfTimeError(OUT_OF_TIME)
            kind, content = worker.connection.recv()
            if kind == "log":
                _log(content)
            elif kind == "pid":
                worker.pid = content
                attach(content)
            elif kind == "waits":
                can_be_reused = content
            else:
                worker.pid = worker.pid if can_be_reused else None
                return kind, content
    except (EOFError, ConnectionError):
        worker.pid = None  # the pid may be reused by now
        attach(None)
        raise StepLostError(SERVER_ENDED) from None
    except BaseException:  # interrupted, or out of time
        attach(None)
        if worker.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)
            worker.pid = None
        raise


class _Notice:
    """Tells once that a step has to wait, or has outrun the time it was expected to take."""

    def __init__(self, expected: Expectation | None, make_way: Callable[[], None] | None) -> None:
        self._make_way = make_way
        self._most = None if expected is None else expected.most
        self._due: float | None = None

    def give(self) -> None:
        if self._make_way is not None:
            self._make_way()
            self._make_way = None

    def watch(self, connection: Connection) -> None:
        """Wait for a message of the step, but no longer than it was expected to run."""
        if self._make_way is None or self._most is None:
            return
        self._due = self._due or time.monotonic() + self._most
        if not connection.poll(max(0.0, self._due - time.monotonic())):
            self.give()


def _is_late(connection: Connection, deadline: float | None) -> bool:
    """Wait until a message arrives or the deadline is past; return whether it is the latter."""
    return deadline is not None and not connection.poll(max(0.0, deadline - time.time()))


def _log(record: logging.LogRecord) -> None:
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


def _describe_end(status: int) -> str:
    """Say how a process ended, in a sentence; the status is as from `os.waitpid`."""
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL:
        return "its process was killed, as the system does when memory runs out; use fewer rows, or more memory"
    ended = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
    return f"its process ended {ended} before it was done"
