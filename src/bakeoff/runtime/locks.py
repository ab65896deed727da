"""Taking turns: a lock on a file that ends with its process."""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from bakeoff.runtime.files import open_regular

QUIET_SECONDS = 1.0  # another writer is usually done within it; a longer wait is said

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system lets go of it when the process ends, however it ends."""
    descriptor = open_regular(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not _locked_within(descriptor, QUIET_SECONDS):
            logger.warning("waiting for another process that writes to %s", path.parent)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # which lets go of it


@contextlib.contextmanager
def locked_if_possible(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock where there is one that can be had within so many seconds; else go on without. Nothing is made."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # no store yet, or one that can only be read
            descriptor = open_regular(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            stack.callback(os.close, descriptor)
            _locked_within(descriptor, seconds)
        yield


def _locked_within(descriptor: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        else:
            return True
