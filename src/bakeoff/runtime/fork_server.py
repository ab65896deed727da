"""The fork server, `python -m bakeoff.runtime.fork_server FD [PRELOAD]`: forks a process for each connection."""

import gc
import importlib
import logging
import os
import pickle
import select
import signal
import socket
import sys
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bakeoff.errors import TrainingError, describe, keep_code

DONE = object()
GROWN = 1 << 29  # bytes; a process that has grown by more is not reused


class _ToParent(logging.Handler):
    """Sends log records to the process that called the step."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args = record.getMessage(), ()
        record.exc_info = None
        self._connection.send(("log", record))


def serve(control: socket.socket, preload: str | None = None) -> None:
    """Fork a process for each connection received, and send its exit status there, until the control socket closes.

    Args:
        control: the socket that connections are received from, as file descriptors.
        preload: `module:name` of a generator function that imports what steps need. Its first iteration runs before
            anything is forked, the others while no connection waits.
    """
    gc.disable()  # imports leave hardly any garbage, and collecting it takes a seventh of their time
    imports: Iterator[None] | None = _load(preload)() if preload else None
    if imports is not None:
        next(imports, None)
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    connections: dict[int, Connection] = {}
    is_open = True
    while is_open:
        ready, _, _ = select.select([control, woken], [], [], None if imports is None else 0)
        if imports is not None and not ready and next(imports, DONE) is DONE:
            imports = None
        if woken in ready:
            woken.recv(4096)
            _reap(connections)
        if control in ready:
            is_open = _fork(control, connections, (control, woken, wake))
    for pid in connections:
        os.kill(pid, signal.SIGKILL)


def _fork(control: socket.socket, connections: dict[int, Connection], own: tuple[socket.socket, ...]) -> bool:
    """Fork a process for the next connection; return False once the control socket is closed.

    Args:
        control: the control socket.
        connections: the connection to each living process by its pid; the new one is added.
        own: sockets that the forked process must close.
    """
    data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    if not data:
        return False
    connection = Connection(descriptors[0])
    with warnings.catch_warnings():
        # Python 3.12 warns of other threads that may hold a lock: those here are idle pools of imported libraries.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for mine in own:
            mine.close()
        for another in connections.values():
            another.close()
        _work(connection)
    connections[pid] = connection
    return True


def _reap(connections: dict[int, Connection]) -> None:
    """Send the status of each process that has ended over its connection, and forget it."""
    while connections:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with connections.pop(pid) as connection:
            try:
                connection.send(("ended", status))
            except OSError:
                pass  # the caller has closed the connection


def _work(connection: Connection) -> None:
    """Run steps one after the other in a forked process; never returns."""
    try:
        connection.send(("pid", os.getpid()))
        gc.freeze()  # a collection would write to every page shared with the server
        gc.enable()
        resident_before, can_be_reused = _resident(), True
        while can_be_reused:
            context, name, args = connection.recv()
            os.environ.clear()
            os.environ.update(context.environment)
            os.chdir(context.folder)
            with warnings.catch_warnings():  # warnings are shown once per step, not per process
                _log_to(connection, context.log_level)
                outcome = _outcome(name, args)
            # A process that has grown ends, which gives its memory back.
            can_be_reused = _resident() - resident_before < GROWN
            connection.send(("waits", can_be_reused))
            connection.send(outcome)
    except (EOFError, ConnectionError):
        pass  # the caller is gone
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _resident() -> int:
    """Resident memory in bytes; 0 if unknown."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _log_to(connection: Connection, level: int) -> None:
    """Send the log records of `bakeoff`, and warnings, over a connection."""
    logger = logging.getLogger("bakeoff")
    logger.handlers, logger.propagate = [_ToParent(connection)], False
    logger.setLevel(level)
    log_warnings()


def log_warnings() -> None:
    """Log each warning in one line, in the log of the step that caused it."""
    warnings.showwarning = _log_warning


def _log_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    text = " ".join(str(message).split())
    logging.getLogger("bakeoff.warnings").warning("%s: %s", category.__name__, text[:300])


def _outcome(name: str, args: Any) -> tuple[str, Any]:
    """Run a step; return `returned` with its result, or `raised` with its error."""
    try:
        return "returned", _load(name)(*args)
    except Exception as error:
        keep_code(error)
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301  pickled here; some errors can be pickled but not unpickled
        except Exception:
            return "raised", TrainingError(describe(error))
        return "raised", error


def _load(path: str) -> Any:
    """Import what `module:name` names."""
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    os.dup2(2, 1)  # what libraries print must not end up among a command's results
    serve(socket.socket(fileno=int(sys.argv[1])), *sys.argv[2:])
    os._exit(0)  # skip the interpreter's clean-up, which takes as long as a step
