"""A run that somebody cancels in the UI."""

import time
from pathlib import Path

from prefect_stack import descendants, eventually


def test_cancelling_ends_the_process_and_leaves_nothing_behind(stack, copy_of_nightly, tmp_path):
    """What the page's button asks for; the process is gone within 30 seconds, and nothing is half exported."""
    deployment = copy_of_nightly("cancelled", {"n_samples": 60000})
    worker = stack.start_worker()
    run = stack.ask_for_run(deployment, **deployment["parameters"]["config"])
    assert eventually(lambda: "RUNNING" == stack.state(run)["type"])
    assert eventually(lambda: list((tmp_path / "work").rglob("*.parquet")))
    processes = descendants(worker.pid)
    assert processes
    asked = time.monotonic()
    stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes), seconds=30)
    seconds = time.monotonic() - asked
    assert eventually(lambda: "CANCELLED" == stack.state(run)["type"], seconds=10)
    print(f"cancelled after {seconds:.1f} s")
    # What was done is kept, for whoever starts it again.
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "kept" not in path.parts]
    assert worker.poll() is None
