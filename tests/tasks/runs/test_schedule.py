"""Which scheduled runs are needless: a pure function over what the server knows of them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import CreatedBy, FlowRun, State, StateType

from tasks.runs.schedule import superseded

NIGHTLY, WEEKLY = "nightly", "weekly"
FIRST = datetime(2026, 11, 1, 2, tzinfo=UTC)


def run(day, state=StateType.SCHEDULED, schedule=NIGHTLY, by_hand=False, identifier=None, tries=None):
    by = CreatedBy(type="USER" if by_hand else "SCHEDULE", id=identifier or uuid4(), display_value=schedule)
    when = FIRST + timedelta(days=day)
    return FlowRun(
        flow_id=uuid4(), state=State(type=state), state_type=state,
        auto_scheduled=not by_hand, created_by=by, expected_start_time=when,
        run_count=int(state in {StateType.RUNNING, StateType.COMPLETED}) if tries is None else tries,
    )  # fmt: skip


def needless(runs, own):
    return {runs.index(found) for found in runs if found.id in superseded(runs, own.id)}


def test_all_but_the_newest_are_needless():
    runs = [run(0, StateType.RUNNING), run(1), run(2, StateType.PENDING), run(3)]
    assert {0, 1, 2} == needless(runs, own=runs[0])
    assert {run.expected_start_time for run in superseded(runs, runs[0].id).values()} == {FIRST + timedelta(days=3)}


def test_the_newest_goes_on_and_ends_the_older_ones():
    runs = [run(0), run(1), run(2, StateType.RUNNING)]
    assert {0, 1} == needless(runs, own=runs[2])


def test_another_run_that_is_under_way_or_done_is_left_alone():
    runs = [run(0, StateType.RUNNING), run(1, StateType.COMPLETED), run(2, StateType.RUNNING)]
    assert set() == needless(runs, own=runs[2])


@pytest.mark.parametrize("state", [StateType.RUNNING, StateType.COMPLETED])
def test_a_run_that_begins_after_a_newer_one_is_needless(state):
    """A newer one that waits no longer stands for it too."""
    runs = [run(0, StateType.RUNNING), run(1, state)]
    assert {0} == needless(runs, own=runs[0])


def test_what_a_person_asked_for_neither_ends_nor_stands_for_a_scheduled_one():
    runs = [run(0, by_hand=True), run(1), run(2), run(3, StateType.RUNNING, by_hand=True)]
    assert {1} == needless(runs, own=runs[3])


def test_each_schedule_is_for_itself():
    """What runs every week is not made needless by what runs every night."""
    runs = [run(0, schedule=WEEKLY), run(1), run(2, StateType.RUNNING)]
    assert {1} == needless(runs, own=runs[2])


def test_schedules_without_a_slug_are_told_apart_by_their_ids():
    """A schedule that was made by hand shows as the name of its class, as others do."""
    first, second = uuid4(), uuid4()
    runs = [run(day, schedule="CronSchedule", identifier=one) for day, one in enumerate((first, second, first))]
    assert {0} == needless(runs, own=runs[2])


def test_what_a_person_has_asked_to_be_tried_again_is_not_needless():
    """Neither when it begins again, nor while it waits for that."""
    again, waits, newest = run(0, StateType.RUNNING, tries=2), run(1, tries=1), run(2, StateType.COMPLETED)
    assert set() == needless([again, waits, newest], own=again)
    assert set() == needless([again, waits, newest], own=newest)


def test_one_run_alone_goes_on():
    runs = [run(0, StateType.RUNNING)]
    assert set() == needless(runs, own=runs[0])
