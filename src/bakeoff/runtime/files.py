"""Read and write files: never through links or devices, and so that a crash leaves the old or the new content."""

import errno
import hashlib
import io
import os
import shutil
import stat
import tempfile
from pathlib import Path

from bakeoff.errors import ConfigError, ReadError, UserError, WriteError, disk_failed
from bakeoff.runtime.paths import refuse_outside_roots

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"  # a model's name, which is also its folder's

# Errors that mean a file is missing, too large, or not a file; after any other error its content is unknown.
UNUSABLE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EFBIG}
DENIED = {errno.EACCES, errno.EPERM}


def open_file(path: Path, follow: bool = True) -> io.FileIO:
    """Open a file for reading. A pipe or device is refused, since reading it could block for ever.

    Args:
        follow: whether the path may be a link.

    Raises:
        OSError: it is missing, unreadable, or not a regular file.
    """
    return io.FileIO(open_regular(path, os.O_RDONLY | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)), "rb")


def raise_refusal(error: OSError, path: Path) -> None:
    """Raise `ReadError` if the system refused a read; return if the file is missing, too large, or not a file.

    Args:
        error: the error of the read.
        path: the file's path, for errors that don't name it.

    Raises:
        ReadError: the system refused; the message says why.
    """
    if error.errno not in UNUSABLE:
        raise ReadError(describe_read_error(error, path)) from error


def describe_read_error(error: OSError, path: object) -> str:
    """A sentence that says why a file could not be read.

    Args:
        error: the error of the read.
        path: the file's path, for errors that don't name it.
    """
    shown = repr(str(error.filename or path))
    if error.errno in DENIED:
        return f"no permission to read {shown}"
    return f"{shown} can't be read: {error.strerror or error}"


def create_file(path: Path) -> io.BufferedWriter:
    """Create a new file for writing; anything already there, such as a link, is refused.

    Raises:
        OSError: the name is taken, or the disk refuses.
    """
    return os.fdopen(open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW), "wb")


def read_file(path: Path, most: int, follow: bool = True) -> bytes:
    """Read a whole file; see `open_file`.

    Args:
        most: the largest size accepted, in bytes, since a size recorded elsewhere may be forged.
        follow: whether the path may be a link.

    Raises:
        OSError: it is larger, or `open_file` refuses it.
    """
    with open_file(path, follow) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, describe_too_large(size, most), str(path))
        return file.readall() or b""


def describe_too_large(size: int, most: int) -> str:
    """A sentence for a file that is larger than allowed; both sizes in bytes."""
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
    """The SHA-256 of a file as hexadecimal digits; see `open_file`."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Flush a file's content, or a folder's entries, to the disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents, and flush their names to the disk."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync(path.parent)


def write_aside(path: Path, text: str) -> Path:
    """Write the replacement of a file next to it, synced. Hold a lock: the temporary name is always the same.

    Returns:
        The temporary file; its `replace(path)` needs no more disk space.

    Raises:
        OSError: the write failed; the temporary file is removed.
    """
    aside = aside_of(path)
    try:
        write_file(aside, text.encode())
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return aside


def aside_of(path: Path) -> Path:
    """The temporary name of a file's replacement."""
    return path.with_name(f".{path.name}.aside")


def append(path: Path, content: bytes, whole: int) -> None:
    """Append after the first `whole` bytes in one synced write; a partial line that a crash left there is cut off.

    Args:
        path: an existing file.
        content: the bytes to append.
        whole: the size in bytes up to which the file is complete.

    Raises:
        OSError: the disk is full, for example; the file then has its first `whole` bytes, as before.
    """
    descriptor = open_regular(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if os.fstat(descriptor).st_size > whole:
            os.ftruncate(descriptor, whole)
        try:
            if os.write(descriptor, content) < len(content):  # a full disk can cut a write short
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, whole)
            raise
    finally:
        os.close(descriptor)


def open_regular(path: Path, flags: int) -> int:
    """Open a regular file and return its descriptor; pipes and devices are refused, and what lies outside the roots.

    Args:
        path: the file's path.
        flags: as `os.open` takes them, with O_NOFOLLOW and O_NONBLOCK to refuse links and not to wait for a pipe.

    Raises:
        OSError: it is missing, can't be opened with these flags, or is not a regular file.
        ConfigError: it lies outside of `BAKEOFF_ROOTS`.
    """
    refuse_outside_roots(path)
    descriptor = os.open(path, flags, 0o666)
    try:
        refuse_outside_roots(f"/proc/self/fd/{descriptor}")  # a folder on the way may have become a link
    except ConfigError:
        os.close(descriptor)
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return descriptor


def make_user_folder(folder: Path, what: str, mode: int = 0o777) -> None:
    """Create a folder that a user named, or one inside it; an existing one is fine.

    Args:
        what: what the folder is called in the message.

    Raises:
        UserError: the system refuses, as it does in /proc.
        WriteError: the disk is full, or failed.
        FileExistsError: a file has that name.
    """
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except FileExistsError:
        raise
    except OSError as error:
        if disk_failed(error):
            raise WriteError(f"{what} {str(folder)!r} can't be made: {error.strerror}") from error
        raise UserError(f"{what} {str(folder)!r} can't be made: {error.strerror}; choose another place") from error


def require_writable(folder: Path, what: str, error: type[UserError] = UserError) -> None:
    """Refuse a folder that can't be created or written to. Nothing is left behind.

    Args:
        folder: the folder, which need not exist yet.
        what: what the folder is called in the message.
        error: the type of error to raise.

    Raises:
        error: it can't; the message names what stands in the way.
        WriteError: the disk is full, or failed.
    """
    ancestor = folder.absolute()
    try:
        if ancestor.is_symlink() and not ancestor.exists():
            raise error(f"{what} {str(folder)!r} is a link that leads nowhere; choose another place")
        while not ancestor.exists() and ancestor != ancestor.parent:
            ancestor = ancestor.parent
    except OSError as failure:  # a name that is too long, or a parent that can't be searched
        raise error(f"{what} {str(folder)[:80]!r} can't be a folder: {failure.strerror}") from failure
    shown = ancestor.name if ancestor != folder.absolute() else str(folder)
    if not ancestor.is_dir():
        raise error(f"{what} {str(folder)!r} can't be a folder: {shown!r} is a file; choose another place")
    if os.statvfs(ancestor).f_flag & os.ST_RDONLY:
        raise error(f"{what} {str(folder)!r} can't be written: its file system is read-only; choose another place")
    if not os.access(ancestor, os.W_OK | os.X_OK):
        raise error(f"{what} {str(folder)!r} can't be written: {shown!r} gives no permission; choose another place")
    try:
        with tempfile.TemporaryFile(dir=ancestor):
            pass
    except OSError as failure:  # in /proc, say, where all else looks right
        if disk_failed(failure):
            raise WriteError(f"{what} {str(folder)!r} can't be written: {failure.strerror}") from failure
        raise error(
            f"{what} {str(folder)!r} can't be written: {shown!r} takes no files ({failure.strerror}); "
            "choose another place"
        ) from failure


def signature(path: str | Path) -> tuple[int, ...]:
    """Modification times, sizes and inodes of a file or of a folder's files, to detect changes; empty if unreadable."""
    path = Path(path)
    try:
        files = [path, *sorted(path.iterdir())] if path.is_dir() else [path]
        stats = [file.stat() for file in files]
    except (OSError, ValueError):  # ValueError: a name with a NUL in it
        return ()
    return tuple(number for found in stats for number in (found.st_mtime_ns, found.st_size, found.st_ino))
