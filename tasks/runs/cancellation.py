"""Whether the current run is still wanted: asked before it changes what others see, so that no successor is overtaken.

Somebody may have cancelled or deleted it while it worked, or the server may have marked it Crashed while its machine
was asleep, and begun the next one.
"""

import logging
from pathlib import Path
from typing import Any, cast

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, ObjectNotFound, Pause

from bakeoff.errors import BakeoffError
from tasks.runs.outage import or_warn

logger = logging.getLogger("bakeoff.wanted")

published: list[Path] = []  # by this process's run, for whoever ends it before it can return it


class RunCancelledError(BakeoffError):
    """Somebody is cancelling the run."""


def require_wanted(what: str) -> None:
    """See that the server has the current run as Running, in this attempt; without a run, or a server, go on.

    A server that can't be asked ends nobody's work: it could not have told anybody to begin another run either.

    Args:
        what: is not done where the run is over, as in "nothing was exported".

    Raises:
        RunCancelledError: it is being cancelled.
        Abort: it is over, or another attempt has begun; its state on the server is left as it is.
        Pause: it is suspended.
    """
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    if context is None or own is None:
        return
    now = None
    with or_warn("whether the run is still wanted could not be asked"):
        try:
            now = cast("SyncPrefectClient", context.client).read_flow_run(own.id)
        except ObjectNotFound:
            _leave(f"the run was deleted while it worked; {what}")
    if now is not None and now.state is not None:
        _compare(own, now, now.state, what)


def _compare(own: FlowRun, now: FlowRun, state: State[Any], what: str) -> None:
    if state.type == StateType.CANCELLING:
        raise RunCancelledError(f"cancelled while it worked; {what}")
    if state.type == StateType.PAUSED:
        raise Pause(state=state)
    if state.type != StateType.RUNNING:
        said = f" ({state.message})" if state.message else ""
        _leave(f"the run was marked {state.name} while it worked{said}; {what}")
    if now.run_count != own.run_count:
        _leave(f"another attempt at the run has begun while this one worked; {what}")


def _leave(message: str) -> None:
    logger.warning(message)
    raise Abort(message)
