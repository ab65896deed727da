"""Writing so that a crash leaves the old or the new, never a part of it."""

import errno
import hashlib
import io
import os
import shutil
import stat
from pathlib import Path

from bakeoff.errors import ReadError, UserError

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"  # of a model: a folder, and nothing but a folder

# What says of a file that it is gone, or another thing; every other error is the system's and says nothing of it.
GONE_OR_ELSE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EFBIG}
DENIED = {errno.EACCES, errno.EPERM}


def open_file(path: Path) -> io.FileIO:
    """Open a file for reading; a pipe or device in its place is refused, since one would wait for it for ever.

    Raises:
        OSError: it is not there, can't be read, or is no file.
    """
    return io.FileIO(open_regular(path, os.O_RDONLY | os.O_NONBLOCK), "rb")


def raise_refusal(error: OSError, path: Path) -> None:
    """Tell a read that the system refused from a file that is gone or another thing, which returns.

    Args:
        path: what was read, where the error doesn't name it.

    Raises:
        ReadError: saying why.
    """
    if error.errno not in GONE_OR_ELSE:
        raise ReadError(say_unread(error, path)) from error


def say_unread(error: OSError, path: str | Path) -> str:
    """Why a file could not be read, as a sentence.

    Args:
        path: what was read, where the error doesn't name it.
    """
    shown = repr(str(error.filename or path))
    if error.errno in DENIED:
        return f"no permission to read {shown}"
    return f"{shown} can't be read: {error.strerror or error}"


def create_file(path: Path) -> io.BufferedWriter:
    """Make a new file for writing; whatever stands in its place, a link to elsewhere say, is refused.

    Raises:
        OSError: something stands there, or the disk refuses.
    """
    return os.fdopen(open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW), "wb")


def read_file(path: Path, most: int) -> bytes:
    """A file's whole content; see `open_file`.

    Args:
        most: bytes that it may have; whatever else says how many it has may be forged.

    Raises:
        OSError: it has more, too.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, say_too_large(size, most), str(path))
        return file.readall() or b""


def say_too_large(size: int, most: int) -> str:
    """A file's sizes, both in bytes."""
    return f"it has {size:,} bytes, and {most:,} are the most"


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and sync it; see `create_file`."""
    with create_file(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def copy_file(source: Path, target: Path) -> None:
    """Copy into a new file and sync it; see `create_file`."""
    with open_file(source) as read, create_file(target) as written:
        shutil.copyfileobj(read, written, 1 << 20)
        written.flush()
        os.fsync(written.fileno())


def sha256_file(path: Path) -> str:
    """The file's SHA-256 in hexadecimal digits; see `open_file`."""
    with open_file(path) as file:
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
    aside = aside_of(path)
    try:
        write_file(aside, text.encode())
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return aside


def aside_of(path: Path) -> Path:
    """Where the file is that is to replace another."""
    return path.with_name(f".{path.name}.aside")


def append(path: Path, content: bytes, whole: int) -> None:
    """Append in one synced write behind the first `whole` bytes; what a crash left of a line behind them is cut.

    Raises:
        OSError: the disk is full, say; the file has its first `whole` bytes then, as before.
    """
    descriptor = open_regular(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if os.fstat(descriptor).st_size > whole:
            os.ftruncate(descriptor, whole)
        try:
            if os.write(descriptor, content) < len(content):  # what else could stop it half way
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, whole)
            raise
    finally:
        os.close(descriptor)


def open_regular(path: Path, flags: int) -> int:
    """A descriptor of what is a file, and no link, pipe or device by its flags.

    Raises:
        OSError: it is not there, can't be opened so, or is no file.
    """
    descriptor = os.open(path, flags, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return descriptor


def make_user_folder(folder: Path, what: str, mode: int = 0o777) -> None:
    """Make a folder that a user has named, or one in it; one that is there already is fine.

    Args:
        what: it is, for the message.

    Raises:
        UserError: the system refuses, as it does in /proc.
    """
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except FileExistsError:
        raise
    except OSError as error:
        raise UserError(f"{what} {str(folder)!r} can't be made: {error.strerror}; choose another place") from error


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
    except OSError as failure:  # a name that is too long, say, or above it a folder that can't be looked into
        raise error(f"{what} {str(folder)[:80]!r} can't be a folder: {failure.strerror}") from failure
    shown = ancestor.name if ancestor != folder.absolute() else str(folder)
    if not ancestor.is_dir():
        raise error(f"{what} {str(folder)!r} can't be a folder: {shown!r} is a file; choose another place")
    if os.statvfs(ancestor).f_flag & os.ST_RDONLY:
        raise error(f"{what} {str(folder)!r} can't be written: its file system is read-only; choose another place")
    if not os.access(ancestor, os.W_OK | os.X_OK):
        raise error(f"{what} {str(folder)!r} can't be written: {shown!r} gives no permission; choose another place")


def signature(path: str | Path) -> tuple[int, ...]:
    """What tells that a file, or those of a folder, have changed: times, sizes and inodes; nothing where none is."""
    path = Path(path)
    try:
        files = [path, *sorted(path.iterdir())] if path.is_dir() else [path]
        found = [file.stat() for file in files]
    except (OSError, ValueError):  # a name with a NUL in it
        return ()
    return tuple(number for stat in found for number in (stat.st_mtime_ns, stat.st_size, stat.st_ino))
