"""Request a prediction run after each training run; catch up later on requests that failed.

The idempotency key of the request is made from the training run, so the server creates only one prediction run for it.
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
RECENT = timedelta(days=7)  # no prediction is requested for training runs that ended earlier
# The fields that identify the model, in the configs of both flows.
DEFAULTS = {field: str(TrainingConfig.model_fields[field].default) for field in ("name", "store")}

logger = logging.getLogger("bakeoff.follow_up")
_alone = ContextVar("_alone", default=False)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Request no predictions within the block: its server is embedded, so no worker would ever run them."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def ask_for_prediction() -> None:
    """Request the prediction run that follows the current training run, whose version has been exported.

    It is requested before the training run ends, so that it isn't lost if the server is killed afterwards. A
    deployment's run waits for a server that is away, as it will have to when it reports its end.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or _alone.get():
        return
    # The engine's own client has connected before, so it waits for a server that restarts.
    assert isinstance(context.client, SyncPrefectClient)
    patient = context.flow_run.deployment_id is not None
    with or_warn("the prediction could not be asked for", always=True, patient=patient):
        _ask(context.client, [context.flow_run])


def catch_up() -> None:
    """In a deployment's run, request the predictions that recent training runs lack."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return
    assert isinstance(context.client, SyncPrefectClient)
    ask_for_missing_predictions(context.client)


def ask_for_missing_predictions(client: SyncPrefectClient) -> None:
    """Request the predictions that recent training runs of deployments lack; a failure is only logged.

    Only the newest training run of each model counts, since the prediction uses the latest version.
    """
    completed = {
        "deployment_id": {"is_null_": False},  # a run by hand may have had an embedded server
        "state": {"type": {"any_": [StateType.COMPLETED]}},
        "end_time": {"after_": datetime.now(UTC) - RECENT},
    }
    with or_warn("predictions that training runs lack could not be asked for"):
        runs = client.read_flow_runs(
            flow_filter=FlowFilter.model_validate({"name": {"any_": ["training"]}}),
            flow_run_filter=FlowRunFilter.model_validate(completed),
            sort=FlowRunSort.END_TIME_DESC,
        )
        keys = {"idempotency_key": {"any_": [key(run) for run in runs]}}
        requested = client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(keys)) if runs else []
        _ask(client, unfollowed(runs, {run.idempotency_key for run in requested}))


def unfollowed(runs: Iterable[FlowRun], asked: set[str | None]) -> list[FlowRun]:
    """Choose the training runs whose prediction is missing.

    Args:
        runs: completed training runs.
        asked: the idempotency keys of the predictions that were requested.

    Returns:
        For each model the run that ended last, unless its prediction was requested.
    """
    newest: dict[tuple[str, ...], FlowRun] = {}
    for run in sorted(runs, key=lambda run: (run.end_time or datetime.max.replace(tzinfo=UTC), run.id)):
        newest[tuple(model_of(run).values())] = run
    return [run for run in newest.values() if key(run) not in asked]


def key(run: FlowRun) -> str:
    """Return the idempotency key of a training run's prediction; each try of the run has its own."""
    return f"prediction after training run {run.id}, try {run.run_count}"


def model_of(run: FlowRun) -> dict[str, str]:
    """Return name and store of a training run's model; what its parameters leave out takes the default."""
    config = run.parameters.get("config")
    values: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
    return {field: values.get(field, default) for field, default in DEFAULTS.items()}


def _ask(client: SyncPrefectClient, runs: Iterable[FlowRun]) -> None:
    """Request the prediction after each training run, if the deployment exists."""
    for run in runs:
        try:
            batch = client.read_deployment_by_name(BATCH)
        except ObjectNotFound:  # it was never registered, or was removed
            return
        parameters = {"config": {"version": "latest", **model_of(run)}}
        # Not by the client's method, which schedules it by the clock of this machine: it would wait for the server's.
        prediction = client.request(
            "POST",
            "/deployments/{id}/create_flow_run",
            path_params={"id": batch.id},
            json={"parameters": parameters, "idempotency_key": key(run)},
        ).json()
        logger.info("asked for the prediction after %s: %s", run.name, prediction["name"])
