"""Check that the current run is still Running on the server, before it exports, promotes or publishes anything.

It may have been cancelled or deleted meanwhile, or marked Crashed while its machine was asleep; then another attempt
may have begun, whose results it must not overwrite. If none has, a run that was marked Crashed only because its
heartbeats did not arrive, as while the server was away, goes on.
"""

import logging
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, ObjectNotFound, Pause
from prefect.states import Running

from bakeoff.errors import BakeoffError
from bakeoff.runtime.objects.address import Address
from tasks.runs.heartbeat import AGAIN, SILENT
from tasks.runs.outage import or_warn

logger = logging.getLogger("bakeoff.wanted")

# What this process's run has published, for the message if it is interrupted afterwards.
published: list[Path | Address] = []

_begun: dict[UUID, int] = {}  # how often a run had begun, by its count on the server, when it was resumed here


class RunCancelledError(BakeoffError):
    """The run is being cancelled."""


def require_wanted(what: str) -> None:
    """Check that the current run is Running on the server, in this attempt; outside of a run do nothing.

    If the server doesn't answer, the run goes on: such a server could not have started another run either.

    Args:
        what: the consequence of not going on, for the message, such as "nothing was exported".

    Raises:
        RunCancelledError: the run is being cancelled.
        Abort: the run has ended or was deleted, or another attempt has begun; its state on the server stays as it is.
        Pause: the run is suspended.
    """
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    if context is None or own is None:
        return
    current = None
    with or_warn("whether the run is still wanted could not be asked"):
        try:
            current = cast("SyncPrefectClient", context.client).read_flow_run(own.id)
        except ObjectNotFound:
            _abort(f"the run was deleted while it worked; {what}")
    if current is None or current.state is None:
        return
    if current.state.message in {SILENT, AGAIN} and current.run_count == _begun.get(own.id, own.run_count):
        with or_warn("the run, which was marked Crashed while it worked, could not be marked Running"):
            _resume(cast("SyncPrefectClient", context.client), own, current.state)
        return
    _compare(own, current, current.state, what)


def _resume(client: SyncPrefectClient, own: FlowRun, state: State[Any]) -> None:
    """Mark the run Running again, which counts as another beginning: an attempt elsewhere that began before stops."""
    mine = f"goes on ({uuid4().hex[:8]})"
    client.set_flow_run_state(own.id, Running(message=mine), force=True)
    current = client.read_flow_run(own.id)
    if current.state is None or current.state.message != mine:
        _abort("another attempt at the run has begun, so this one ends")
    _begun[own.id] = current.run_count  # two more than before if the request was sent again
    logger.warning("the run was marked %s while it worked, since no heartbeat arrived; it goes on", state.name)


def _compare(own: FlowRun, current: FlowRun, state: State[Any], what: str) -> None:
    """Raise if the run on the server, in this state, is no longer this process's; see `require_wanted`."""
    if state.type == StateType.CANCELLING:
        raise RunCancelledError(f"cancelled while it worked; {what}")
    if state.type == StateType.PAUSED:
        raise Pause(state=state)
    if state.type != StateType.RUNNING:
        reason = f" ({state.message})" if state.message else ""
        _abort(f"the run was marked {state.name} while it worked{reason}; {what}")
    if current.run_count != _begun.get(own.id, own.run_count):
        _abort(f"another attempt at the run has begun while this one worked; {what}")


def _abort(message: str) -> None:
    logger.warning(message)
    raise Abort(message)
