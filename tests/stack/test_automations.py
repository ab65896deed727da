"""What the server does by itself about runs that are lost."""

from prefect_stack import eventually


def test_a_run_that_was_lost_with_the_server_is_retried_when_everything_is_registered(stack, copy_of_nightly):
    """One that a worker has just taken up is left alone, and so is one that crashes again: nothing would end it."""
    deployment = copy_of_nightly("lost", {}, concurrency_limit=None)
    lost, fresh = (stack.ask_for_run(deployment) for _ in range(2))
    for run in (lost, fresh):
        stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "PENDING"})
    stack.date_back(lost)
    stack.register()
    assert eventually(lambda: "AwaitingRetry" == stack.state(lost)["name"])
    assert "PENDING" == stack.state(fresh)["type"]
    stack.ask(f"flow_runs/{lost['id']}/set_state", state={"type": "CRASHED"})
    stack.ask(f"flow_runs/{fresh['id']}/set_state", state={"type": "CRASHED"})
    assert eventually(lambda: "AwaitingRetry" == stack.state(fresh)["name"])
    assert "CRASHED" == stack.state(lost)["type"]


def test_a_command_that_crashes_is_not_retried(stack, copy_of_nightly):
    """No worker would take it up: it would be late for ever."""
    deployment = copy_of_nightly("crashed", {})
    by_hand = stack.ask("flow_runs/", flow_id=deployment["flow_id"], state={"type": "RUNNING"})
    by_worker = stack.ask_for_run(deployment)
    for run in (by_hand, by_worker):
        stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "CRASHED"})
    assert eventually(lambda: "AwaitingRetry" == stack.state(by_worker)["name"])
    assert "CRASHED" == stack.state(by_hand)["type"]
