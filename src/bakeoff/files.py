"""Writing so that a crash leaves the old or the new, never a part of it."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from bakeoff.errors import UserError


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


def write_text(path: Path, text: str) -> None:
    """Replace a file as a whole: written aside, synced, moved into place, and the folder synced."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    sync(aside)
    aside.replace(path)
    sync(path.parent)


def append_line(path: Path, line: str) -> None:
    """Append a line in one synced write, after cutting what a crash left of an unfinished one."""
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read()
        if whole and not whole.endswith(b"\n"):
            file.truncate(whole.rfind(b"\n") + 1)
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system lets go of it when the process ends, however it ends."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


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
