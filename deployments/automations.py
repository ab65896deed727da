"""Automations of the server: retry lost runs, retrain on drift, and notify of what a person should know."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from bakeoff.runtime.objects.address import Address
from tasks.runs.cooldown import RETRAIN
from tasks.runs.events import CHAMPION, STORE, VERDICT, VERSION, model_labels
from tasks.runs.heartbeat import AGAIN, SILENCE_SECONDS, SILENT

LATE_MINUTES = 15  # after the server has found a run late
WINDOW = timedelta(minutes=10)  # within it, an event that the server processes twice triggers only once
DAY = timedelta(days=1)  # between two messages about the same model's drift

RUNS = ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]})
# The automations don't apply to other flows on the same server.
FLOWS = ["training", "prediction"]
OURS = ResourceSpecification({"prefect.resource.role": ["flow"], "prefect.resource.name": FLOWS})
MODELS = {"prefect.resource.id": "bakeoff.model.*"}
OF_THE_CHAMPION = {VERDICT: "drifted", CHAMPION: "true"}  # an older version, asked for by its id, need not be replaced
OF_A_DEPLOYMENT = ResourceSpecification({"prefect.resource.role": ["deployment"]})


def states(*names: str) -> set[str]:
    """Return the names of Prefect's events for flow runs that enter one of the named states."""
    return {f"prefect.flow-run.{name}" for name in names}


HEARTBEAT = states("heartbeat")  # no state, but its event is named the same way
ENDS = states("Completed", "Failed", "Cancelled", "Crashed", "TimedOut")
WAITS = states(
    "Scheduled", "Late", "AwaitingConcurrencySlot", "AwaitingRetry", "AwaitingLastRetry", "Paused", "Suspended"
)


def absent(name: str, description: str, action: object, **trigger: object) -> AutomationCore:
    """Make an automation that acts if an expected event of a run does not occur in time.

    Args:
        name: its name.
        description: its description.
        action: what it does.
        trigger: further fields of the `EventTrigger`.
    """
    return AutomationCore(
        name=name,
        description=description,
        trigger=EventTrigger(
            match=RUNS, for_each={"prefect.resource.id"}, posture=Posture.Proactive, threshold=1, **trigger
        ),
        actions=[action],
    )


def present(name: str, description: str, action: object, **trigger: object) -> AutomationCore:
    """Make an automation that acts once per run and window if an event occurs; the arguments are those of `absent`."""
    return AutomationCore(
        name=name,
        description=description,
        trigger=EventTrigger(
            match=RUNS,
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            **{"within": WINDOW, **trigger},
        ),
        actions=[action],
    )


def crash_silent_runs() -> AutomationCore:
    """Mark runs Crashed that send no heartbeats: a run whose process was killed would stay Running for ever.

    Marking it Crashed frees its concurrency slot for the next scheduled run.
    """
    return absent(
        "bakeoff: a silent run has crashed",
        "Marks a run Crashed whose process or machine was stopped or killed, or is asleep, when its heartbeats end.",
        _crash(SILENT),
        after=HEARTBEAT | states("Running"),
        expect=HEARTBEAT | ENDS | WAITS,
        within=timedelta(seconds=SILENCE_SECONDS),
        match_related=OURS,
    )


def crash_unstarted_runs(seconds: int) -> AutomationCore:
    """Mark runs Crashed that don't start: a run whose worker was killed before it began stays Pending for ever.

    Args:
        seconds: the longest time from Pending to Running.
    """
    return absent(
        "bakeoff: a run that never started has crashed",
        "Marks a run Crashed whose worker was stopped or killed while it started the run.",
        _crash(f"not started {seconds} seconds after a worker took it up: was the worker stopped or killed?"),
        after=states("Pending"),
        expect=states("Running") | HEARTBEAT | ENDS | WAITS,
        within=timedelta(seconds=seconds),
        match_related=OURS,
    )


def retry_crashed_runs() -> AutomationCore:
    """Run a deployment's crashed run again: it takes up the folds and fits that it had finished.

    Runs of a command are left alone: no worker would take them up.
    """
    return present(
        "bakeoff: a crashed run is tried again",
        "Schedules a deployment's run once more whose process, worker or server was lost.",
        ChangeFlowRunState(state=StateType.SCHEDULED, name="AwaitingRetry", message=AGAIN),
        expect=states("Crashed"),
        within=DAY,  # a run that can't start crashes again at once, and is then left alone
        match_related=[OURS, OF_A_DEPLOYMENT],
    )


def retry_once_more() -> AutomationCore:
    """Run it a second time, since the first attempt may have met the same outage; after a third crash it is left alone.

    Its state has another name than the one that this automation waits for, or it would act again and again.
    """
    return present(
        "bakeoff: a run that crashed again is tried once more",
        "Schedules a deployment's run a last time that has crashed again.",
        ChangeFlowRunState(state=StateType.SCHEDULED, name="AwaitingLastRetry", message=AGAIN),
        after=states("AwaitingRetry"),
        expect=states("Crashed"),
        within=DAY,
        match_related=[OURS, OF_A_DEPLOYMENT],
    )


def tell_of_failures(block: UUID) -> AutomationCore:
    """Notify of a deployment's run that has failed or crashed.

    Args:
        block: the id of the notification block.
    """
    return present(
        "bakeoff: tell of a failed run",
        "Calls the webhook when a run of a deployment has failed or crashed.",
        SendNotification(
            block_document_id=block,
            subject="Bakeoff: {{ flow.name }} {{ flow_run.state.name | lower }}",
            body="{{ flow_run.state.message }}\nrun {{ flow_run.name }}: {{ flow_run | ui_url }}",
        ),
        expect=states("Failed", "Crashed"),
        match_related=[OURS, OF_A_DEPLOYMENT],
    )


def tell_of_late_runs(block: UUID) -> AutomationCore:
    """Notify of a run that no worker has picked up, which can't fail, so that nothing else would notify of it.

    Args:
        block: the id of the notification block.
    """
    return absent(
        "bakeoff: tell of a late run",
        f"Calls the webhook when no worker has taken up a run for {LATE_MINUTES} minutes after it was found late.",
        SendNotification(
            block_document_id=block,
            subject="Bakeoff: {{ flow.name }} is late",
            body=f"No worker has taken up the run for {LATE_MINUTES} minutes: is one running?\n"
            "run {{ flow_run.name }}: {{ flow_run | ui_url }}",
        ),
        after=states("Late"),
        expect=states("Pending", "Running", "AwaitingConcurrencySlot") | ENDS,
        within=timedelta(minutes=LATE_MINUTES),
        match_related=[OURS, OF_A_DEPLOYMENT],
    )


def retrain_on_drift(
    name: str, store: Path | Address, deployment: UUID, label: str, cooldown: timedelta
) -> AutomationCore:
    """Run a training deployment when its model has drifted.

    Args:
        name: the model's name.
        store: the store's folder or address.
        deployment: the deployment's id.
        label: the deployment's name, for the automation's.
        cooldown: the time after a run in which no other is started; the flow itself sees to what is left of it when
            the server's next window begins.
    """
    return AutomationCore(
        name=f"{RETRAIN}: {label}",
        description=f"Runs {label} when a prediction of the model {name} finds that its rows have drifted.",
        trigger=EventTrigger(
            expect={"bakeoff.drift"},
            match=ResourceSpecification({**model_labels(name, store), **OF_THE_CHAMPION}),
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=cooldown,
        ),
        actions=[RunDeployment(source="selected", deployment_id=deployment)],
    )


def tell_of_drift(block: UUID) -> AutomationCore:
    """Notify of a model whose rows have drifted, once a day.

    Args:
        block: the id of the notification block.
    """
    return _about_a_model(
        "bakeoff: tell of drift",
        "Calls the webhook when a prediction finds that its rows have drifted, once a day for each model.",
        "bakeoff.drift",
        OF_THE_CHAMPION,
        {"prefect.resource.id", STORE},
        DAY,
        SendNotification(
            block_document_id=block,
            subject="Bakeoff: the rows of {{ event.payload.model }} have drifted",
            body="{{ event.payload.rows }} rows, version {{ event.payload.version }}; most changed: "
            "{{ (event.payload.columns | list)[:5] | join(', ') or 'the predictions' }}",
        ),
    )


def tell_of_promotions(block: UUID) -> AutomationCore:
    """Notify of a new version that has become the champion.

    Args:
        block: the id of the notification block.
    """
    return _about_a_model(
        "bakeoff: tell of a promotion",
        "Calls the webhook when a training run has replaced the champion.",
        "bakeoff.promoted",
        {},
        {"prefect.resource.id", STORE, VERSION},
        WINDOW,
        SendNotification(
            block_document_id=block,
            subject="Bakeoff: {{ event.payload.model }} has a new champion",
            body="{{ event.payload.challenger }} replaces {{ event.payload.champion or 'nothing' }}: "
            "{{ event.payload.why }}",
        ),
    )


def _about_a_model(
    name: str,
    description: str,
    event: str,
    labels: dict[str, str],
    once_for_each: set[str],
    within: timedelta,
    action: object,
) -> AutomationCore:
    """Make an automation that acts on an event about any model with the labels.

    Args:
        name: its name.
        description: its description.
        event: the event's name.
        labels: the labels that the event's resource must have, with their values.
        once_for_each: the labels for each of whose values it acts once within the time.
        within: that time.
        action: what it does.
    """
    return AutomationCore(
        name=name,
        description=description,
        trigger=EventTrigger(
            expect={event},
            match=ResourceSpecification({**MODELS, **labels}),
            for_each=once_for_each,
            posture=Posture.Reactive,
            threshold=1,
            within=within,
        ),
        actions=[action],
    )


def _crash(message: str) -> ChangeFlowRunState:
    return ChangeFlowRunState(state=StateType.CRASHED, message=message)
