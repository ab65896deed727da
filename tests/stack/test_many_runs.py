"""Many runs at once on PostgreSQL."""

import re
import subprocess
import sys
import time

import pytest
from prefect_stack import ROOT, end, eventually

pytestmark = pytest.mark.usefixtures("without_predictions")

RUNS = 10  # as many as two workers begin five times over; `benchmarks.load` has 200


def test_ten_runs_at_once_through_two_workers(stack, copy_of_nightly, tmp_path):
    """All complete, each with its version, and neither server nor database speaks of locks."""
    deployment = copy_of_nightly("many", {"n_samples": 500}, concurrency_limit=None)
    workers = [stack.start_worker("--name", name, "--limit", "2") for name in ("first", "second")]
    asked = time.monotonic()
    for _ in range(RUNS):
        stack.ask_for_run(deployment, **deployment["parameters"]["config"] | {"retrain": "always"})
    assert eventually(lambda: RUNS == len(stack.runs(deployment, "COMPLETED", "FAILED", "CRASHED")), seconds=900)
    seconds = time.monotonic() - asked
    runs = stack.runs(deployment)
    assert ["COMPLETED"] * RUNS == [run["state"]["type"] for run in runs]
    exported = [path for path in (tmp_path / "models" / "classifier").iterdir() if path.is_dir()]
    assert RUNS == len(exported)
    verify = [sys.executable, "-m", "bakeoff.cli.main", "models", "verify", "--store", str(tmp_path / "models")]
    verified = subprocess.run(verify, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert 0 == verified.returncode, verified.stdout + verified.stderr
    taken = [stack.worker_of(run) for run in runs]
    shares = {name: taken.count(name) for name in set(taken)}
    print(f"{RUNS} runs COMPLETED in {seconds:.0f} s, {len(exported)} versions, workers {shares}")
    assert {"first", "second"} == set(shares)
    said = (stack.folder / "server.log").read_text() + stack.database_log.read_text()
    assert not re.findall(r".*(?:database is locked|deadlock|could not serialize|lock timeout).*", said, re.IGNORECASE)
    for worker in workers:
        end(worker)
