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

QUIET_SECONDS = 1.0  # most writers are done by then; a longer wait is logged

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for an exclusive lock on a file and hold it during the block; the file is created if it is missing.

    Raises:
        OSError: the path can't be opened, is a link or no regular file, or the file system has no locks.
    """
    descriptor = open_regular(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not try_lock(descriptor, QUIET_SECONDS):
            logger.warning("waiting for another process that writes to %s", path.parent)
            lock(descriptor)
        yield
    finally:
        os.close(descriptor)  # releases the lock


@contextlib.contextmanager
def locked_if_possible(path: Path, seconds: float) -> Iterator[None]:
    """Hold a file's lock during the block if it is free within `seconds`, else run the block without it.

    The file is not created if it is missing.
    """
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
    """Try for `seconds` to lock an open file; returns whether it is locked. The lock ends as for `lock`.

    Args:
        file: the open file, or its descriptor.
        seconds: how long to try.
        shared: take a shared lock, which several can hold at once; on NFS a file that is open only for reading can have
            no other.

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
