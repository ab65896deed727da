"""Every training run is followed by one prediction, whatever becomes of the server."""

import signal

import pytest
from prefect_stack import end, eventually


def predictions(stack, store, *states):
    """The names of the prediction runs that were asked for with the store."""
    runs = stack.runs(stack.deployment("batch"), *states)
    return [run["name"] for run in runs if run["parameters"]["config"].get("store") == store]


def train(stack, deployment, **changes):
    """Ask for a run that ends as completed; returns it."""
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"] | changes)
    assert eventually(lambda: "COMPLETED" == stack.state(run)["type"])
    return run


def lose(stack, deployment, **changes):
    """A training run that completed without having asked for anything; returns its config."""
    config = deployment["parameters"]["config"] | changes
    run = stack.ask_for_run(deployment, **config)
    for state in ("PENDING", "RUNNING", "COMPLETED"):
        stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": state})
    return config


def test_a_completed_training_run_is_followed_by_one_prediction(stack, copy_of_nightly):
    """With the latest version of the model that was just trained, in its store; a failed one is followed by none."""
    deployment = copy_of_nightly("followed", {"n_samples": 300})
    given = deployment["parameters"]["config"] | {"name": "orders"}
    stack.start_worker()
    failed = stack.ask_for_run(deployment, **given | {"dataset": {"n_features": 4, "n_informative": 9}})
    assert eventually(lambda: "FAILED" == stack.state(failed)["type"])
    train(stack, deployment, **given)
    assert eventually(lambda: predictions(stack, given["store"], "COMPLETED", "FAILED"))
    (predicted,) = stack.runs(stack.deployment("batch"))
    assert ("COMPLETED", "predict orders latest") == (predicted["state"]["type"], predicted["name"])
    assert {"version": "latest", "name": "orders", "store": given["store"]} == predicted["parameters"]["config"]


@pytest.mark.parametrize("moment", ["exported", "completed"])
def test_a_server_that_is_killed_at_the_end_of_a_training_run_costs_no_prediction(
    stack, copy_of_nightly, tmp_path, moment
):
    """Killed as the version appears, and as the run completes: one prediction then, and no second one later."""
    deployment = copy_of_nightly(moment, {"n_samples": 300})
    given = deployment["parameters"]["config"]
    stack.start_worker()
    run = stack.ask_for_run(deployment, **given | {"name": "first"})
    reached = {
        "exported": lambda: any((tmp_path / "models").glob("first/*/card.json")),
        "completed": lambda: "COMPLETED" == stack.state(run)["type"],
    }
    assert eventually(reached[moment], pause=0.02)
    end(stack.server, signal.SIGKILL)
    stack.start_server()
    assert eventually(lambda: "COMPLETED" == stack.state(run)["type"])
    stack.register()
    train(stack, deployment, name="second")
    assert eventually(lambda: 2 == len(predictions(stack, given["store"], "COMPLETED")))
    assert ["predict first latest", "predict second latest"] == sorted(predictions(stack, given["store"]))


def test_deploy_catches_up(stack, copy_of_nightly):
    """Of each model with the newest training run, and once."""
    deployment = copy_of_nightly("lost-before-deploy", {"n_samples": 300})
    for name in ("once", "twice", "twice"):
        given = lose(stack, deployment, name=name)
    end(stack.server, signal.SIGKILL)
    stack.start_server()
    for _ in range(2):
        stack.register()
    assert 2 == len(predictions(stack, given["store"], "SCHEDULED")) == len(predictions(stack, given["store"]))


def test_the_next_run_catches_up(stack, copy_of_nightly):
    """A training run of another model, or any prediction run."""
    deployment = copy_of_nightly("lost-before-run", {"n_samples": 300})
    given = lose(stack, deployment, name="first")
    worker = stack.start_worker()
    train(stack, deployment, name="second")
    assert 2 == len(predictions(stack, given["store"]))
    end(worker, signal.SIGKILL)
    lose(stack, deployment, name="third")
    stack.start_worker()
    asked = stack.ask_for_run(stack.deployment("batch"), name="second", store=given["store"])
    assert eventually(lambda: "COMPLETED" == stack.state(asked)["type"])
    assert 4 == len(predictions(stack, given["store"]))
