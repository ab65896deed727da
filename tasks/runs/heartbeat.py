"""Send a heartbeat of a flow run every half minute, so that the server notices when its process is gone.

The events are those of Prefect's own heartbeats, so automations treat them alike. Prefect sends its own every three
minutes by default, and at the end of a run waits up to a second for the thread that sends them; this one ends at once.
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

SECONDS = 30  # between heartbeats
SILENCE_SECONDS = 3 * SECONDS  # without one, after which deployments/automations.py marks the run Crashed
# What it says of such a run, and of one that is scheduled again.
SILENT = f"no heartbeat for {SILENCE_SECONDS} seconds: its process or machine was stopped or killed, or sleeps"
AGAIN = "tried again, since it crashed"

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("bakeoff.heartbeat")


@contextlib.contextmanager
def disable_prefect_heartbeats() -> Iterator[None]:
    """Disable Prefect's own heartbeats for the runs that begin within the block."""
    current = get_settings_context()
    flows = current.settings.flows.model_copy(update={"heartbeat_frequency": None})
    # `temporary_settings` reads and validates all of Prefect's settings again, which takes a tenth of a second.
    with SettingsContext(profile=current.profile, settings=current.settings.model_copy(update={"flows": flows})):
        yield


def send_heartbeats(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a flow so that heartbeats of its run are sent while it runs."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        context = FlowRunContext.get()
        own, flow = (context.flow_run, context.flow) if context else (None, None)
        if own is None or flow is None:
            return function(*args, **kwargs)
        ended = threading.Event()
        # The context gives the thread the run's settings, such as the address of its server.
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
    """Send heartbeats of a run of the flow with this name until the event is set."""
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
        except Exception as error:  # the run goes on without it
            logger.warning("no heartbeat could be sent: %s", describe(error))
        if ended.wait(SECONDS):
            return
