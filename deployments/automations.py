"""What the server does by itself when something happens, or does not happen."""

from datetime import timedelta
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

SILENCE_SECONDS = 90  # three heartbeats of PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30, the shortest that Prefect allows
RUNS = ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]})
ENDS = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}


def crash_silent_runs() -> AutomationCore:
    """A run whose worker was stopped or killed stays Running for ever; without a heartbeat it is marked Crashed.

    That frees its place, so that the next scheduled run goes through. Workers must send heartbeats.
    """
    return AutomationCore(
        name="bakeoff: a silent run has crashed",
        description="Marks a run Crashed whose worker was stopped or killed, when its heartbeats end.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *ENDS},
            match=RUNS,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=SILENCE_SECONDS),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=f"no heartbeat for {SILENCE_SECONDS} seconds: its worker was stopped or killed",
            )
        ],
    )


def predict_after_training(batch: UUID) -> AutomationCore:
    """Run the deployment prediction/batch when a training run has completed.

    An automation of its own and not the deployment's trigger: that would be deleted and made again by every deploy, and
    the server goes on firing the deleted ones until it is restarted.
    """
    return AutomationCore(
        name="bakeoff: predict after training",
        description="Scores the latest version's validation rows after every completed training run.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Completed"},
            match=RUNS,
            match_related=ResourceSpecification(
                {"prefect.resource.name": ["training"], "prefect.resource.role": ["flow"]}
            ),
            # Once a run, also when the server takes its event up again, as it does after a locked database.
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(minutes=10),
        ),
        actions=[RunDeployment(source="selected", deployment_id=batch)],
    )
