"""A run that is tried again by Prefect itself."""

import pytest
from prefect_stack import eventually, only_version

pytestmark = pytest.mark.usefixtures("without_predictions")

ROWS = "x,y\n" + "".join(f"{row % 7 + 10 * (row % 2)},{'ab'[row % 2]}\n" for row in range(200))


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
