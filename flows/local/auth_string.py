"""The auth string of a server started by `make server`: written to a file, where clients find it."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from bakeoff.errors import UserError
from bakeoff.runtime.locks import try_lock
from flows.local.preflight import prefect_home
from flows.local.trusted_hosts import LOOPBACK

CLIENT_VARIABLE = "PREFECT_API_AUTH_STRING"
SERVER_VARIABLE = "PREFECT_SERVER_API_AUTH_STRING"
LOCK_SECONDS = 5.0  # the longest wait for the lock, which a client that reads the file holds for a moment


def make_auth_string() -> str:
    """Return a new random auth string."""
    return f"admin:{secrets.token_urlsafe(24)}"


def auth_file(port: int) -> Path:
    """Return the file with the auth string of the server at a port of this machine."""
    return prefect_home() / f"bakeoff-auth-{LOOPBACK[0]}:{port}"


@contextlib.contextmanager
def hold_auth_string(port: int) -> Iterator[str]:
    """Yield the auth string for a server at a port, the same after each restart, and hold its file's lock in the block.

    Raises:
        UserError: the file can't be used, or others can read it.
    """
    path = auth_file(port)
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(_open_own(path, os.O_RDWR | os.O_CREAT))
            if not try_lock(file, LOCK_SECONDS):
                raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
            auth = file.read().strip()
            if not auth:  # it is new, or a crash left it empty
                auth = make_auth_string()
                file.write(f"{auth}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(
                f"the auth string in {str(path)!r} can't be used: {error.strerror}; remove the file, and the next "
                "start makes another"
            ) from error
        yield auth


def find_auth_string(api_url: str) -> str | None:
    """Return the auth string that the server at an address wrote to its file for this user, or None.

    None if the environment has an auth string. None too unless the server that wrote the file certainly listens at the
    address: the address must be on this machine, and the file's lock must be held.
    """
    if os.environ.get(CLIENT_VARIABLE):
        return None
    address = urlsplit(api_url)
    if address.scheme != "http" or address.hostname not in LOOPBACK:
        return None
    try:
        with _open_own(auth_file(address.port or 80), os.O_RDONLY) as file:
            return None if try_lock(file, shared=True) else file.read().strip() or None
    except OSError:
        return None


@contextlib.contextmanager
def authorized(api_url: str) -> Iterator[None]:
    """Make Prefect's clients in the block send the auth string that `find_auth_string` finds for an address, if any."""
    auth = find_auth_string(api_url)
    if auth is None:
        yield
        return
    from prefect.context import SettingsContext, get_settings_context
    from pydantic import SecretStr

    context = get_settings_context()
    # `temporary_settings` reads and validates each of Prefect's settings anew, which takes a tenth of a second.
    api = context.settings.api.model_copy(update={"auth_string": SecretStr(auth)})
    with SettingsContext(profile=context.profile, settings=context.settings.model_copy(update={"api": api})):
        yield


def _open_own(path: Path, flags: int) -> IO[str]:
    """Open a file that belongs to this user and that nobody else can read.

    Raises:
        OSError: it is missing, or not such a file.
    """
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        os.close(descriptor)
        raise PermissionError(errno.EACCES, "others can read it, or it is no file of yours")
    return os.fdopen(descriptor, "r+" if flags & os.O_RDWR else "r")
