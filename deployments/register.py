"""Registers work pool, deployments and automations with the server at PREFECT_API_URL; may be repeated.

python -m deployments.register      # `make deploy`

With BAKEOFF_WEBHOOK_URL set a person is told of runs that failed, crashed or were not taken up; without it what was
registered before stays.
"""

if __name__ == "__main__":
    # Ahead of Prefect's import, which prints a traceback where it can't write to its home.
    from flows.local.preflight import require_home

    require_home("deploy")

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import StateType
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.states import Crashed

from bakeoff.errors import BakeoffError
from deployments.automations import (
    FLOWS,
    START_SECONDS,
    crash_silent_runs,
    crash_unstarted_runs,
    tell_of_failures,
    tell_of_late_runs,
)
from flows.local.auth_string import authorized
from flows.local.preflight import configured_api_url
from flows.local.server import enter_server, wait_for_server
from tasks.runs.follow_up import ask_for_missing_predictions

ROOT = Path(__file__).resolve().parents[1]
POOL = "bakeoff"
BLOCK = "bakeoff-webhook"
FORMER = "bakeoff: predict after training"  # what training runs ask for themselves now would come twice


def main() -> int:
    """Register everything; returns the exit status."""
    try:
        url = configured_api_url()
        wait_for_server(url)
        with authorized(url):
            enter_server(url)
            return register(url)
    except BakeoffError as error:
        print(f"deploy: {error}", file=sys.stderr)
        return error.exit_status


def register(url: str) -> int:
    """Register everything with the server that the settings name; returns the exit status."""
    with get_client(sync_client=True) as client:
        ensure_pool(client)
        crash_lost_runs(client)
        if failure := deploy_all():
            print(f"deploy: {failure}", file=sys.stderr)
            return 1
        automations = [crash_silent_runs(), crash_unstarted_runs()]
        if webhook := os.environ.get("BAKEOFF_WEBHOOK_URL"):
            block = ensure_webhook(webhook)
            automations += [tell_of_failures(block), tell_of_late_runs(block)]
        for automation in automations:
            ensure_automation(client, automation)
        for former in client.read_automations_by_name(FORMER):
            client.delete_automation(former.id)
        ask_for_missing_predictions(client)
        names = sorted(deployment.name for deployment in client.read_deployments())
    print(f"registered at {url}: work pool {POOL}; deployments {', '.join(names)}; automations:")
    for automation in automations:
        print(f"  {automation.name}")
    return 0


def deploy_all() -> str | None:
    """Register what stands in prefect.yaml; returns what Prefect said if it failed.

    Otherwise it says how to start a worker, two screens of it, at addresses that only it can reach.
    """
    command = ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", "deployments/prefect.yaml"]
    settings = get_current_settings().to_environment_variables(exclude_unset=True)  # the auth string among them
    environment = {**os.environ, **settings, "BAKEOFF_ROOT": str(ROOT), "BAKEOFF_PYTHON": sys.executable}
    deployed = subprocess.run(
        [sys.executable, "-m", *command], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    return f"{deployed.stdout}{deployed.stderr}".strip() if deployed.returncode else None


def ensure_pool(client: SyncPrefectClient) -> None:
    """Make the work pool where there is none; one that is there keeps its settings, its pause included."""
    try:
        client.read_work_pool(POOL)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))


def crash_lost_runs(client: SyncPrefectClient) -> None:
    """Mark runs Crashed that a worker took up when the server stopped too: the automation never heard of them."""
    lost = {
        "state": {"type": {"any_": [StateType.PENDING]}},
        "deployment_id": {"is_null_": False},
    }
    long_ago = datetime.now(UTC) - timedelta(seconds=START_SECONDS)
    for run in client.read_flow_runs(
        flow_filter=FlowFilter.model_validate({"name": {"any_": FLOWS}}),
        flow_run_filter=FlowRunFilter.model_validate(lost),
    ):
        if run.state and run.state.timestamp < long_ago:
            client.set_flow_run_state(run.id, Crashed(message="never started: worker and server stopped together"))


def ensure_webhook(url: str) -> UUID:
    """Make or bring up to date the block that notifications go through; the address is a secret to Prefect's pages.

    The body is what Slack and Mattermost take: `{"text": "…"}`.
    """
    block = CustomWebhookNotificationBlock(
        name=BLOCK,
        url="{{url}}",
        json_data={"text": "{{subject}}\n{{body}}"},
        secrets={"url": url},
    )
    return cast("UUID", block.save(BLOCK, overwrite=True))  # a coroutine only where an event loop runs


def ensure_automation(client: SyncPrefectClient, automation: AutomationCore) -> None:
    """Make the automation, or bring the one of its name up to date; one that somebody disabled stays so."""
    existing = client.read_automations_by_name(automation.name)
    if not existing:
        client.create_automation(automation)
        return
    found = existing[0]
    wanted = automation.model_copy(update={"enabled": found.enabled})
    if _told(found) != _told(wanted):
        client.update_automation(found.id, wanted)


def _told(automation: AutomationCore) -> dict[str, Any]:
    """What an automation does, without what the server adds to it."""
    return automation.model_dump(include=set(AutomationCore.model_fields), exclude={"trigger": {"id"}})


if __name__ == "__main__":
    raise SystemExit(main())
