"""End a training run that drift has started too soon after the one before.

The automation that starts such runs waits between two, but not always long enough: Prefect counts its waiting time in
windows, and may act late in one and early in the next.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.states import Cancelled

RETRAIN = "bakeoff: retrain on drift"  # how the names of the automations begin


def cool_down(hours: float) -> State[None] | None:
    """Return the state to end the current run with if drift has started another one lately, else None.

    Args:
        hours: the length of the cooldown; it begins with a run.
    """
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    if context is None or own is None or own.created_by is None or not is_by_drift(own):
        return None
    assert isinstance(context.client, SyncPrefectClient)
    since = datetime.now(UTC) - timedelta(hours=hours)
    begun = {"created_by": {"id_": [own.created_by.id]}, "start_time": {"after_": since}}
    runs = context.client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(begun))
    before = run_before(runs, own)
    if before is None or before.start_time is None:
        return None
    return Cancelled(
        message=f"drift started a run at {before.start_time:%Y-%m-%d %H:%M:%S} UTC already, and starts the next "
        f"{hours:g} hours later (drift_cooldown)"
    )


def run_before(runs: Iterable[FlowRun], own: FlowRun) -> FlowRun | None:
    """Return the last run that began before the current one, or None; cancelled runs don't count.

    Args:
        runs: the runs of the same automation that began within the cooldown, the current one among them.
        own: the current run.
    """
    started = {run.id: run.start_time for run in runs if run.start_time}
    began = started.get(own.id) or datetime.now(UTC)
    earlier = [
        run
        for run in runs
        if run.start_time
        and not (run.state and run.state.is_cancelled())
        and (run.start_time, run.id) < (began, own.id)
    ]
    return max(earlier, key=lambda run: (run.start_time, run.id), default=None)


def is_by_drift(run: FlowRun) -> bool:
    """Return whether drift started a run."""
    by = run.created_by
    return by is not None and by.type == "AUTOMATION" and (by.display_value or "").startswith(RETRAIN)
