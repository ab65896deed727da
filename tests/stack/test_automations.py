"""What the server does by itself about runs that are lost."""

from prefect_stack import eventually


def test_a_run_that_was_lost_with_the_server_is_retried_when_everything_is_registered(stack, copy_of_nightly):
    """One that a worker has just taken up is left alone, and one that crashes a third time: nothing would end it."""
    deployment = copy_of_nightly("lost", {}, concurrency_limit=None)
    lost, fresh = (stack.ask_for_run(deployment) for _ in range(2))
    for run in (lost, fresh):
        stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "PENDING"})
    stack.date_back(lost)
    stack.register()
    assert eventually(lambda: "AwaitingRetry" == stack.state(lost)["name"])
    assert "PENDING" == stack.state(fresh)["type"]
    crash = {"state": {"type": "CRASHED"}, "force": True}  # or it would be taken for the first one, reported late
    stack.ask(f"flow_runs/{lost['id']}/set_state", **crash)
    assert eventually(lambda: "AwaitingLastRetry" == stack.state(lost)["name"])
    stack.ask(f"flow_runs/{lost['id']}/set_state", **crash)
    stack.ask(f"flow_runs/{fresh['id']}/set_state", **crash)
    assert eventually(lambda: "AwaitingRetry" == stack.state(fresh)["name"])
    assert "CRASHED" == stack.state(lost)["type"]


def test_a_run_is_retried_only_where_that_helps(stack, copy_of_nightly):
    """Not a command's, which no worker would take up; nor one that failed or was cancelled, which would end alike."""
    deployment = copy_of_nightly("crashed", {}, concurrency_limit=None)
    by_hand = stack.ask("flow_runs/", flow_id=deployment["flow_id"], state={"type": "RUNNING"})
    failed, cancelled, crashed = (stack.ask_for_run(deployment) for _ in range(3))
    ends = [(by_hand, "CRASHED"), (failed, "FAILED"), (cancelled, "CANCELLED"), (crashed, "CRASHED")]
    for run, end in ends:
        stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": end})
    assert eventually(lambda: "AwaitingRetry" == stack.state(crashed)["name"])
    assert [end for _, end in ends[:-1]] == [stack.state(run)["type"] for run, _ in ends[:-1]]
