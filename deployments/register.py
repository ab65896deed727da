"""Register work pool, deployments and automations with the server at PREFECT_API_URL; may be repeated.

python -m deployments.register      # `make deploy`

BAKEOFF_POOL names another work pool than that of processes: see deployments/pools.

If BAKEOFF_WEBHOOK_URL is set, automations notify it of runs that failed, crashed or were not picked up, of drift and of
promotions; if it is not set, notifications that were registered before stay.
"""

if __name__ == "__main__":
    # Before Prefect's import, which prints a traceback if it can't write to its home.
    from flows.local.preflight import require_home

    require_home("deploy")

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import yaml
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import StateType
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.states import Crashed

from bakeoff.config import TrainingConfig
from bakeoff.config.validation import validate
from bakeoff.errors import BakeoffError, ConfigError
from bakeoff.runtime.objects.address import Address
from deployments.automations import (
    FLOWS,
    crash_silent_runs,
    crash_unstarted_runs,
    retrain_on_drift,
    retry_crashed_runs,
    retry_once_more,
    tell_of_drift,
    tell_of_failures,
    tell_of_late_runs,
    tell_of_promotions,
)
from deployments.pools.pool import PROCESS, PROCESSES, ROOT, Pool
from flows.local.auth_string import authorized
from flows.local.preflight import configured_api_url
from flows.local.server import enter_server, wait_for_server
from tasks.runs.follow_up import ask_for_missing_predictions

PREFECT_FILE = ROOT / "prefect.yaml"
TRAINING = "flows/training.py:training"  # its entrypoint
BLOCK = "bakeoff-webhook"
FORMER = "bakeoff: predict after training"  # an automation of earlier releases, which is deleted; see `follow_up`


def main() -> int:
    """Register everything; returns the exit status."""
    try:
        url = configured_api_url()
        wait_for_server(url)
        with authorized(url):
            enter_server(url)
            return register(url, pool=Pool.named())
    except BakeoffError as error:
        print(f"deploy: {error}", file=sys.stderr)
        return error.exit_status


def register(url: str, file: Path = PREFECT_FILE, pool: Pool = PROCESSES) -> int:
    """Register everything with the server that the settings name; returns the exit status.

    Args:
        url: the server's address, for the messages.
        file: the file with the deployments.
        pool: their work pool.
    """
    with get_client(sync_client=True) as client:
        ensure_pool(client, pool)
        crash_lost_runs(client, pool)
        if failure := deploy_all(file, pool):
            print(f"deploy: {failure}", file=sys.stderr)
            return 1
        automations = [
            crash_silent_runs(),
            crash_unstarted_runs(pool.start_seconds),
            retry_crashed_runs(),
            retry_once_more(),
            *retrainings(client, file, pool),
        ]
        if webhook := os.environ.get("BAKEOFF_WEBHOOK_URL"):
            block = ensure_webhook(webhook)
            automations += [tell_of_failures(block), tell_of_late_runs(block)]
            automations += [tell_of_drift(block), tell_of_promotions(block)]
        for automation in automations:
            ensure_automation(client, automation)
        for former in client.read_automations_by_name(FORMER):
            client.delete_automation(former.id)
        ask_for_missing_predictions(client)
        names = sorted(deployment.name for deployment in client.read_deployments())
    print(f"registered at {url}: work pool {pool.name}; deployments {', '.join(names)}; automations:")
    for automation in automations:
        print(f"  {automation.name}")
    return 0


def deploy_all(file: Path, pool: Pool) -> str | None:
    """Register the deployments in the file with the pool; returns Prefect's output if that fails, else None.

    On success the output is dropped: two screens on how to start a worker, with addresses that only work here.
    """
    settings = get_current_settings().to_environment_variables(exclude_unset=True)  # the auth string among them
    environment = {**os.environ, **settings}
    with tempfile.TemporaryDirectory() as folder:
        if pool.type != PROCESS:
            content = pool.take(yaml.safe_load(file.read_text(encoding="utf-8")))
            file = Path(folder) / file.name
            file.write_text(yaml.safe_dump(content), encoding="utf-8")
        command = ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
        deployed = subprocess.run(
            [sys.executable, "-m", *command], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
        )
    return f"{deployed.stdout}{deployed.stderr}".strip() if deployed.returncode else None


def retrainings(client: SyncPrefectClient, file: Path, pool: Pool) -> list[AutomationCore]:
    """Make an automation for each model that a deployment in the file trains: drift runs the first such deployment.

    Raises:
        ConfigError: the stored config of a deployment is not valid.
    """
    automations = dict[tuple[str, Path | Address], AutomationCore]()
    for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]:
        if entry["entrypoint"] != TRAINING:
            continue
        name = f"training/{entry['name']}"
        deployment = client.read_deployment_by_name(name)
        try:
            config = validate(TrainingConfig, deployment.parameters.get("config") or {})
        except ConfigError as error:
            raise ConfigError(f"{name} in {file.name}: {error}") from error
        store = config.store
        if isinstance(store, Path):
            store = (pool.project / store).resolve() if pool.type == PROCESS else pool.project / store
        model = config.name, store
        if model not in automations:
            cooldown = timedelta(hours=config.drift_cooldown)
            automations[model] = retrain_on_drift(*model, deployment.id, name, cooldown)
    return list(automations.values())


def ensure_pool(client: SyncPrefectClient, pool: Pool) -> None:
    """Create the work pool, or give it the file's template; it keeps its other settings, and stays paused if it is.

    Raises:
        ConfigError: there is a pool of this name and another type.
    """
    template = pool.base_job_template
    try:
        existing = client.read_work_pool(pool.name)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=pool.name, type=pool.type, base_job_template=template))
        return
    if existing.type != pool.type:
        raise ConfigError(f"the work pool {pool.name} is of type {existing.type}; delete it, or choose another name")
    if template and existing.base_job_template != template:
        client.update_work_pool(pool.name, WorkPoolUpdate(base_job_template=template))


def crash_lost_runs(client: SyncPrefectClient, pool: Pool) -> None:
    """Mark runs Crashed that are Pending since worker and server stopped together, which no automation notices."""
    lost = {
        "state": {"type": {"any_": [StateType.PENDING]}},
        "deployment_id": {"is_null_": False},
    }
    long_ago = datetime.now(UTC) - timedelta(seconds=pool.start_seconds)
    for run in client.read_flow_runs(
        flow_filter=FlowFilter.model_validate({"name": {"any_": FLOWS}}),
        flow_run_filter=FlowRunFilter.model_validate(lost),
    ):
        if run.state and run.state.timestamp < long_ago:
            client.set_flow_run_state(run.id, Crashed(message="never started: worker and server stopped together"))


def ensure_webhook(url: str) -> UUID:
    """Create or update the notification block, and return its id; Prefect's pages hide the URL, which is a secret.

    The body is what Slack and Mattermost accept: `{"text": "…"}`.
    """
    block = CustomWebhookNotificationBlock(
        name=BLOCK,
        url="{{url}}",
        json_data={"text": "{{subject}}\n{{body}}"},
        secrets={"url": url},
    )
    return cast("UUID", block.save(BLOCK, overwrite=True))  # a coroutine only inside an event loop


def ensure_automation(client: SyncPrefectClient, automation: AutomationCore) -> None:
    """Create the automation, or update the one of the same name; a disabled one stays disabled."""
    existing = client.read_automations_by_name(automation.name)
    if not existing:
        client.create_automation(automation)
        return
    current = existing[0]
    updated = automation.model_copy(update={"enabled": current.enabled})
    if _definition(current) != _definition(updated):
        client.update_automation(current.id, updated)


def _definition(automation: AutomationCore) -> dict[str, Any]:
    """Return an automation's definition, without the fields that the server adds."""
    return automation.model_dump(include=set(AutomationCore.model_fields), exclude={"trigger": {"id"}})


if __name__ == "__main__":
    raise SystemExit(main())
