"""What registering everything mends."""


def test_a_run_that_was_lost_with_the_server_is_marked_crashed_when_everything_is_registered(stack, copy_of_nightly):
    """One that a worker has just taken up is left alone."""
    deployment = copy_of_nightly("lost", {}, concurrency_limit=None)
    lost, fresh = (stack.ask_for_run(deployment) for _ in range(2))
    for run in (lost, fresh):
        stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "PENDING"})
    stack.date_back(lost)
    stack.register()
    assert ("CRASHED", "PENDING") == (stack.state(lost)["type"], stack.state(fresh)["type"])
