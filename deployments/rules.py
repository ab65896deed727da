"""Rules by which the server accepts states of runs, beside Prefect's own.

What comes late from an earlier attempt at a run doesn't change its state. A worker reports a crash twice, and a run
that was tried again in between would crash a second time. A process that stood still with its machine goes on where it
was, and a run that another attempt has completed would run again.

A run that is started before its time asks again every ten seconds whether it has come. Told once how long to wait, it
would wait an hour if the server's clock was an hour behind at that moment.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.server import models
from prefect.server.orchestration.core_policy import CoreFlowPolicy, PreventDuplicateTransitions, WaitForScheduledTime
from prefect.server.orchestration.rules import ALL_ORCHESTRATION_STATES
from prefect.server.orchestration.rules import FlowRunOrchestrationRule as Rule
from prefect.server.schemas.states import StateType

LATE = timedelta(seconds=30)  # within which a second crash is taken for the first one, reported again
WAIT_SECONDS = 10  # after which a run that is before its time asks again


class PreventLateReports(Rule):
    """Of a deployment's run: keep what was completed until it is scheduled again, and count a crash once."""

    FROM_STATES = {StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.COMPLETED}  # noqa: RUF012  Prefect's way
    TO_STATES = ALL_ORCHESTRATION_STATES

    async def before_transition(self, initial_state: Any, proposed_state: Any, context: Any) -> None:
        """Abort the transition if it is late."""
        if initial_state is None or proposed_state is None or context.run.deployment_id is None:
            return
        if initial_state.type == StateType.COMPLETED:
            if proposed_state.type != StateType.SCHEDULED:
                await self.abort_transition("another attempt at this run has completed it")
        elif proposed_state.type == StateType.CRASHED and await _crashed_lately(context):
            await self.abort_transition("this crash was reported before, and the run is tried again")


async def _crashed_lately(context: Any) -> bool:
    read: Any = models.flow_run_states.read_flow_run_states
    states = await read(context.session, context.run.id)
    crashes = [state.created for state in states if state.type == StateType.CRASHED and state.created]
    return bool(crashes) and max(crashes) > datetime.now(UTC) - LATE


class WaitAndAskAgain(WaitForScheduledTime):
    """Of a run that a worker starts before its time: wait, but not for long without asking again."""

    async def delay_transition(self, delay_seconds: int, reason: str) -> None:
        """Tell the run to wait."""
        await super().delay_transition(min(delay_seconds, WAIT_SECONDS), reason)


def add_rules() -> None:
    """Add the rules to those that Prefect applies to flow runs; there is no setting for them."""
    prefects = CoreFlowPolicy.priority()

    def priority() -> list[Any]:
        after = prefects.index(PreventDuplicateTransitions) + 1  # a request that was sent again is answered as before
        rules = [*prefects[:after], PreventLateReports, *prefects[after:]]
        return [WaitAndAskAgain if rule is WaitForScheduledTime else rule for rule in rules]

    CoreFlowPolicy.priority = staticmethod(priority)  # type: ignore[method-assign]
