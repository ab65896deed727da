"""Let a run survive outages of the server: wait for the server once, log the outage once, and go on."""

import contextlib
import logging
import threading
from collections.abc import Iterator

from httpx import HTTPStatusError, Timeout, TransportError, codes
from prefect.context import SettingsContext, SyncClientContext, get_settings_context

from bakeoff.errors import describe

FEW_RETRIES = 2  # after two and after four more seconds
SECONDS, FEW_SECONDS = 20.0, 5.0  # that a server may take to answer, and one that has not answered before
GATEWAY = {codes.BAD_GATEWAY, codes.SERVICE_UNAVAILABLE, codes.GATEWAY_TIMEOUT}  # a proxy's status codes for an outage

logger = logging.getLogger("bakeoff.server")
_away = threading.Event()


@contextlib.contextmanager
def or_warn(what: str, always: bool = False, asks: bool = True, patient: bool = False) -> Iterator[None]:
    """Turn an exception within the block, such as a failed request to the server, into a warning.

    Args:
        what: the consequence, for the message, such as "the progress could not be shown".
        always: try as often as Prefect does, and warn even if the outage has already been logged.
        patient: do so even if the server is known to be away.
        asks: whether the block waits for the server's answer, which shows that it is not away.
    """
    try:
        with contextlib.nullcontext() if patient else _less_patience(always):
            yield
    except Exception as error:
        if not _is_away(error):
            logger.warning("%s: %s", what, describe(error))
            return
        if always or not _away.is_set():
            logger.warning("%s, since the server no longer answers: %s", what, describe(error))
        _away.set()
    else:
        if asks:
            _away.clear()


def _less_patience(always: bool) -> contextlib.AbstractContextManager[None]:
    return waiting_once() if always or _away.is_set() else _trying(FEW_RETRIES, SECONDS)


@contextlib.contextmanager
def waiting_once() -> Iterator[None]:
    """Send requests within the block without retries, which take minutes, if the server is known to be away."""
    with _trying(0, FEW_SECONDS) if _away.is_set() else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def giving_up_soon() -> Iterator[None]:
    """Send requests within the block with few retries, six seconds if the server is gone, and a minute if it hangs.

    For requests that the run's result doesn't depend on. An outage is remembered, and its exception is raised.
    """
    try:
        with _less_patience(always=False):
            yield
    except Exception as error:
        if _is_away(error):
            _away.set()
        raise


@contextlib.contextmanager
def _trying(retries: int, seconds: float) -> Iterator[None]:
    """Let Prefect's clients retry a request at most so often within the block, and wait so long for each answer."""
    current = get_settings_context()
    client, api = current.settings.client, current.settings.api
    patience, seconds = api.request_timeout, min(seconds, api.request_timeout)
    client = client.model_copy(update={"max_retries": min(retries, client.max_retries)})
    settings = current.settings.model_copy(
        update={"client": client, "api": api.model_copy(update={"request_timeout": seconds})}
    )
    shared = SyncClientContext.get()  # the run's client, which took its timeout from the settings when it was made
    if shared:
        shared.client._client.timeout = Timeout(seconds)  # noqa: SLF001
    try:
        with SettingsContext(profile=current.profile, settings=settings):
            yield
    finally:
        if shared:
            shared.client._client.timeout = Timeout(patience)  # noqa: SLF001


def _is_away(error: Exception) -> bool:
    return isinstance(error, TransportError) or (
        isinstance(error, HTTPStatusError) and error.response.status_code in GATEWAY
    )
