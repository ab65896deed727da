"""The fork server as its callers see it: it starts worker processes and hands out connections to them."""

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bakeoff.runtime.cores import Cores
from bakeoff.runtime.threads import cpu_count

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

_starting = threading.Lock()
_server: "ForkServer | None" = None


@dataclass
class WorkerConnection:
    """The connection to a worker process; `pid` is None until the process has sent it."""

    connection: Connection
    pid: int | None = None

    def close(self) -> None:
        """Close the connection; the process then ends before its next step."""
        self.connection.close()


class ForkServer:
    """The process that steps are forked from. It ends with this process, and so do the processes it forked.

    Args:
        preload: as for `start_fork_server`.

    Attributes:
        owner: the id of the process that started it; a process forked from that one can't use it.
        under_way: the `id` of each connection whose process runs a step.
        cores: each is held while a step runs.
    """

    def __init__(self, preload: str | None = None) -> None:
        self._socket, theirs = socket.socketpair()
        environment = {**os.environ, **ONE_THREAD}
        # Dask sets this in its workers to limit their memory. Every large array is then mapped anew and zeroed, which
        # makes a fit up to a fifth slower; and a step's process that has grown ends anyway.
        environment.pop("MALLOC_TRIM_THRESHOLD_", None)
        # A session of its own, so that Ctrl-C does not end steps before the run has recorded its state.
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
        self.cores = Cores(cpu_count())
        self._idle: deque[WorkerConnection] = deque()
        atexit.register(self.stop)

    def worker(self) -> WorkerConnection:
        """A connection to an idle process, or to a new one if none is idle.

        Raises:
            OSError: the server is gone.
        """
        while True:
            try:
                worker = self._idle.pop()
            except IndexError:
                return WorkerConnection(self._fork())
            if not worker.connection.poll():
                return worker
            worker.close()  # the process has ended

    def keep(self, worker: WorkerConnection) -> None:
        """Keep the process for another step."""
        self._idle.append(worker)

    def _fork(self) -> Connection:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.send_fds(self._socket, [b"+"], [theirs.fileno()])
            return Connection(ours.detach())

    def stop(self) -> None:
        """End the server and the processes it forked."""
        self._socket.close()
        while self._idle:
            self._idle.pop().close()
        if self.owner != os.getpid():
            return
        if self.under_way:  # the server kills its processes once the socket is closed
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
        self._process.kill()
        self._process.wait()

    def serves(self) -> bool:
        """Whether the server runs and was started by this process, so that processes can be requested from it."""
        return self.owner == os.getpid() and self._process.poll() is None


def start_fork_server(preload: str | None = None) -> ForkServer:
    """Start the fork server unless it is running; it imports the libraries in the background.

    Args:
        preload: `module:name` of a generator function that imports the libraries, some at each iteration; without it
            each process imports what it needs.
    """
    global _server  # noqa: PLW0603  one for the whole process
    with _starting:
        if _server is None or not _server.serves():
            _server = ForkServer(preload)
        return _server


def stop_fork_server() -> None:
    """Stop the fork server if it is running."""
    if _server is not None and _server.serves():
        _server.stop()
