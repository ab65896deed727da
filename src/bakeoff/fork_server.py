"""The process that steps are forked from: `python -m bakeoff.fork_server FD`, started by `bakeoff.apart`."""

import importlib
import logging
import os
import pickle
import select
import signal
import socket
import sys
import warnings
from multiprocessing.connection import Connection
from typing import Any

from bakeoff.engines import has_sklearnex
from bakeoff.errors import TrainingError, describe

# What most steps need, imported once before they are forked.
LIBRARIES = (
    "bakeoff.calibrating",
    "bakeoff.card",
    "bakeoff.challenge",
    "bakeoff.checks",
    "bakeoff.choosing",
    "bakeoff.evaluation",
    "bakeoff.preprocessing",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
)


class _ToParent(logging.Handler):
    """Hands log records to the process that asked for the step."""

    def __init__(self, line: Connection) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args = record.getMessage(), ()
        record.exc_info = None
        self._line.send(("log", record))


FASTER = ("sklearnex.ensemble", "sklearnex.linear_model")


def serve(control: socket.socket) -> None:
    """Fork a process for every line that comes in, and tell each line how its process ended, until nobody asks."""
    for name in LIBRARIES + FASTER * has_sklearnex():
        importlib.import_module(name)
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    lines: dict[int, Connection] = {}
    asked = True
    while asked:
        ready, _, _ = select.select([control, woken], [], [])
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
    """Be the process of one step; never returns."""
    try:
        line.send(("pid", os.getpid()))
        here, name, args, kwargs = line.recv()
        os.environ.clear()
        os.environ.update(here.environment)
        os.chdir(here.folder)
        _log_to(line, here.log_level)
        line.send(_outcome(name, args, kwargs))
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _log_to(line: Connection, level: int) -> None:
    logger = logging.getLogger("bakeoff")
    logger.handlers, logger.propagate = [_ToParent(line)], False
    logger.setLevel(level)
    warnings.showwarning = _log_warning


def _outcome(name: str, args: Any, kwargs: Any) -> tuple[str, Any]:
    module, function = name.split(":")
    try:
        return "returned", getattr(importlib.import_module(module), function)(*args, **kwargs)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301  our own
        except Exception:
            return "raised", TrainingError(describe(error))
        return "raised", error


def _log_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    text = " ".join(str(message).split())
    logging.getLogger("bakeoff.warnings").warning("%s: %s", category.__name__, text[:300])


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
