"""The address of a folder on this machine or of a prefix in an object store."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from bakeoff.errors import ConfigError
from bakeoff.formatting import one_line
from bakeoff.runtime.paths import ADDRESS, PASSWORD, local_path, refuse_outside_roots

# The package of each scheme; tests add fsspec's files in memory, which would keep nothing.
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs", "file": ""}
CHAINED = re.compile(r"\s*\w+::.*://")  # as fsspec takes simplecache::s3://bucket
SHOWN = "s3://, gs://, az:// or file://"


@dataclass(frozen=True)
class Address:
    """An address, as `s3://bucket/models`; the path has no slash at its end."""

    scheme: str
    path: str

    def __str__(self) -> str:
        """Return it as a URL."""
        return f"{self.scheme}://{self.path}"

    def __truediv__(self, name: str) -> "Address":
        """Return the address of a name below it."""
        return Address(self.scheme, f"{self.path}/{name}")

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def parent(self) -> "Address":
        """The address that it lies directly below; the bucket's is itself."""
        return Address(self.scheme, self.path.rsplit("/", 1)[0])

    @property
    def key(self) -> str:
        """The path as fsspec takes it: that of files in memory begins with a slash."""
        return f"/{self.path}" if self.scheme == "memory" else self.path

    def lies_in(self, folder: "Address") -> bool:
        """Return whether it is another address or lies below it."""
        return f"{self}/".startswith(f"{folder}/")


def parse_address(text: str) -> Address:
    """Parse a URL, or a path on this machine.

    Raises:
        ConfigError: it is neither, has another scheme, or contains credentials.
    """
    try:
        if "://" not in text and not ADDRESS.match(text):
            return _folder(text)
        scheme, _, path = text.strip().partition("://")
        if scheme == "file":
            return _folder(path)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    shown = one_line(repr(PASSWORD.sub("//…@", text.partition("?")[0])))  # an Azure URL has its signature there
    if scheme not in PACKAGES:
        raise ConfigError(f"{shown} is no address of an object store; give {SHOWN}, or a path")
    if "@" in path.split("/")[0]:
        raise ConfigError(f"{shown} contains credentials; give them by the environment, as AWS_ACCESS_KEY_ID")
    parts = path.rstrip("/").split("/")
    if not all(parts) or {".", ".."} & {*parts} or re.search(r"[\x00-\x1f\x7f\\?#*\[\]]", path):
        raise ConfigError(f"{shown} is no address of a bucket and folder; give one as {scheme}://bucket/folder")
    return Address(scheme, "/".join(parts))


def object_address(text: str | os.PathLike[str] | None) -> Address | None:
    """Return the address of an object store that a valid setting holds; None if it is a path or nothing."""
    scheme = str(text).partition("://")[0]
    return parse_address(str(text)) if scheme in PACKAGES and scheme != "file" and scheme != str(text) else None


def parse_place(text: str | os.PathLike[str] | Address) -> Path | Address:
    """Return the address of an object store, or else the path, that a valid setting holds."""
    return object_address(str(text)) or Path(str(text))


def path_or_address(text: str) -> str:
    """Check a path on this machine, or an address of an object store; `file://` becomes a path.

    Raises:
        ValueError: it is neither; the message says why.
    """
    if not text.strip().startswith(tuple(f"{scheme}://" for scheme in PACKAGES)) and not CHAINED.match(text):
        return local_path(text, taken=f"{SHOWN}, and paths on this machine,")
    try:
        address = parse_address(text)
        if address.scheme == "file":
            return address.path
        refuse_outside_roots(str(address))
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return str(address)


def parse_store(text: str) -> Path | Address:
    """Return the folder, or the address in an object store, of a store of versions.

    Raises:
        ValueError: it can't be one; the message says why.
    """
    return parse_place(path_or_address(text))


def _folder(text: str) -> Address:
    return Address("file", os.path.abspath(local_path(text)))  # noqa: PTH100  Path's keeps `..`
