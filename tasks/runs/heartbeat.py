"""A flow run's sign of life: an event every half minute, by which the server can tell that nobody runs it any more.

The events are those of Prefect's own heartbeats, and so is what automations make of them. Prefect's come every three
minutes unless told otherwise, and at the end of a run it waits up to a second for their thread to wake up; these end at
once.
"""

import contextlib
import contextvars
import functools
import logging
import threading
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext, SettingsContext, get_settings_context
from prefect.events import emit_event

from bakeoff.errors import describe

SECONDS = 30  # deployments/automations.py marks a run Crashed that was silent for three times as long

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("bakeoff.heartbeat")


@contextlib.contextmanager
def disable_prefect_heartbeats() -> Iterator[None]:
    """Keep Prefect from sending heartbeats of its own, too, for the runs that begin within the block."""
    here = get_settings_context()
    flows = here.settings.flows.model_copy(update={"heartbeat_frequency": None})
    # `temporary_settings` reads and validates each of Prefect's settings anew, which takes a tenth of a second.
    with SettingsContext(profile=here.profile, settings=here.settings.model_copy(update={"flows": flows})):
        yield


def send_heartbeats(function: Callable[P, R]) -> Callable[P, R]:
    """Send heartbeats of the flow run while the function runs."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        context = FlowRunContext.get()
        own, flow = (context.flow_run, context.flow) if context else (None, None)
        if own is None or flow is None:
            return function(*args, **kwargs)
        ended = threading.Event()
        # With the context the thread has the run's settings, its server's address above all.
        beat = functools.partial(contextvars.copy_context().run, _beat, own, flow.name, ended)
        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            return function(*args, **kwargs)
        finally:
            ended.set()
            thread.join()

    return run


def _beat(own: FlowRun, flow: str, ended: threading.Event) -> None:
    resource = {"prefect.resource.id": f"prefect.flow-run.{own.id}", "prefect.resource.name": own.name or ""}
    related = [
        {
            "prefect.resource.id": f"prefect.flow.{own.flow_id}",
            "prefect.resource.role": "flow",
            "prefect.resource.name": flow,
        }
    ]
    if own.deployment_id:
        deployment = f"prefect.deployment.{own.deployment_id}"
        related.append({"prefect.resource.id": deployment, "prefect.resource.role": "deployment"})
    while True:
        try:
            emit_event("prefect.flow-run.heartbeat", resource, related=list(related))
        except Exception as error:  # a run goes on without
            logger.warning("no heartbeat could be sent: %s", describe(error))
        if ended.wait(SECONDS):
            return
