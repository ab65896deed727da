"""The process that steps are forked from: `python -m bakeoff.runtime.fork_server FD [PRELOAD]`."""

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
from bakeoff.runtime.log_warnings import log_warnings

DONE = object()
GROWN = 1 << 29  # bytes; a process that has grown by more takes no other step


class _ToParent(logging.Handler):
    """Hands log records to the process that asked for the step."""

    def __init__(self, line: Connection) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args = record.getMessage(), ()
        record.exc_info = None
        self._line.send(("log", record))


def serve(control: socket.socket, preload: str | None = None) -> None:
    """Fork a process for every line that comes in, and tell each line how its process ended, until nobody asks.

    Args:
        control: where lines come in.
        preload: `module:name` of a generator function that imports what steps need. Its first part is imported before
            anything is forked, each further one when nobody asks for a step.
    """
    gc.disable()  # imports make hardly any garbage, and looking for it takes a seventh of their time
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
    """Begin a step for the line that comes in; False where none does any more."""
    asked, given, _, _ = socket.recv_fds(control, 1, 1)
    if not asked:
        return False
    line = Connection(given[0])
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
                pass  # it had all it wanted


def _work(line: Connection) -> None:
    """Be a process of steps, one after the other; never returns."""
    try:
        line.send(("pid", os.getpid()))
        gc.freeze()  # a collection would write into every page that is shared with the server
        gc.enable()
        begun_with, waits = _resident(), True
        while waits:
            here, name, args = line.recv()
            os.environ.clear()
            os.environ.update(here.environment)
            os.chdir(here.folder)
            with warnings.catch_warnings():  # each step tells of all of its own
                _log_to(line, here.log_level)
                outcome = _outcome(name, args)
            # What a step has left behind in memory goes with the process.
            waits = _resident() - begun_with < GROWN
            line.send(("waits", waits))
            line.send(outcome)
    except (EOFError, ConnectionError):
        pass  # nobody asks any more
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _resident() -> int:
    """Bytes of memory; 0 where the system doesn't say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _log_to(line: Connection, level: int) -> None:
    logger = logging.getLogger("bakeoff")
    logger.handlers, logger.propagate = [_ToParent(line)], False
    logger.setLevel(level)
    log_warnings()


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
    os._exit(0)  # there is nothing to clear up, which would take as long as a step
