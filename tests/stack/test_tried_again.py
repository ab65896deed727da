"""A run that is tried again by Prefect itself."""

from datetime import UTC, datetime, timedelta

import pytest
from prefect_stack import eventually, only_version

ROWS = "x,y\n" + "".join(f"{row % 7 + 10 * (row % 2)},{'ab'[row % 2]}\n" for row in range(200))


def test_a_prediction_that_is_tried_again_after_it_was_published_is_completed(stack, copy_of_nightly, tmp_path):
    """As after an outage in which the server did not learn that it was: nothing is scored twice or refused."""
    deployment = copy_of_nightly("published", {"n_samples": 300})
    config = deployment["parameters"]["config"]
    stack.start_worker()
    trained = stack.ask_for_run(deployment, **config)
    assert eventually(lambda: "COMPLETED" == stack.state(trained)["type"]), stack.state(trained)
    run = stack.ask_for_run(stack.deployment("batch"), store=config["store"], output=str(tmp_path / "out"))
    assert eventually(lambda: "COMPLETED" == stack.state(run)["type"]), stack.state(run)
    written = (tmp_path / "out" / "summary.json").stat()
    stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "SCHEDULED"}, force=True)

    def again():
        (found,) = stack.ask("flow_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})
        return 2 == found["run_count"] and found["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED"}

    assert eventually(again), stack.state(run)
    assert "COMPLETED" == stack.state(run)["type"], stack.state(run)
    assert written == (tmp_path / "out" / "summary.json").stat()


@pytest.mark.usefixtures("without_predictions")
def test_what_an_earlier_attempt_reports_late_changes_nothing(stack):
    """Neither its crash a second time, nor that it runs, fails or crashes once another attempt has completed it."""
    run = stack.ask_for_run(stack.deployment("nightly"))

    def report(kind):
        return stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": kind}, force=False)["status"]

    assert ["ACCEPT"] * 3 == [report(kind) for kind in ("PENDING", "RUNNING", "CRASHED")]
    assert eventually(lambda: "AwaitingRetry" == stack.state(run)["name"], pause=0.1)
    assert "ABORT" == report("CRASHED")
    assert "AwaitingRetry" == stack.state(run)["name"]
    assert "ACCEPT" == report("PENDING")
    assert "ABORT" == report("CRASHED")
    assert ["ACCEPT"] * 2 == [report(kind) for kind in ("RUNNING", "COMPLETED")]
    assert {"ABORT"} == {report(kind) for kind in ("PENDING", "RUNNING", "FAILED", "CRASHED", "CANCELLED")}
    assert "COMPLETED" == stack.state(run)["type"]
    assert "ACCEPT" == report("SCHEDULED")  # as by a person on the pages
    stack.drop(f"flow_runs/{run['id']}")


@pytest.mark.usefixtures("without_predictions")
def test_a_run_that_starts_before_its_time_is_told_to_ask_again(stack):
    """Soon: the server's clock may have been an hour behind, and be right again."""
    hence = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    scheduled = {"type": "SCHEDULED", "state_details": {"scheduled_time": hence}}
    run = stack.ask(f"deployments/{stack.deployment('nightly')['id']}/create_flow_run", state=scheduled)
    told = [stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": kind}) for kind in ("PENDING", "RUNNING")]
    assert ["ACCEPT", "WAIT"] == [answer["status"] for answer in told]
    assert 10 == told[1]["details"]["delay_seconds"]
    stack.drop(f"flow_runs/{run['id']}")


@pytest.mark.usefixtures("without_predictions")
def test_prefects_own_retries_are_new_attempts_at_the_same_run(stack, copy_of_nightly, tmp_path):
    """The first finds no rows, the second does: one run, Completed, with one version."""
    rows = tmp_path / "rows.csv"
    nightly = stack.deployment("nightly")["job_variables"]
    retries = {"PREFECT_FLOWS_DEFAULT_RETRIES": "1", "PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS": "5"}
    deployment = copy_of_nightly(
        "retried",
        {"source": "file", "path": str(rows), "target": "y"},
        job_variables=nightly | {"env": nightly["env"] | retries},
    )
    stack.start_worker()
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"])
    assert eventually(lambda: "AwaitingRetry" == stack.state(run)["name"], pause=0.1)
    rows.write_text(ROWS)
    assert eventually(lambda: "COMPLETED" == stack.state(run)["type"]), stack.state(run)
    assert only_version(tmp_path)
    assert 2 == stack.ask("flow_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})[0]["run_count"]
