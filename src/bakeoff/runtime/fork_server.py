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

from bakeoff.errors import TrainingError, describe

DONE = object()
GROWN = 1 << 29  # bytes; a process that has grown by more is not reused


class _ToParent(logging.Handler):
    """Sends log records to the process that called the step."""

    def __init__(self, line: Connection) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args = record.getMessage(), ()
        record.exc_info = None
        self._line.send(("log", record))


def serve(control: socket.socket, preload: str | None = None) -> None:
    """Fork a process for each incoming connection and send it the exit status; end with the control socket.

    Args:
        control: socket that connections are received from.
        preload: `module:name` of a generator function that imports what steps need. Its first iteration runs before
            anything is forked, the others when no connection waits.
    """
    gc.disable()  # imports leave hardly any garbage, and collecting it takes a seventh of their time
    spare: Iterator[None] | None = _load(preload)() if preload else None
    if spare is not None:
        next(spare, None)
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    lines: dict[int, Connection] = {}
    asked = True
    while asked:
        ready, _, _ = select.select([control, woken], [], [], None if spare is None else 0)
        if spare is not None and not ready and next(spare, DONE) is DONE:
            spare = None
        if woken in ready:
            woken.recv(4096)
            _reap(lines)
        if control in ready:
            asked = _fork(control, lines, (control, woken, wake))
    for pid in lines:
        os.kill(pid, signal.SIGKILL)


def _fork(control: socket.socket, lines: dict[int, Connection], own: tuple[socket.socket, ...]) -> bool:
    """Fork a process for the next connection; False once the socket is closed."""
    asked, given, _, _ = socket.recv_fds(control, 1, 1)
    if not asked:
        return False
    line = Connection(given[0])
    with warnings.catch_warnings():
        # Python 3.12 warns of other threads that may hold a lock: those here are idle pools of imported libraries.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for mine in own:
            mine.close()
        for another in lines.values():
            another.close()
        _work(line)
    lines[pid] = line
    return True


def _reap(lines: dict[int, Connection]) -> None:
    while lines:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with lines.pop(pid) as line:
            try:
                line.send(("ended", status))
            except OSError:
                pass  # the caller has closed the connection


def _work(line: Connection) -> None:
    """Run steps one after the other in a forked process; never returns."""
    try:
        line.send(("pid", os.getpid()))
        gc.freeze()  # a collection would write to every page shared with the server
        gc.enable()
        begun_with, waits = _resident(), True
        while waits:
            here, name, args = line.recv()
            os.environ.clear()
            os.environ.update(here.environment)
            os.chdir(here.folder)
            with warnings.catch_warnings():  # warnings are shown once per step, not per process
                _log_to(line, here.log_level)
                outcome = _outcome(name, args)
            # A process that a step has left larger ends, and gives its memory back.
            waits = _resident() - begun_with < GROWN
            line.send(("waits", waits))
            line.send(outcome)
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


def _log_to(line: Connection, level: int) -> None:
    logger = logging.getLogger("bakeoff")
    logger.handlers, logger.propagate = [_ToParent(line)], False
    logger.setLevel(level)
    log_warnings()


def log_warnings() -> None:
    """Log each warning in one line, in the log of the step that caused it."""
    warnings.showwarning = _log_warning


def _log_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    text = " ".join(str(message).split())
    logging.getLogger("bakeoff.warnings").warning("%s: %s", category.__name__, text[:300])


def _outcome(name: str, args: Any) -> tuple[str, Any]:
    try:
        return "returned", _load(name)(*args)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301  our own
        except Exception:
            return "raised", TrainingError(describe(error))
        return "raised", error


def _load(path: str) -> Any:
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), *sys.argv[2:])
    os._exit(0)  # skip the interpreter's clean-up, which takes as long as a step
