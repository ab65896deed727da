"""Read and write small objects of which several processes must not overwrite each other's versions."""

import contextlib
import errno
import hashlib
import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from bakeoff.errors import UserError
from bakeoff.runtime.files import describe_too_large
from bakeoff.runtime.objects.place import ObjectPlace, is_forbidden

VERSIONS = {"s3": "ETag", "gs": "generation", "az": "etag"}  # what fsspec calls an object's version
PROBE, NOBODYS = ".conditions", "0123456789"  # an object for trying conditions, and a version that none has
KINDS = "application/json", "application/octet-stream"  # of the parts of an upload to Google: name and content
REFUSED = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}  # another process is writing now, or has written
NO_BYTES = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE  # of an object that is empty
TRIES = 10  # of a read between whose requests the object changes

in_memory = threading.Lock()


class ConditionalPlace(ObjectPlace):
    """A prefix in an object store that honours conditions: If-None-Match and If-Match, or Google's ifGenerationMatch.

    Raises:
        UserError: a package is not installed.
    """

    def read(self, key: str, most: int) -> bytes:
        """Read an object by one request.

        Raises:
            FileNotFoundError: there is none.
            OSError: it has more than `most` bytes.
        """
        try:
            content = bytes(self._files.cat_file(self._path(key), start=0, end=most + 1))
        except Exception as error:
            if status_of(error) != NO_BYTES:
                raise
            return b""
        if len(content) > most:
            raise OSError(errno.EFBIG, describe_too_large(len(content), most), key)
        return content

    def read_versioned(self, key: str, most: int) -> tuple[bytes, str | None]:
        """Read an object together with its version, as `replace_if` takes it; b"" and None if there is none.

        Raises:
            OSError: it has more than `most` bytes.
        """
        for left in reversed(range(TRIES)):
            try:
                file = self._files.open(self._path(key), "rb", cache_type="none")
                size, version = file.size, self._version(getattr(file, "details", {}))
                if size > most:
                    raise OSError(errno.EFBIG, describe_too_large(size, most), key)
                file.seek(0)
                content = bytes(file.read(size))
                if self.address.scheme == "memory":
                    return content, hashlib.sha256(content).hexdigest()
                # s3fs asks for the version that it found.
                if self.address.scheme == "s3" or version == self._version(self._files.info(self._path(key))):
                    return content, version
            except FileNotFoundError:
                return b"", None
            except OSError as error:
                if not left or not is_refused(error):
                    raise
        raise OSError(errno.EBUSY, "it changes all the time", key)

    def replace_if(self, key: str, content: bytes, version: str | None) -> bool:
        """Write an object if it still has a version; returns False, and changes nothing, if it has another.

        Args:
            key: its key.
            content: what to write.
            version: the version; None if there must be no object.

        Raises:
            OSError: the request failed; the object may have been written nevertheless.
        """
        path = self._path(key)
        try:
            if self.address.scheme == "memory":
                return self._replace_in_memory(key, content, version)
            if version is None:
                self._files.pipe_file(path, content, mode="create")
            elif self.address.scheme == "gs":
                self._replace_generation(path, content, version)
            else:
                self._files.pipe_file(path, content, **self._condition(f'"{version}"'))
        except FileNotFoundError:
            if version is None:
                raise
            return False  # it is gone
        except Exception as error:
            if not is_refused(error):
                raise
            return False
        return True

    def write(self, key: str, content: bytes) -> None:
        """Write an object, whatever was there."""
        self._files.pipe_file(self._path(key), content)

    def remove(self, key: str) -> None:
        """Remove an object; one that is gone is no error."""
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self._path(key))

    def sizes(self, key: str) -> dict[str, int]:
        """Return the sizes of the objects directly below a key, by name; empty if there is nothing."""
        try:
            found = self._files.ls(self._path(key), detail=True, refresh=True)
        except FileNotFoundError:
            return {}
        return {str(entry["name"]).rsplit("/", 1)[-1]: int(entry["size"]) for entry in found if entry["type"] == "file"}

    def chunks(self, key: str, size: int) -> Iterator[bytes]:
        """Yield the pieces of an object.

        Raises:
            FileNotFoundError: there is none.
        """
        with self.open(key) as file:
            while chunk := file.read(size):
                yield chunk

    def require_conditions(self) -> None:
        """Check that objects can be written, and that the server doesn't ignore conditions, as old ones do.

        It leaves the object `.conditions` there.

        Raises:
            UserError: the server ignores a condition.
            OSError: the object can't be written.
        """
        ignored = self.replace_if(PROBE, b"\n", None) and self.replace_if(PROBE, b"\n", None)
        if ignored or self.replace_if(PROBE, b"\n", NOBODYS):
            condition = "If-None-Match" if ignored else "If-Match"
            raise UserError(f"{self.address} can't be a store: its server ignores {condition}; use a newer one")

    def _version(self, details: Mapping[str, Any]) -> str:
        return str(details.get(VERSIONS.get(self.address.scheme, "ETag"), "")).strip('"')

    def _condition(self, etag: str) -> dict[str, Any]:
        """Return If-Match as s3fs or adlfs takes it."""
        if self.address.scheme == "s3":
            return {"IfMatch": etag}
        from azure.core import MatchConditions

        return {"etag": etag, "match_condition": MatchConditions.IfNotModified}

    def _replace_generation(self, path: str, content: bytes, generation: str) -> None:
        """Write an object of Google's, for which gcsfs has no call with a condition."""
        bucket, _, name = path.partition("/")
        url = f"{self._files.base.replace('/storage/v1/', '/upload/storage/v1/')}b/{quote(bucket, safe='')}/o"
        boundary = uuid.uuid4().hex
        start, end = (f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode() for kind in KINDS)
        named = json.dumps({"name": name}).encode()
        body = b"\r\n".join([start + named, end + content, f"--{boundary}--\r\n".encode()])
        headers = {"Content-Type": f"multipart/related; boundary={boundary}"}
        conditions = {"uploadType": "multipart", "ifGenerationMatch": generation}
        self._files.call("POST", url, headers=headers, data=body, json_out=True, **conditions)

    def _replace_in_memory(self, key: str, content: bytes, version: str | None) -> bool:
        with in_memory:
            if self.read_versioned(key, len(content) + (1 << 26))[1] != version:
                return False
            self.write(key, content)
        return True


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status of an object store's answer; None if there was no answer."""
    for cause in _causes(error):
        if is_forbidden(cause) and cause.__cause__ is None:
            return HTTPStatus.FORBIDDEN
        response: Any = getattr(cause, "response", None)
        metadata = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
        found = metadata.get("HTTPStatusCode"), getattr(cause, "code", None), getattr(cause, "status_code", None)
        for status in found:  # of botocore, gcsfs and azure
            if isinstance(status, int):
                return status
    return None


def is_refused(error: BaseException) -> bool:
    """Return whether an object store refused a request by its condition."""
    return status_of(error) in REFUSED or any(isinstance(cause, FileExistsError) for cause in _causes(error))


def has_answer(error: BaseException | None) -> bool:
    """Return whether an object store has answered that it does not do what a request asked for."""
    return error is not None and HTTPStatus.BAD_REQUEST <= (status_of(error) or 0) < HTTPStatus.INTERNAL_SERVER_ERROR


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
