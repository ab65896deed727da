"""What the server does by itself."""

import time

from prefect_stack import eventually


def test_a_completed_training_run_is_followed_by_one_prediction(stack, copy_of_nightly):
    """With the latest version of the model that was just trained, in its store; a failed one is followed by none."""
    deployment = copy_of_nightly("followed", {"n_samples": 300})
    given = deployment["parameters"]["config"] | {"name": "orders"}
    batch = stack.deployment("batch")
    stack.start_worker()
    trained = stack.ask_for_run(deployment, **given)
    assert eventually(lambda: "COMPLETED" == stack.state(trained)["type"])
    failed = stack.ask_for_run(deployment, **given | {"dataset": {"n_features": 4, "n_informative": 9}})
    assert eventually(lambda: "FAILED" == stack.state(failed)["type"])
    assert eventually(lambda: stack.runs(batch, "COMPLETED", "FAILED"))
    time.sleep(10)  # in which a second one would come
    (predicted,) = stack.runs(batch)
    assert ("COMPLETED", "predict orders latest") == (predicted["state"]["type"], predicted["name"])
    assert {"version": "latest", "name": "orders", "store": given["store"]} == predicted["parameters"]["config"]


def test_a_run_that_was_lost_with_the_server_is_marked_crashed_when_everything_is_registered(stack, copy_of_nightly):
    """One that a worker has just taken up is left alone."""
    deployment = copy_of_nightly("lost", {}, concurrency_limit=None)
    lost, fresh = (stack.ask_for_run(deployment) for _ in range(2))
    for run in (lost, fresh):
        stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "PENDING"})
    stack.date_back(lost)
    stack.register()
    assert ("CRASHED", "PENDING") == (stack.state(lost)["type"], stack.state(fresh)["type"])
