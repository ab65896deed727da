"""Steps in processes of their own: where a native library can neither hold up nor take down what runs beside it.

The forest of oneDAL keeps Python's global lock for as long as it fits, a library may end the process for want of
memory, and threads share one count of BLAS threads. So each step gets a process, forked from a server that has the
libraries imported already (`bakeoff.runtime.fork_server`), which costs some ten milliseconds; one that is done, and
has not grown, waits for another step, since a new one would copy what it touches of the server's memory again. The
standard library's fork server would run the program's main module again in each of them.
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
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from bakeoff.errors import OutOfTimeError, TrainingError
from bakeoff.runtime.threads import cpu_count

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

OUT_OF_TIME = "stopped at the end of time_budget"

_starting = threading.Lock()
_server: "ForkServer | None" = None


class ProcessContext(NamedTuple):
    """What a step finds as the one who asks for it has it."""

    environment: dict[str, str]
    folder: Path
    log_level: int


@dataclass
class WorkerConnection:
    """To a process that was forked, or is about to be; its `pid` is None until it has told it."""

    connection: Connection
    pid: int | None = None

    def close(self) -> None:
        """The process ends, as soon as it looks for another step."""
        self.connection.close()


class ForkServer:
    """The process that steps are forked from; it ends, and all that it forked, when this process does.

    Args:
        preload: as `start_fork_server`.
    """

    def __init__(self, preload: str | None = None) -> None:
        self._socket, theirs = socket.socketpair()
        environment = {**os.environ, **ONE_THREAD}
        # Dask gives it to its workers, to keep them small. Where it is set every larger array is mapped anew and filled
        # with zeros, which costs a fit up to a fifth; a step's process ends when it has grown.
        environment.pop("MALLOC_TRIM_THRESHOLD_", None)
        # A session of its own keeps Ctrl-C from ending steps before the run could say what becomes of them.
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bakeoff.runtime.fork_server",
                str(theirs.fileno()),
                *([preload] if preload else []),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=environment,
        )
        theirs.close()
        self.owner = os.getpid()
        self.under_way: set[int] = set()
        self.places = threading.BoundedSemaphore(cpu_count())
        self._idle: deque[WorkerConnection] = deque()
        atexit.register(self.stop)

    def line(self) -> WorkerConnection:
        """A line to a process that waits for what to do: one that has done something before, or a new one.

        Raises:
            OSError: the server is gone.
        """
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                return WorkerConnection(self._fork())
            if not line.connection.poll():
                return line
            line.close()  # it has ended meanwhile

    def keep(self, line: WorkerConnection) -> None:
        """Let the process wait for another step."""
        self._idle.append(line)

    def _fork(self) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._socket, [b"+"], [theirs.fileno()])
        return Connection(ours.detach())

    def stop(self) -> None:
        """End it; what it forked ends, too."""
        self._socket.close()
        while self._idle:
            self._idle.pop().close()
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


def start_fork_server(preload: str | None = None) -> ForkServer:
    """Start the server that steps are forked from, where none runs yet: it imports the libraries meanwhile.

    Args:
        preload: `module:name` of a generator function that imports them, a part at each step; without it each step's
            process imports what it needs.
    """
    global _server  # noqa: PLW0603  one for the whole process
    with _starting:
        if _server is None or not _server.serves():
            _server = ForkServer(preload)
        return _server


def stop_fork_server() -> None:
    """End the server, where one runs."""
    if _server is not None and _server.serves():
        _server.stop()


def run_in_process(path: str, *args: Any, deadline: float | None = None) -> Any:
    """Run a function in a process of its own; what it returns, raises and logs comes out here.

    Arguments and result are pickled: give references to files, not rows. As many run at once as there are cores; who
    asks for one more waits.

    Args:
        path: `module:name`, of a module that doesn't import Prefect. This process need not import it.
        deadline: when it is ended if it is not done, in seconds since 1970.

    Raises:
        OutOfTimeError: it was not done by then.
        TrainingError: the process ended before the function did.
    """
    server = start_fork_server()
    with _core(server, deadline):
        line = server.line()
        server.under_way.add(id(line))
        try:
            kind, content = _await_result(line, path, args, deadline)
        finally:
            server.under_way.discard(id(line))
            if line.pid is None:
                line.close()
            else:
                server.keep(line)
    if kind == "returned":
        return content
    raise content if kind == "raised" else TrainingError(_describe_end(content))


@contextlib.contextmanager
def _core(server: ForkServer, deadline: float | None) -> Iterator[None]:
    """A core to run on, when there is one."""
    left = None if deadline is None else max(0.0, deadline - time.time())
    if left == 0 or not server.places.acquire(timeout=left):
        raise OutOfTimeError(OUT_OF_TIME)
    try:
        yield
    finally:
        server.places.release()


def _await_result(line: WorkerConnection, path: str, args: Any, deadline: float | None) -> tuple[str, Any]:
    """How the step ends; the line has a pid afterwards if its process waits for another one."""
    here = ProcessContext({**os.environ, **ONE_THREAD}, Path.cwd(), logging.getLogger("bakeoff").getEffectiveLevel())
    waits = False
    try:
        line.connection.send((here, path, args))
        while True:
            if line.pid is not None and _is_late(line.connection, deadline):
                raise OutOfTimeError(OUT_OF_TIME)
            kind, content = line.connection.recv()
            if kind == "log":
                _log(content)
            elif kind == "pid":
                line.pid = content
            elif kind == "waits":
                waits = content
            else:
                line.pid = line.pid if waits else None
                return kind, content
    except (EOFError, ConnectionError):
        line.pid = None  # it may be another's by now
        raise TrainingError("the server of its process ended") from None
    except BaseException:  # interrupted, or out of time
        if line.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(line.pid, signal.SIGKILL)
            line.pid = None
        raise


def _is_late(connection: Connection, deadline: float | None) -> bool:
    return deadline is not None and not connection.poll(max(0.0, deadline - time.time()))


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
