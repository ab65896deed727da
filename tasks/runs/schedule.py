"""Of the runs that a schedule has missed only the newest is worth its time: the older ones end as Cancelled.

Prefect has no such rule. After a server or worker that was down, or behind a run that took longer than its period,
every missed run would train in turn on what is by then the same rows.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from httpx import HTTPError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled

from bakeoff.errors import describe

PAGE = 200  # the most that a server gives at once

# A newer run in one of these makes an older one needless; one that failed, crashed or was cancelled does not.
WAITING = (StateType.SCHEDULED, StateType.PENDING)
BEGUN = (StateType.RUNNING, StateType.COMPLETED)

logger = logging.getLogger("bakeoff.supersede")


def supersede_missed_runs() -> State[None] | None:
    """End the runs of the current run's deployment that a newer one of the same schedule stands for.

    Returns:
        the state to end the current run with if it is one of them, else None; always None outside of a deployment.
    """
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    if own is None or own.deployment_id is None:
        return None
    with get_client(sync_client=True) as client:
        needless = superseded(_due(client, own), own.id)
        for run in needless.keys() - {own.id}:
            try:
                client.set_flow_run_state(run, _superseded_by(needless[run]))
                logger.info("superseded an older scheduled run that had been missed: %s", run)
            except (HTTPError, ObjectNotFound) as error:  # a run that stays is no reason not to train
                logger.warning("an older scheduled run could not be superseded: %s", describe(error))
    return _superseded_by(needless[own.id]) if own.id in needless else None


def superseded(runs: Iterable[FlowRun], own: UUID) -> dict[UUID, FlowRun]:
    """Choose the runs that a newer one of the same schedule stands for; a run that a person asked for is neither.

    Nor is a scheduled run that a person has asked to be tried again.

    Args:
        runs: one deployment's runs that are due and in a state of `WAITING` or `BEGUN`.
        own: the id of the run that asks, which runs already but has done nothing yet.

    Returns:
        by the id of each needless run, the newest run of its schedule. Other runs under way or done are not needless.
    """
    schedules: dict[str, list[FlowRun]] = {}
    for run in runs:
        if run.auto_scheduled and run.created_by and run.expected_start_time:
            schedules.setdefault(_schedule(run), []).append(run)
    needless: dict[UUID, FlowRun] = {}
    for due in schedules.values():
        newest = max(due, key=lambda run: (run.expected_start_time, run.id))
        undone = (run for run in due if _undone(run, own))
        needless |= {run.id: newest for run in undone if run.id != newest.id}
    return needless


def _undone(run: FlowRun, own: UUID) -> bool:
    """Whether it is the first try of a run that waits, or of the one that asks, which has just begun."""
    if run.id == own:
        return run.run_count == 1
    return run.state_type in WAITING and run.run_count == 0


def _schedule(run: FlowRun) -> str:
    """The slug, which outlives a new deploy as the id doesn't; a schedule without one shows as its class's name."""
    assert run.created_by
    slug = run.created_by.display_value
    return slug if slug and not slug.endswith("Schedule") else str(run.created_by.id)


def _due(client: SyncPrefectClient, own: FlowRun) -> list[FlowRun]:
    """The deployment's scheduled runs that wait, all of them, and the newest of those that began or ended since."""
    now = datetime.now(UTC)
    waiting: list[FlowRun] = []
    while len(waiting) % PAGE == 0 and (page := _read(client, own, WAITING, {"before_": now}, len(waiting))):
        waiting += page
    first = min(run.expected_start_time or now for run in [own, *waiting])
    return waiting + _read(client, own, BEGUN, {"after_": first, "before_": now})


def _read(
    client: SyncPrefectClient, own: FlowRun, states: tuple[StateType, ...], due: dict[str, datetime], offset: int = 0
) -> list[FlowRun]:
    wanted = {
        "deployment_id": {"any_": [own.deployment_id]},
        "state": {"type": {"any_": states}},
        "tags": {"all_": ["auto-scheduled"]},
        "expected_start_time": due,
    }
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(wanted),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=PAGE,
        offset=offset,
    )


def _superseded_by(newest: FlowRun) -> State[None]:
    assert newest.expected_start_time
    return Cancelled(message=f"superseded by the run scheduled for {newest.expected_start_time:%Y-%m-%d %H:%M:%S} UTC")


def scheduled_second() -> int | None:
    """The seconds from 1970 to the time that a deployment's run was scheduled for; None outside of a deployment."""
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    if own is None or own.deployment_id is None or own.expected_start_time is None:
        return None
    return int(own.expected_start_time.timestamp())
