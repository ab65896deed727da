"""What stands in the log of a run."""

import pytest
from prefect import flow, task
from prefect.context import FlowRunContext
from prefect.exceptions import Pause
from prefect.states import Suspended

from tasks.runs.logs import follow_library

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("default"),
    pytest.mark.xdist_group("flows"),  # one server for all of them
]


@pytest.fixture
def task_lines(caplog):
    """What Prefect's logger of task runs lets through."""
    follow_library()
    return lambda: [record.getMessage() for record in caplog.records if record.name == "prefect.task_runs"]


def test_a_step_that_a_suspension_meets_while_it_begins_logs_no_error(task_lines):
    """Prefect says of it that it has "finished in state Pending", with an example of how to wait for tasks."""

    def suspend_meanwhile():
        FlowRunContext.get().flow_run_suspension_request.mark_requested(Suspended())
        return "step"

    @task(task_run_name=suspend_meanwhile)
    def step():
        raise AssertionError("it has begun")

    @flow
    def run():
        step()

    with pytest.raises(Pause):
        run()
    assert [] == task_lines()


def test_the_end_of_a_step_is_logged(task_lines):
    @task
    def step():
        return 1

    @flow
    def run():
        step()

    run()
    assert ["Finished in state Completed()"] == task_lines()
