"""What a store reads of a model's files, wherever they are."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from bakeoff.runtime.objects.address import Address


class ModelFiles(Protocol):
    """The files of one model; keys are relative, with slashes."""

    @property
    def place(self) -> Path | Address:
        """The model's folder or address."""

    def read(self, key: str, most: int, *, follow: bool = True) -> bytes:
        """Read a file of at most so many bytes.

        Args:
            key: its key.
            most: the bytes.
            follow: whether it may be a link.

        Raises:
            OSError: it is missing, not a file, or too large.
            BakeoffError: the place can't be read.
        """

    def read_at_once(self, key: str, most: int) -> bytes:
        """Read a file as `read` does, so that it can't change between two parts of it."""

    def measure(self, key: str, most: int) -> tuple[int, str]:
        """Return a file's size and SHA-256, which is empty if it has more than `most` bytes; errors as for `read`."""

    def names(self, key: str = "") -> set[str]:
        """Return the names directly below a key.

        Raises:
            OSError: there is no such folder.
            BakeoffError: the place can't be read.
        """

    def exists(self, key: str) -> bool:
        """Return whether there is a file, or a folder."""

    def is_folder(self, key: str) -> bool:
        """Return whether there is a folder."""

    def total_size(self, key: str) -> int:
        """Return the size of a folder's files in bytes, as far as it can be found out."""

    def quiet(self, seconds: float) -> AbstractContextManager[None]:
        """Keep writers waiting during the block, if that can be had in so many seconds."""
