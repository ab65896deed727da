"""What the tests of `bakeoff.runtime.processes` run in processes of their own."""

import logging
import os
import signal
import time
import warnings
from pathlib import Path

from bakeoff.errors import DataError, WriteError

logger = logging.getLogger("bakeoff.training.fit")
KEPT = []


class OddError(Exception):
    """It can't be pickled: whoever makes it anew has one argument, not two."""

    def __init__(self, what, why):
        super().__init__(f"{what}: {why}")


def double(number, say=None):
    if say:
        logger.info("%s", say)
        warnings.warn("in two\n   lines", stacklevel=2)
    return os.getpid(), 2 * number


def keep_megabytes(number):
    KEPT.append(b"x" * (number << 20))
    return os.getpid()


def refuse():
    raise DataError("these rows")


def fail_wrapped(code):
    """Fail by an error of ours that the system's has caused."""
    try:
        raise OSError(code, "refused")
    except OSError as error:
        raise WriteError("it could not be written") from error


def fail_oddly():
    raise OddError("this", "that")


def end(status):
    os._exit(status)


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def threads():
    import sklearn.ensemble  # noqa: F401  with BLAS and OpenMP
    from threadpoolctl import threadpool_info

    return {each["num_threads"] for each in threadpool_info()}


def sleep(path, seconds):
    path.write_text(str(os.getpid()))
    time.sleep(seconds)


def span(seconds):
    began = time.monotonic()
    time.sleep(seconds)
    return began, time.monotonic()


def surroundings(variable):
    return str(Path.cwd()), os.environ[variable]
