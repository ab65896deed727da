"""Steps in processes of their own: where a native library can neither hold up nor take down what runs beside it.

The forest of oneDAL keeps Python's global lock for as long as it fits, a library may end the process for want of
memory, and threads share one count of BLAS threads. So each step gets a process, forked from a server that has the
libraries imported already (`bakeoff.fork_server`), which costs some ten milliseconds. The standard library's fork
server would run the program's main module again in each of them.
"""

import atexit
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from bakeoff.errors import OutOfTimeError, TrainingError

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

OUT_OF_TIME = "stopped at the end of time_budget"

_starting = threading.Lock()
_server: "ForkServer | None" = None


class Surroundings(NamedTuple):
    """What a step finds as the one who asks for it has it."""

    environment: dict[str, str]
    folder: Path
    log_level: int


class ForkServer:
    """The process that steps are forked from; it ends, and all that it forked, when this process does."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        # A session of its own keeps Ctrl-C from ending steps before the run could say what becomes of them.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bakeoff.fork_server", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
        theirs.close()
        self.owner = os.getpid()
        self.under_way: set[Connection] = set()
        atexit.register(self.stop)

    def fork(self) -> Connection:
        """A line to a new process, which waits for what to do.

        Raises:
            OSError: the server is gone.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._socket, [b"+"], [theirs.fileno()])
        return Connection(ours.detach())

    def stop(self) -> None:
        """End it; what it forked ends, too."""
        self._socket.close()
        if self.owner != os.getpid():
            return
        if self.under_way:  # it ends them, as soon as it sees that nobody asks any more
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
        self._process.kill()
        self._process.wait()

    def serves(self) -> bool:
        """Whether it can be asked for another process by this one."""
        return self.owner == os.getpid() and self._process.poll() is None


def start_server() -> ForkServer:
    """Start the server that steps are forked from, where none runs yet: it imports the libraries meanwhile."""
    global _server  # noqa: PLW0603  one for the whole process
    with _starting:
        if _server is None or not _server.serves():
            _server = ForkServer()
        return _server


def stop_server() -> None:
    """End the server, where one runs."""
    if _server is not None and _server.serves():
        _server.stop()


def run_apart(path: str, *args: Any, deadline: float | None = None) -> Any:
    """Run a function in a process of its own; what it returns, raises and logs comes out here.

    Arguments and result are pickled: give references to files, not rows.

    Args:
        path: `module:name`, of a module that doesn't import Prefect. This process need not import it.
        deadline: when it is ended if it is not done, in seconds since 1970.

    Raises:
        OutOfTimeError: it was not done by then.
        TrainingError: the process ended before the function did.
    """
    if deadline is not None and time.time() >= deadline:
        raise OutOfTimeError(OUT_OF_TIME)
    server = start_server()
    with server.fork() as line:
        server.under_way.add(line)
        try:
            return _listen(line, path, args, deadline)
        finally:
            server.under_way.discard(line)


def _listen(line: Connection, path: str, args: Any, deadline: float | None) -> Any:
    here = Surroundings({**os.environ, **ONE_THREAD}, Path.cwd(), logging.getLogger("bakeoff").getEffectiveLevel())
    pid = None
    try:
        line.send((here, path, args))
        while True:
            if pid is not None and deadline is not None and not line.poll(max(0.0, deadline - time.time())):
                raise OutOfTimeError(OUT_OF_TIME)
            kind, content = line.recv()
            if kind == "log":
                _log(content)
            elif kind == "pid":
                pid = content
            else:
                pid = None
                return _end(kind, content)
    except (EOFError, ConnectionError):
        pid = None  # it may be another's by now
        raise TrainingError("the server of its process ended") from None
    finally:
        if pid is not None:  # interrupted, or out of time
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _end(kind: str, content: Any) -> Any:
    if kind == "returned":
        return content
    raise content if kind == "raised" else TrainingError(_describe_end(content))


def _log(record: logging.LogRecord) -> None:
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


def _describe_end(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL:
        return "its process was killed, as the system does when memory runs out; use fewer rows, or more memory"
    ended = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
    return f"its process ended {ended} before it was done"
