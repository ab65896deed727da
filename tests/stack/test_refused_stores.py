"""A store that can't be, on a real worker and by command: a line that says why, and nothing is written."""

import logging

import pytest
from prefect_stack import eventually

PLACES = {
    "/proc/x": "the store '/proc/x/refused' can't be written: 'proc' takes no files (No such file or directory); ",
    "/sys/x": "the store '/sys/x/refused' can't be written: 'sys' takes no files (",
    "/dev/null/x": "the store '/dev/null/x/refused' can't be a folder: 'null' is a file; ",
}


def troubles(stack, run):
    """What the run's log says above INFO."""
    lines = stack.ask("logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}}, limit=200)
    return [line["message"] for line in lines if line["level"] > logging.INFO]


def test_a_worker_says_why_a_store_cannot_be(stack, copy_of_nightly, tmp_path):
    """As the state of the run, which failed, without a traceback in its log."""
    deployment = copy_of_nightly("refused", {"n_samples": 300}, concurrency_limit=len(PLACES))
    config = deployment["parameters"]["config"] | {"name": "refused"}
    stack.start_worker()
    runs = {place: stack.ask_for_run(deployment, **config | {"store": place}) for place in PLACES}
    for place, run in runs.items():
        assert eventually(lambda run=run: "FAILED" == stack.state(run)["type"]), stack.state(run)
        message = stack.state(run)["message"]
        assert (PLACES[place], "choose another place") == (message[: len(PLACES[place])], message[-20:])
        # The log is sent apart from the state, and may come later.
        assert eventually(lambda run=run, message=message: [message] == troubles(stack, run)), troubles(stack, run)
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("place", PLACES)
def test_a_command_says_why_a_store_cannot_be(stack, tmp_path, place):
    """In a line, with the status of a wrong config."""
    folders = ("--store", place, "--workspace", str(tmp_path / "work"))
    done = stack.run("flows.training", "--quiet", "--name", "refused", *folders, "--dataset.n_samples", "300")
    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n")), done.stderr
    assert done.stderr.startswith(f"training: {PLACES[place]}")
    assert [] == list(tmp_path.iterdir())
