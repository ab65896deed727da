"""Which run of drift comes too soon: a pure function over what the server knows of them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import CreatedBy, FlowRun, State, StateType

from tasks.runs.cooldown import RETRAIN, is_by_drift, run_before

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def run(hour, state=StateType.COMPLETED, by="AUTOMATION", name=f"{RETRAIN}: training/nightly"):
    return FlowRun(
        flow_id=uuid4(), state=State(type=state), start_time=NOON + timedelta(hours=hour),
        created_by=CreatedBy(type=by, id=uuid4(), display_value=name),
    )  # fmt: skip


def test_a_run_comes_too_soon_after_one_that_began_before_it():
    """The last of them is named; one that began later doesn't count."""
    runs = [run(0), run(1), run(3, StateType.RUNNING), run(2, StateType.RUNNING)]
    assert runs[1] is run_before(runs, own=runs[3])
    assert runs[3] is run_before(runs, own=runs[2])
    assert run_before(runs, own=runs[0]) is None


@pytest.mark.parametrize("state", [StateType.RUNNING, StateType.FAILED, StateType.CRASHED])
def test_a_run_that_failed_counts_and_a_cancelled_one_does_not(state):
    """A table that can't be trained on would be tried at each prediction; a run held by the cooldown did nothing."""
    own = run(1, StateType.RUNNING)
    assert run_before([run(0, state), own], own) is not None
    assert run_before([run(0, StateType.CANCELLED), own], own) is None


def test_of_two_that_begin_at_once_one_goes_on():
    """Whose id is the smaller."""
    runs = sorted((run(0, StateType.RUNNING), run(0, StateType.RUNNING)), key=lambda run: run.id)
    assert [None, runs[0]] == [run_before(runs, own) for own in runs]


def test_only_the_automation_of_drift_makes_runs_of_drift():
    """Those of schedules, of persons and of other automations neither wait nor are held up."""
    assert is_by_drift(run(0))
    assert not is_by_drift(run(0, by="SCHEDULE"))
    assert not is_by_drift(run(0, name="upstream table is ready"))
    assert not is_by_drift(FlowRun(flow_id=uuid4()))
