"""Let a run survive outages of the server: wait for the server once, log the outage once, and go on."""

import contextlib
import logging
import threading
from collections.abc import Iterator

from httpx import HTTPStatusError, TransportError, codes
from prefect.context import SettingsContext, get_settings_context

from bakeoff.errors import describe

FEW_RETRIES = 2  # after two and after four more seconds
GATEWAY = {codes.BAD_GATEWAY, codes.SERVICE_UNAVAILABLE, codes.GATEWAY_TIMEOUT}  # a proxy's status codes for an outage

logger = logging.getLogger("bakeoff.server")
_away = threading.Event()


@contextlib.contextmanager
def or_warn(what: str, always: bool = False) -> Iterator[None]:
    """Turn an exception within the block, such as a failed request to the server, into a warning.

    Args:
        what: the consequence, for the message, such as "the progress could not be shown".
        always: warn even if the outage has already been logged.
    """
    try:
        with waiting_once():
            yield
    except Exception as error:
        if not _is_away(error):
            logger.warning("%s: %s", what, describe(error))
            return
        if always or not _away.is_set():
            logger.warning("%s, since the server no longer answers: %s", what, describe(error))
        _away.set()
    else:
        _away.clear()


@contextlib.contextmanager
def waiting_once() -> Iterator[None]:
    """Send requests within the block without retries, which take half a minute, if the server is known to be away."""
    with _retrying(0) if _away.is_set() else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def giving_up_soon() -> Iterator[None]:
    """Send requests within the block with few retries, which take six seconds if the server is away.

    For requests that the run's result doesn't depend on. An outage is remembered, and its exception is raised.
    """
    try:
        with _retrying(0 if _away.is_set() else FEW_RETRIES):
            yield
    except Exception as error:
        if _is_away(error):
            _away.set()
        raise


@contextlib.contextmanager
def _retrying(most: int) -> Iterator[None]:
    """Let Prefect's clients retry a request at most `most` times within the block."""
    current = get_settings_context()
    client = current.settings.client
    client = client.model_copy(update={"max_retries": min(most, client.max_retries)})
    with SettingsContext(profile=current.profile, settings=current.settings.model_copy(update={"client": client})):
        yield


def _is_away(error: Exception) -> bool:
    return isinstance(error, TransportError) or (
        isinstance(error, HTTPStatusError) and error.response.status_code in GATEWAY
    )
