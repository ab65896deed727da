"""A server that goes away while a run works: it is waited for once, that is said once, and the run goes on."""

import contextlib
import logging
import threading
from collections.abc import Iterator

from httpx import HTTPStatusError, TransportError, codes
from prefect.context import SettingsContext, get_settings_context

from bakeoff.errors import describe

GATEWAY = {codes.BAD_GATEWAY, codes.SERVICE_UNAVAILABLE, codes.GATEWAY_TIMEOUT}  # a proxy's words for it

logger = logging.getLogger("bakeoff.server")
_away = threading.Event()


@contextlib.contextmanager
def or_warn(what: str, always: bool = False) -> Iterator[None]:
    """Let what the server refuses or can't be asked within the block be a warning.

    Args:
        what: as in "the progress could not be shown".
        always: say so also where it has been said that the server is away.
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
    """Ask only once within the block where the server has been waited for in vain, not for half a minute again."""
    if not _away.is_set():
        yield
        return
    here = get_settings_context()
    client = here.settings.client.model_copy(update={"max_retries": 0})
    with SettingsContext(profile=here.profile, settings=here.settings.model_copy(update={"client": client})):
        yield


def _is_away(error: Exception) -> bool:
    return isinstance(error, TransportError) or (
        isinstance(error, HTTPStatusError) and error.response.status_code in GATEWAY
    )
