"""When the current run was to start."""

from prefect.context import FlowRunContext


def scheduled_second() -> int | None:
    """The seconds from 1970 to the time that a deployment's run was scheduled for; None outside of a deployment."""
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    if own is None or own.deployment_id is None or own.expected_start_time is None:
        return None
    return int(own.expected_start_time.timestamp())
