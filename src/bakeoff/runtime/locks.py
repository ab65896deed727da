"""Locks on files, which end with the process that holds them, however it ends."""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from bakeoff.runtime.files import open_regular

QUIET_SECONDS = 1.0  # another writer is usually done within it; a longer wait is said

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, which is made where there is none."""
    descriptor = open_regular(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not try_lock(descriptor, QUIET_SECONDS):
            logger.warning("waiting for another process that writes to %s", path.parent)
            lock(descriptor)
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
            try_lock(descriptor, seconds)
        yield


def lock(file: int | IO[str]) -> None:
    """Wait for an exclusive lock on an open file; it ends when the file is closed here and in every forked process.

    Raises:
        OSError: the file system has no locks.
    """
    fcntl.flock(file, fcntl.LOCK_EX)


def try_lock(file: int | IO[str], seconds: float = 0.0, *, shared: bool = False) -> bool:
    """Whether an open file could be locked within so many seconds; the lock ends as that of `lock`.

    Args:
        shared: with others that share it; a file that is open for reading alone can be locked so on NFS too.

    Raises:
        OSError: the file system has no locks.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        else:
            return True
