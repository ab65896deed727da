"""The files of a model in an object store."""

import errno
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.objects.conditional_place import PROBE, ConditionalPlace
from bakeoff.runtime.objects.place import CHUNK, naming
from bakeoff.runtime.paths import refuse_outside_roots
from bakeoff.store.files.folder_files import FolderFiles
from bakeoff.store.files.model_files import ModelFiles

SETTLING_SECONDS = 0.5  # from a change of the journal to the last of what follows from it, mostly


@dataclass(frozen=True)
class ObjectFiles:
    """A model's prefix in an object store, as a `ModelFiles`; nothing is read before it is asked for.

    Errors of the store are those of `naming`.
    """

    place: Address

    @cached_property
    def objects(self) -> ConditionalPlace:
        """The objects below the prefix."""
        return ConditionalPlace(self.place)

    def read(self, key: str, most: int, *, follow: bool = True) -> bytes:  # noqa: ARG002
        """Read an object."""
        with self.reading(key):
            return self.objects.read(key, most)

    def read_at_once(self, key: str, most: int) -> bytes:
        """Read an object: one request always does."""
        return self.read(key, most)

    def measure(self, key: str, most: int) -> tuple[int, str]:
        """Return an object's size and SHA-256."""
        size, digest = 0, hashlib.sha256()
        with self.reading(key):
            for chunk in self.objects.chunks(key, CHUNK):
                size += len(chunk)
                if size > most:
                    return size, ""
                digest.update(chunk)
        return size, digest.hexdigest()

    def names(self, key: str = "") -> set[str]:
        """Return the names directly below a key; empty if there is nothing."""
        with naming(self.place):
            return self.objects.names(key) - {PROBE}

    def exists(self, key: str) -> bool:
        """Return whether there is an object, or others below the key."""
        folder, _, name = key.rpartition("/")
        with naming(self.place):
            return name in self.objects.sizes(folder) or bool(self.objects.names(key))

    def is_folder(self, key: str) -> bool:
        """Return whether there are objects below the key."""
        return bool(self.names(key))

    def total_size(self, key: str) -> int:
        """Return the size of the objects directly below a key."""
        with naming(self.place):
            return sum(self.objects.sizes(key).values())

    def quiet(self, seconds: float) -> AbstractContextManager[None]:
        """Wait for writers to end, since an object store has no locks."""
        time.sleep(min(seconds, SETTLING_SECONDS))
        return nullcontext()

    @contextmanager
    def reading(self, key: str) -> Iterator[None]:
        """Raise an OSError if the object is missing or too large in the block, and other errors as `naming` does."""
        unusable: OSError | None = None
        with naming(self.place):
            try:
                yield
            except FileNotFoundError:
                unusable = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), key)
            except OSError as error:
                if error.errno != errno.EFBIG:
                    raise
                unusable = error
        if unusable:
            raise unusable


def open_files(root: Path | Address, name: str) -> ModelFiles:
    """Open the files of a model.

    Args:
        root: the store's folder or address.
        name: the model's name.

    Raises:
        ConfigError: the address lies outside of `BAKEOFF_ROOTS`.
    """
    if isinstance(root, Path):
        return FolderFiles(root / name)
    refuse_outside_roots(str(root))
    return ObjectFiles(root / name)


def names_below(root: Address) -> set[str]:
    """Return the names directly below the address of a store.

    Raises:
        ConfigError: the address lies outside of `BAKEOFF_ROOTS`.
        UserError: the bucket is missing, there are no credentials, or this scheme can't hold a store.
        ReadError: it could not be read.
    """
    refuse_outside_roots(str(root))
    with naming(root):
        return ConditionalPlace(root).names()
