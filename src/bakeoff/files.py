"""Writing so that a crash leaves the old or the new, never a part of it."""

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from bakeoff.errors import UserError

logger = logging.getLogger(__name__)


def sha256_file(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have the disk hold what was written to a file, or which names a folder has."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, and have the disk hold their names."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        sync(one.parent)


def write_aside(path: Path, text: str) -> Path:
    """Write what is to replace a file beside it, synced; for the holder of a lock, since the name is the same for all.

    Returns:
        the file beside it, whose `replace(path)` takes no room on the disk any more.
    """
    aside = path.with_name(f".{path.name}.aside")
    try:
        aside.write_text(text, encoding="utf-8")
        sync(aside)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return aside


def append(path: Path, content: bytes, whole: int) -> None:
    """Append in one synced write behind the first `whole` bytes; what a crash left of a line behind them is cut.

    The name of a new file is not synced: its folder is to be.

    Raises:
        OSError: the disk is full, say; the file has its first `whole` bytes then, as before.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        if os.fstat(descriptor).st_size > whole:
            os.ftruncate(descriptor, whole)
        try:
            if os.write(descriptor, content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, whole)
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system lets go of it when the process ends, however it ends."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("waiting for another process that writes to %s", path.parent)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file lets go of it


def require_writable(folder: Path, what: str, error: type[UserError] = UserError) -> None:
    """Refuse a folder that could not be made or written in. Nothing is made.

    Raises:
        error: naming what stands in the way.
    """
    ancestor = folder.absolute()
    try:
        if ancestor.is_symlink() and not ancestor.exists():
            raise error(f"{what} {str(folder)!r} is a link that leads nowhere; choose another place")
        while not ancestor.exists() and ancestor != ancestor.parent:
            ancestor = ancestor.parent
    except OSError as failure:  # a name that is too long, say
        raise error(f"{what} {str(folder)[:80]!r} can't be a folder: {failure.strerror}") from failure
    shown = ancestor.name if ancestor != folder.absolute() else str(folder)
    if not ancestor.is_dir():
        raise error(f"{what} {str(folder)!r} can't be a folder: {shown!r} is a file; choose another place")
    if not os.access(ancestor, os.W_OK | os.X_OK):
        raise error(f"{what} {str(folder)!r} can't be written: {shown!r} gives no permission; choose another place")
