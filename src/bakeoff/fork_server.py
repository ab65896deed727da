"""The process that steps are forked from: `python -m bakeoff.fork_server FD`, started by `bakeoff.apart`."""

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

from bakeoff.engines import has_sklearnex
from bakeoff.errors import TrainingError, describe
from bakeoff.warned import log_warnings

# What steps need, imported once before they are forked: first what the check of a config and the rows do.
FIRST = ("bakeoff.checks", "bakeoff.preparing", "bakeoff.steps", "sklearn.datasets", "sklearn.model_selection")
THEN = (
    "bakeoff.calibrating",
    "bakeoff.card",
    "bakeoff.challenge",
    "bakeoff.choosing",
    "bakeoff.evaluation",
    "bakeoff.reporting",
    "bakeoff.validation",
    "sklearn.calibration",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
)
GROWN = 1 << 29  # bytes; a process that has grown by more takes no other step
FASTER = ("sklearnex.ensemble", "sklearnex.linear_model")


class _ToParent(logging.Handler):
    """Hands log records to the process that asked for the step."""

    def __init__(self, line: Connection) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args = record.getMessage(), ()
        record.exc_info = None
        self._line.send(("log", record))


def serve(control: socket.socket) -> None:
    """Fork a process for every line that comes in, and tell each line how its process ended, until nobody asks."""
    gc.disable()  # imports make hardly any garbage, and looking for it takes a seventh of their time
    for name in FIRST:
        importlib.import_module(name)
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    lines: dict[int, Connection] = {}
    asked = True
    spare: Iterator[bool] | None = get_ready()
    while asked:
        ready, _, _ = select.select([control, woken], [], [], None if spare is None else 0)
        if spare is not None and not ready and not next(spare, None):
            spare = None
        if woken in ready:
            woken.recv(4096)
            _reap(lines)
        if control in ready:
            asked = _fork(control, lines, (control, woken, wake))
    for pid in lines:
        os.kill(pid, signal.SIGKILL)


def get_ready() -> Iterator[bool]:
    """Import what is left, a module at a time, and warm up; between two of them a step may be asked for."""
    for name in THEN + FASTER * has_sklearnex():
        importlib.import_module(name)
        yield True
    warm_up()


def warm_up() -> None:
    """Do once, while nobody asks for a step, what libraries do when they are first used: each step would do it again.

    No thread may come of it, since a fork takes along none.
    """
    import pandas as pd

    from bakeoff.classifiers import CLASSIFIERS
    from bakeoff.config import CrossValidationConfig
    from bakeoff.contestant import Contestant
    from bakeoff.engines import choose_engine
    from bakeoff.environment import digest_code
    from bakeoff.features import Feature
    from bakeoff.folding import split_folds
    from bakeoff.out_of_fold import describe_rows
    from bakeoff.preprocessing import build_pipeline, fit_pipeline

    X = pd.DataFrame({"number": [float(row) for row in range(40)], "text": ["a", "b"] * 20})
    y = X["number"].to_numpy().astype(int) % 3
    features = [Feature("number", "float64", "number"), Feature("text", "str", "category")]
    split_folds(CrossValidationConfig(), y)
    digest_code()
    for name in CLASSIFIERS:
        parameters = {"n_estimators": 2} if name == "random_forest" else {}
        engine = choose_engine("sklearnex", name, len(X))
        contestant = Contestant(name, parameters, "auto", "accuracy", "auto", engine)
        pipeline, _ = fit_pipeline(build_pipeline(contestant, features), X, y)
        describe_rows(pipeline, X, ["0", "1", "2"])


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
    module, function = name.split(":")
    try:
        return "returned", getattr(importlib.import_module(module), function)(*args)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301  our own
        except Exception:
            return "raised", TrainingError(describe(error))
        return "raised", error


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # there is nothing to clear up, which would take as long as a step
