"""Read and write files in a folder or an object store, each whole or not at all."""

import contextlib
import errno
import functools
import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from bakeoff.errors import ReadError, UserError, WriteError
from bakeoff.formatting import one_line
from bakeoff.runtime.files import (
    aside_of,
    copy_file,
    describe_too_large,
    make_folder,
    open_file,
    signature,
    sync,
    write_file,
)
from bakeoff.runtime.locks import locked
from bakeoff.runtime.objects.address import PACKAGES, Address

CHUNK = 1 << 20  # bytes
BLOCK = 1 << 23  # bytes of a request
MOST_PARTS = 9_999  # of an object that is written in several requests; S3 takes one more
LOCK = ".lock"
# Files with credentials, which are replaced when they expire.
FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "GOOGLE_APPLICATION_CREDENTIALS": "~/.config/gcloud/application_default_credentials.json",
}
SECRET = re.compile(r"(\w+://)?\S*@|\?\S+")  # user and password, and the query, of what is meant as a URL
SETTINGS = ("AWS_", "AZURE_", "FSSPEC_", "GCSFS_", "GOOGLE_", "STORAGE_")  # of the clients, in the environment
# Of botocore: what the user has set is wrong.
MISTAKES = {
    "ConfigNotFound",
    "ConfigParseError",
    "EndpointProviderError",
    "EndpointResolutionError",
    "NoRegionError",
    "ParamValidationError",
    "ProfileNotFound",
    "UnknownEndpointError",
}
CLIENTS = {"adlfs", "aiobotocore", "aiohttp", "azure", "botocore", "fsspec", "gcsfs", "google", "s3fs"}
SET = "set them in the environment, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class Place(Protocol):
    """A folder, or a prefix in an object store; keys are relative, with slashes.

    Errors are those of the system and of fsspec; `naming` makes lines of them.
    """

    address: Address

    def names(self, key: str = "") -> set[str]:
        """Return the names directly below a key; empty if there is nothing."""

    def open(self, key: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """Open a file to read it once, from its start."""

    def replace(self, key: str, source: Path) -> None:
        """Write a file, whatever was there."""

    def create(self, key: str, content: bytes) -> bool:
        """Write a file; returns False, and changes nothing, if there is one."""

    def writing(self, key: str) -> contextlib.AbstractContextManager[None]:
        """Hold off other writers below a key during the block, where the place can do that."""


class FolderPlace:
    """A folder of this machine."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._root = Path(address.path)

    def names(self, key: str = "") -> set[str]:
        """Return the names directly below a key."""
        try:
            return {path.name for path in (self._root / key).iterdir()}
        except (FileNotFoundError, NotADirectoryError):
            return set()

    def open(self, key: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """Open a file; links are not followed."""
        return open_file(self._root / key, follow=False)

    def replace(self, key: str, source: Path) -> None:
        """Write a file next to its place, and move it there."""
        path = self._root / key
        with self._aside(path) as aside:
            copy_file(source, aside)
            aside.replace(path)

    def create(self, key: str, content: bytes) -> bool:
        """Write a file next to its place, and link it there."""
        path = self._root / key
        with self._aside(path) as aside:
            write_file(aside, content)
            try:
                os.link(aside, path)
            except FileExistsError:
                return False
        return True

    @contextlib.contextmanager
    def writing(self, key: str) -> Iterator[None]:
        """Hold the folder's lock."""
        make_folder(self._root / key)
        with locked(self._root / key / LOCK):
            yield

    @staticmethod
    @contextlib.contextmanager
    def _aside(path: Path) -> Iterator[Path]:
        """Give the temporary name of a file; what a writer that died has left there is removed."""
        aside = aside_of(path)
        aside.unlink(missing_ok=True)
        try:
            yield aside
        finally:
            aside.unlink(missing_ok=True)
        sync(path.parent)


class ObjectPlace:
    """A prefix in an object store; fsspec finds credentials and endpoint in the environment."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._files = file_system(address)

    def names(self, key: str = "") -> set[str]:
        """Return the names directly below a key."""
        path = self._path(key)
        try:
            found = self._files.ls(path, detail=False, refresh=True)
        except FileNotFoundError:
            if not self._files.exists(path.split("/")[0]):
                raise
            return set()
        return {name.rstrip("/").rsplit("/", 1)[-1] for name in found if name.rstrip("/") != path}

    @contextlib.contextmanager
    def open(self, key: str) -> Iterator[IO[bytes]]:
        """Open an object; it is read in blocks."""
        file = self._files.open(self._path(key), "rb", block_size=BLOCK, cache_type="readahead")
        file.seek(0)
        yield file  # not closed here: fsspec's files in memory are the stored ones

    def replace(self, key: str, source: Path) -> None:
        """Write an object in one request, or several that appear at once."""
        options = {}
        if self.address.scheme == "s3":  # which otherwise holds parts of 50 MB, ten at once
            options = {"chunksize": max(BLOCK, source.stat().st_size // MOST_PARTS + 1), "max_concurrency": 4}
        self._files.put_file(str(source), self._path(key), **options)

    def create(self, key: str, content: bytes) -> bool:
        """Write an object under the condition that there is none (`If-None-Match: *`)."""
        try:
            self._files.pipe_file(self._path(key), content, mode="create")
        except OSError:  # s3fs tells which condition failed only if the server names it, as Amazon's
            if not self._files.exists(self._path(key)):
                raise
            return False
        return True

    def writing(self, key: str) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002
        """Hold nobody off: an object store has no locks, and needs none."""
        return contextlib.nullcontext()

    def _path(self, key: str) -> str:
        return (self.address / key if key else self.address).key


def open_place(address: Address) -> Place:
    """Open a folder or an object store; nothing is read yet.

    Raises:
        UserError: a package is not installed.
    """
    return FolderPlace(address) if address.scheme == "file" else ObjectPlace(address)


def file_system(address: Address) -> Any:
    """Open the file system of an address, which keeps no listings; nothing is read yet.

    Raises:
        UserError: a package is not installed.
    """
    package = PACKAGES[address.scheme]
    for needed in ("fsspec", package):
        if importlib.util.find_spec(needed) is None:
            extra = "bakeoff[objects]" if package in {"s3fs", "fsspec"} else package
            raise UserError(
                f"{address.scheme}:// needs the package {needed}, which is not installed: pip install '{extra}'"
            )
    environment = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith(SETTINGS)))
    paths = [os.environ.get(name, usual) for name, usual in FILES.items()]
    files = tuple(signature(os.path.expanduser(path)) for path in paths)  # noqa: PTH111  of a home that may be missing
    with naming(address):  # adlfs connects at once
        return _client(address.scheme, os.getpid(), environment, files)


@functools.lru_cache(maxsize=8)
def _client(scheme: str, *settings: object) -> Any:  # noqa: ARG001  of the key alone
    """Open a file system, once in a process with the same settings: each has a connection pool of its own."""
    import fsspec

    return fsspec.filesystem(scheme, skip_instance_cache=True, use_listings_cache=False)


@contextlib.contextmanager
def naming(address: Address, *, writes: bool = False) -> Iterator[None]:
    """Raise errors of a place in the block as one line that names it.

    Args:
        address: the place's address.
        writes: whether the block writes there.

    Raises:
        UserError: there is no such bucket, there are no credentials, or what is set for the client is wrong.
        ReadError: the place could not be read.
        WriteError: the place could not be written.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{address} is not there: check bucket, folder and endpoint") from error
    except Exception as error:
        name, module = type(error).__name__, type(error).__module__.split(".")[0]
        refused = address.scheme != "file" and is_forbidden(error)
        if refused or ("Credential" in name and "Retrieval" not in name) or "Auth" in name:
            what = "the credentials give no permission" if refused else "no credentials, or not valid ones"
            raise UserError(f"{address}: {what}; {SET}") from error
        is_mistake = module in CLIENTS and (name in MISTAKES or name.startswith("Invalid"))
        if is_mistake or (isinstance(error, ValueError) and _is_clients(error)):
            raise UserError(f"{address}: {describe_failure(error)}; check what is set in the environment") from error
        if not isinstance(error, OSError) and module not in CLIENTS:
            raise
        verb, kind = ("written", WriteError) if writes else ("read", ReadError)
        raise kind(f"{address} could not be {verb}: {describe_failure(error)}") from error


def is_forbidden(error: BaseException) -> bool:
    """Return whether an object store refused a request for want of permission; gcsfs says so by text alone."""
    return isinstance(error, PermissionError) or (
        isinstance(error, OSError) and error.errno is None and str(error).startswith("Forbidden")
    )


def _is_clients(error: BaseException) -> bool:
    """Return whether an error was raised in a module of an object store's client."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and str(traceback.tb_frame.f_globals["__name__"]).split(".")[0] in CLIENTS


def describe_failure(error: Exception) -> str:
    """Return what an error says, in one line, without the secrets that a URL may hold."""
    said = str(getattr(error, "strerror", None) or error)
    return one_line(SECRET.sub(lambda found: f"{found[1] or ''}…@" if found[0].endswith("@") else "?…", said))


def read_limited(place: Place, key: str, most: int) -> bytes:
    """Read a small file whole.

    Raises:
        OSError: it has more than `most` bytes, is missing, or can't be read.
    """
    content = b""
    with place.open(key) as file:
        while chunk := file.read(min(CHUNK, most + 1 - len(content))):
            content += chunk
            if len(content) > most:
                raise OSError(errno.EFBIG, describe_too_large(len(content), most), key)
    return content
