"""Cancel the runs that a schedule has missed, except for the newest one.

Prefect has no such rule. After a server or worker was down, or after a run that took longer than the schedule's
interval, all missed runs would be run one after another, by then on the same rows.
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

PAGE = 200  # most runs that the server returns to one request

# A newer run in one of these states supersedes older ones; one that failed, crashed or was cancelled does not.
WAITING = (StateType.SCHEDULED, StateType.PENDING)
BEGUN = (StateType.RUNNING, StateType.COMPLETED)

logger = logging.getLogger("bakeoff.supersede")


def supersede_missed_runs() -> State[None] | None:
    """Cancel the runs of the current run's deployment that a newer run of the same schedule supersedes.

    Returns:
        The state to end the current run with if it is superseded itself, else None; always None outside of a
        deployment.
    """
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    if own is None or own.deployment_id is None:
        return None
    with get_client(sync_client=True) as client:
        superseded_runs = superseded(_due(client, own), own.id)
        for run in superseded_runs.keys() - {own.id}:
            try:
                client.set_flow_run_state(run, _superseded_by(superseded_runs[run]))
                logger.info("superseded an older scheduled run that had been missed: %s", run)
            except (HTTPError, ObjectNotFound) as error:  # the older run stays, and this one goes on
                logger.warning("an older scheduled run could not be superseded: %s", describe(error))
    return _superseded_by(superseded_runs[own.id]) if own.id in superseded_runs else None


def superseded(runs: Iterable[FlowRun], own: UUID) -> dict[UUID, FlowRun]:
    """Choose the runs that a newer run of the same schedule supersedes.

    Only runs that have not begun are superseded: waiting runs, and the current one. Runs that a person started neither
    supersede nor are superseded, and scheduled runs that a person has retried are not superseded.

    Args:
        runs: the runs of one deployment that are due and in a state of `WAITING` or `BEGUN`.
        own: the id of the current run, which is Running but has done nothing yet.

    Returns:
        By id of each superseded run, the newest run of its schedule.
    """
    schedules: dict[str, list[FlowRun]] = {}
    for run in runs:
        if run.auto_scheduled and run.created_by and run.expected_start_time:
            schedules.setdefault(_schedule(run), []).append(run)
    newest_by_id: dict[UUID, FlowRun] = {}
    for due in schedules.values():
        newest = max(due, key=lambda run: (run.expected_start_time, run.id))
        not_begun = (run for run in due if _has_not_begun(run, own))
        newest_by_id |= {run.id: newest for run in not_begun if run.id != newest.id}
    return newest_by_id


def _has_not_begun(run: FlowRun, own: UUID) -> bool:
    """Return whether a run has done nothing yet: it is waiting or the current one, and this is its first try."""
    if run.id == own:
        return run.run_count == 1
    return run.state_type in WAITING and run.run_count == 0


def _schedule(run: FlowRun) -> str:
    """Return the slug of a run's schedule, which stays the same when it is deployed again; without a slug, the id."""
    assert run.created_by
    slug = run.created_by.display_value
    return slug if slug and not slug.endswith("Schedule") else str(run.created_by.id)


def _due(client: SyncPrefectClient, own: FlowRun) -> list[FlowRun]:
    """Read the deployment's scheduled runs: all that wait, and those begun that were due after the first of these.

    Of the latter only the newest `PAGE` are read.
    """
    now = datetime.now(UTC)
    waiting: list[FlowRun] = []
    while len(waiting) % PAGE == 0 and (page := _read(client, own, WAITING, {"before_": now}, len(waiting))):
        waiting += page
    first = min(run.expected_start_time or now for run in [own, *waiting])
    return waiting + _read(client, own, BEGUN, {"after_": first, "before_": now})


def _read(
    client: SyncPrefectClient, own: FlowRun, states: tuple[StateType, ...], due: dict[str, datetime], offset: int = 0
) -> list[FlowRun]:
    criteria = {
        "deployment_id": {"any_": [own.deployment_id]},
        "state": {"type": {"any_": states}},
        "tags": {"all_": ["auto-scheduled"]},
        "expected_start_time": due,
    }
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(criteria),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=PAGE,
        offset=offset,
    )


def _superseded_by(newest: FlowRun) -> State[None]:
    assert newest.expected_start_time
    return Cancelled(message=f"superseded by the run scheduled for {newest.expected_start_time:%Y-%m-%d %H:%M:%S} UTC")


def scheduled_second() -> int | None:
    """Return the time that the current run was scheduled for, in seconds since the epoch; None without a deployment."""
    context = FlowRunContext.get()
    own = context.flow_run if context else None
    if own is None or own.deployment_id is None or own.expected_start_time is None:
        return None
    return int(own.expected_start_time.timestamp())
