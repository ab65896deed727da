"""Let a deployment's run that has failed for want of a disk, server or cluster be tried again."""

import functools
import logging
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from prefect.context import FlowRunContext
from prefect.states import Crashed

from bakeoff.errors import describe, may_pass
from tasks.runs.cancellation import require_wanted

PAUSE = 60  # seconds in which a disk may be emptied, or a server started again

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("bakeoff.tried_again")


def is_of_deployment() -> bool:
    """Return whether the current run is a deployment's, which is tried again if it crashes."""
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    return own is not None and own.deployment_id is not None


def crash_on_outage(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a flow so that a deployment's run becomes Crashed by what may pass, a minute after it happened.

    An automation runs what has crashed again, which takes up what was finished; a failed run stays as it is. Runs of a
    command fail at once: a person decides.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if not is_of_deployment() or not may_pass(error):
                raise
            logger.warning("%s; tried again in %d s", describe(error), PAUSE)
            time.sleep(PAUSE)
            require_wanted("it ends here")
            return cast("R", Crashed(message=describe(error), data=error))

    return run
