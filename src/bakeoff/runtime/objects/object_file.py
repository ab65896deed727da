"""Read files of an object store like files of a folder: by requests for ranges, never whole."""

import contextlib
import io
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO, Any, Literal

from bakeoff.errors import BakeoffError, DataError, ReadError, UserError
from bakeoff.runtime.objects.address import Address, parse_address
from bakeoff.runtime.objects.place import BLOCK, file_system, naming

# What stores call the version of an object, the best first.
VERSIONS = ("ETag", "etag", "generation", "last_modified", "LastModified", "mtime", "created")


class ObjectFile:
    """An object, or a name that others begin with (a folder); it has the methods of `Path` that reading needs.

    Attributes:
        address: its address.
        name: the last part of the address.
        suffix: the end of the name, from its last dot on.
        suffixes: all such ends.
        size: its size in bytes.
        version: what differs once it is written again: the ETag, where the store has one.
    """

    def __init__(self, address: Address, files: Any, found: Mapping[str, Any]) -> None:
        """Take what fsspec's file system has found at the address."""
        path = PurePosixPath(address.path)
        self.address, self.name, self.suffix, self.suffixes = address, path.name, path.suffix, path.suffixes
        self.size = int(found["size"] or 0)
        self._files, self._is_folder, self.version = files, bool(found["type"] == "directory"), _version(found)

    def __str__(self) -> str:
        """Return the address."""
        return str(self.address)

    def is_dir(self) -> bool:
        """Return whether it is a folder."""
        return self._is_folder

    def is_file(self) -> bool:
        """Return whether it is an object."""
        return not self._is_folder

    def iterdir(self) -> Iterator["ObjectFile"]:
        """Yield the objects and folders directly below a folder, whose versions may be those of listings alone.

        Raises:
            UserError, ReadError: as `naming`.
        """
        with naming(self.address):
            entries = self._files.ls(self.address.key, detail=True)
        for entry in entries:
            name = str(entry["name"]).rstrip("/").rsplit("/", 1)[-1]
            if str(entry["name"]).strip("/") != self.address.path.strip("/"):
                yield ObjectFile(self.address / name, self._files, entry)

    def found_again(self) -> "ObjectFile":
        """Return the object with the size and version that it has now: some stores write others in listings.

        Raises:
            ConfigError: its name is none that an address can have.
            UserError, ReadError: as `naming`.
        """
        parse_address(str(self))  # a folder may have objects with any name
        with naming(self.address):
            return ObjectFile(self.address, self._files, self._files.info(self.address.key))

    def open(self, mode: Literal["rb"] = "rb", buffering: int = BLOCK) -> IO[bytes]:
        """Open the object; what is read is the object as it was found.

        Args:
            mode: as `Path.open` has it.
            buffering: the bytes that are read at least; 0 to read as much as is asked for.

        Raises:
            DataError: it has changed since it was found.
            ReadError: the store can't be read.
        """
        assert mode == "rb"
        with self.reading():
            file = self._files.open(self.address.key, "rb", cache_type="none")
        if _version(getattr(file, "details", {})) not in ("", self.version):
            self.require_unchanged()
        stream = _Ranges(self, file)
        return io.BufferedReader(stream, buffering) if buffering else stream  # type: ignore[return-value]  # raw, too

    def identity(self) -> list[Any]:
        """Return address, size and version as they are now, to detect changes; the address alone if it is gone.

        Raises:
            ReadError: the store can't be read.
        """
        with _naming_again(self.address):
            try:
                found = self._files.info(self.address.key)
            except FileNotFoundError:
                return [str(self)]
        return [str(self), int(found["size"] or 0), _version(found)]

    def require_unchanged(self) -> None:
        """Refuse an object that is no longer what was found.

        Raises:
            DataError: it has changed.
        """
        if self.identity() != [str(self), self.size, self.version]:
            raise DataError(f"{str(self)!r} has changed while it was read; read it again when it is complete")

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Raise errors of the store in the block as one line, or that the object has changed, which may be the cause.

        Raises:
            DataError: it has changed.
            ReadError: the store can't be read.
        """
        try:
            with _naming_again(self.address):
                yield
        except BakeoffError as error:
            try:
                self.require_unchanged()
            except DataError as changed:
                raise changed from error
            except BakeoffError:
                pass
            raise


class _Ranges(io.RawIOBase):
    """An object's bytes, of which each read requests a range."""

    def __init__(self, owner: ObjectFile, file: Any) -> None:
        self._owner, self._file, self._position = owner, file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._owner.size}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), max(self._owner.size - self._position, 0))
        if not size:
            return 0
        with self._owner.reading():
            self._file.seek(self._position)  # files in memory are shared by all that have opened them
            content = self._file.read(size)
        if not content:
            self._owner.require_unchanged()
            raise ReadError(f"{self._owner} could not be read: it ended early")
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)


@contextlib.contextmanager
def _naming_again(address: Address) -> Iterator[None]:
    """Like `naming` for what was found before: credentials that have expired are no mistake of the config.

    Raises:
        ReadError: the store can't be read.
    """
    try:
        with naming(address):
            yield
    except UserError as error:
        raise ReadError(str(error)) from error


def find_object(address: Address) -> ObjectFile:
    """Find an object, or the folder of some.

    Raises:
        UserError: there is none, no permission, or a package is not installed.
        ReadError: the store can't be reached.
    """
    files = file_system(address)
    with naming(address):
        return ObjectFile(address, files, files.info(address.key))


def object_signature(address: Address) -> tuple[int | str, ...]:
    """Return addresses, sizes and versions of an object or of a folder's objects, to detect changes."""
    found = find_object(address)
    inside = [found, *sorted(found.iterdir(), key=str)] if found.is_dir() else [found]
    return tuple(part for file in inside for part in (str(file), file.size, file.version))


def _version(found: Mapping[str, Any]) -> str:
    return next((str(found[name]).strip('"') for name in VERSIONS if found.get(name) is not None), "")
