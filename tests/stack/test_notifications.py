"""A person hears of what went wrong while nobody looked."""

import json
from datetime import UTC, datetime, timedelta

from prefect_stack import eventually


def test_a_scheduled_run_that_fails_is_told_of_in_one_message(stack, copy_of_nightly, webhook):
    """A rule across fields fails the run with one sentence, and that is what is sent."""
    url, heard = webhook
    registered = stack.run("deployments.register", BAKEOFF_WEBHOOK_URL=url)
    assert 0 == registered.returncode, registered.stderr
    begin = datetime.now(UTC) + timedelta(seconds=10)
    rule = f"DTSTART:{begin:%Y%m%dT%H%M%SZ}\nRRULE:FREQ=SECONDLY;COUNT=1"
    schedule = {"slug": "once", "active": True, "schedule": {"rrule": rule, "timezone": "UTC"}}
    deployment = copy_of_nightly("failing", {"n_features": 4, "n_informative": 9}, schedules=[schedule])
    assert eventually(lambda: stack.runs(deployment))
    (run,) = stack.runs(deployment)
    # The events of a run that its scheduler made less than five minutes ahead are handed on only after a quarter of an
    # hour: they wait for the event of its being scheduled, which is never sent. Real schedules look further ahead.
    stack.date_back(run)
    stack.start_worker()
    assert eventually(lambda: "FAILED" == stack.state(run)["type"])
    sentence = (
        "dataset: n_informative (9) + n_redundant (0) is more than n_features (4); "
        "raise n_features to at least 9 or lower the other two"
    )
    assert sentence == stack.state(run)["message"]
    assert "Traceback" not in str(stack.ask("logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}}))
    assert eventually(lambda: heard)
    (message,) = heard
    link = f"run train classifier: http://127.0.0.1:{stack.port}/runs/flow-run/{run['id']}"
    assert f"Bakeoff: training failed\n{sentence}\n{link}" == message["text"]
    assert "secret-token" not in json.dumps(stack.ask("block_documents/filter"))
