"""A training run asks for the prediction run that follows it; what was not asked for is caught up with.

The key that a prediction run is asked for with is the training run's own: the server makes no second run of it, however
often it is asked.
"""

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound

from bakeoff.config import TrainingConfig
from tasks.runs.outage import or_warn

BATCH = "prediction/batch"
RECENT = timedelta(days=7)  # what was trained longer ago is not caught up with
SHARED = ("name", "store")  # the fields that say which model it is, in either flow's config
DEFAULTS = {field: str(TrainingConfig.model_fields[field].default) for field in SHARED}

logger = logging.getLogger("bakeoff.follow_up")
_alone = ContextVar("_alone", default=False)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Ask for nothing within the block: its server is embedded, and no worker will ever come to it."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def ask_for_prediction() -> None:
    """Ask for the prediction run that follows the current training run, whose version stands.

    Asked for before the run has ended: a server that is killed from here on knows of it.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or _alone.get():
        return
    # The engine's own client: it has reached the server before, so it waits for one that is restarted.
    assert isinstance(context.client, SyncPrefectClient)
    with or_warn("the prediction could not be asked for", always=True):
        _ask(context.client, [context.flow_run])


def catch_up() -> None:
    """From a deployment's run: ask for the predictions that recent training runs lack."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return
    assert isinstance(context.client, SyncPrefectClient)
    ask_for_missing_predictions(context.client)


def ask_for_missing_predictions(client: SyncPrefectClient) -> None:
    """Ask for the predictions that recent training runs of deployments lack; a failure to do so is a warning.

    Of each model the newest training run alone: what would be scored is the latest version.
    """
    wanted = {
        "deployment_id": {"is_null_": False},  # one by hand may have had an embedded server
        "state": {"type": {"any_": [StateType.COMPLETED]}},
        "end_time": {"after_": datetime.now(UTC) - RECENT},
    }
    with or_warn("predictions that training runs lack could not be asked for"):
        runs = client.read_flow_runs(
            flow_filter=FlowFilter.model_validate({"name": {"any_": ["training"]}}),
            flow_run_filter=FlowRunFilter.model_validate(wanted),
            sort=FlowRunSort.END_TIME_DESC,
        )
        keys = {"idempotency_key": {"any_": [key(run) for run in runs]}}
        asked = client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(keys)) if runs else []
        _ask(client, unfollowed(runs, {run.idempotency_key for run in asked}))


def unfollowed(runs: Iterable[FlowRun], asked: set[str | None]) -> list[FlowRun]:
    """Choose the training runs whose prediction is missing.

    Args:
        runs: completed training runs.
        asked: the keys by which prediction runs were asked for.

    Returns:
        of each model the run that ended last, if no prediction was asked for it.
    """
    newest: dict[tuple[str, ...], FlowRun] = {}
    for run in sorted(runs, key=lambda run: (run.end_time or datetime.max.replace(tzinfo=UTC), run.id)):
        newest[tuple({**DEFAULTS, **model_of(run)}.values())] = run
    return [run for run in newest.values() if key(run) not in asked]


def key(run: FlowRun) -> str:
    """What a training run asks for its prediction with; one that is tried again has another."""
    return f"prediction after training run {run.id}, try {run.run_count}"


def model_of(run: FlowRun) -> dict[str, str]:
    """The name and the store that a training run was given; what it was not given has its default in both flows."""
    config = run.parameters.get("config")
    given: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
    return {field: given[field] for field in SHARED if field in given}


def _ask(client: SyncPrefectClient, runs: Iterable[FlowRun]) -> None:
    for run in runs:
        try:
            batch = client.read_deployment_by_name(BATCH)
        except ObjectNotFound:  # it was never registered here, or somebody does without it
            return
        parameters = {"config": {"version": "latest", **model_of(run)}}
        asked = client.create_flow_run_from_deployment(batch.id, parameters=parameters, idempotency_key=key(run))
        logger.info("asked for the prediction after %s: %s", run.name, asked.name)
