"""The files of a model in a folder of this machine."""

import contextlib
import errno
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bakeoff.runtime.files import describe_too_large, open_file, raise_refusal, read_file, sha256_file
from bakeoff.runtime.locks import locked_if_possible

LOCK = ".lock"  # the file that writers lock


@dataclass(frozen=True)
class FolderFiles:
    """A model's folder, as a `ModelFiles`."""

    place: Path

    def read(self, key: str, most: int, *, follow: bool = True) -> bytes:
        """Read a file; a read that the system refused is a `ReadError`."""
        try:
            return read_file(self.place / key, most, follow)
        except OSError as error:
            raise_refusal(error, self.place / key)
            raise

    def read_at_once(self, key: str, most: int) -> bytes:
        """Read a file in one system call."""
        try:
            with open_file(self.place / key) as file:
                size = os.fstat(file.fileno()).st_size
                if size > most:
                    raise OSError(errno.EFBIG, describe_too_large(size, most))
                return file.read(size) or b""
        except OSError as error:
            raise_refusal(error, self.place / key)
            raise

    def measure(self, key: str, most: int) -> tuple[int, str]:
        """Return a file's size and SHA-256."""
        try:
            size = (self.place / key).stat().st_size
            return size, "" if size > most else sha256_file(self.place / key)
        except OSError as error:
            raise_refusal(error, self.place / key)
            raise

    def names(self, key: str = "") -> set[str]:
        """Return the names in a folder."""
        try:
            return {path.name for path in (self.place / key).iterdir()}
        except OSError as error:
            raise_refusal(error, self.place / key)
            raise

    def exists(self, key: str) -> bool:
        """Return whether there is a file, a folder, or something else."""
        return (self.place / key).exists()

    def is_folder(self, key: str) -> bool:
        """Return whether there is a folder."""
        return (self.place / key).is_dir()

    def total_size(self, key: str) -> int:
        """Return the size of a folder's files; another process may be removing them."""
        size = 0
        with contextlib.suppress(OSError):
            for path in (self.place / key).iterdir():
                size += path.lstat().st_size
        return size

    def quiet(self, seconds: float) -> AbstractContextManager[None]:
        """Hold the writers' lock if it is free within so many seconds."""
        return locked_if_possible(self.place / LOCK, seconds)
