"""Outages of the server during a run: wait for the server once, log that once, and let the run go on."""

import contextlib
import logging
import threading
from collections.abc import Iterator

from httpx import HTTPStatusError, TransportError, codes
from prefect.context import SettingsContext, get_settings_context

from bakeoff.errors import describe

FEW_RETRIES = 2  # after two and after four seconds
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
    """If the server is known to be away, send requests within the block without retries, which take half a minute."""
    with _retrying(0) if _away.is_set() else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def giving_up_soon() -> Iterator[None]:
    """Send requests within the block, about a result that stands, with few retries: six seconds for a server away.

    An outage within it is noted, and its exception raised.
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
    current = get_settings_context()
    client = current.settings.client
    client = client.model_copy(update={"max_retries": min(most, client.max_retries)})
    with SettingsContext(profile=current.profile, settings=current.settings.model_copy(update={"client": client})):
        yield


def _is_away(error: Exception) -> bool:
    return isinstance(error, TransportError) or (
        isinstance(error, HTTPStatusError) and error.response.status_code in GATEWAY
    )
