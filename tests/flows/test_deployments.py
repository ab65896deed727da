"""A real server, `make deploy`'s command and a real worker."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from flows.embedded import wait_for_server

ROOT = Path(__file__).parents[2]


class Stack:
    """A Prefect server of the tests' own, and what is asked of it."""

    def __init__(self, folder, port):
        self.url = f"http://127.0.0.1:{port}/api"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
        self.environment = kept | {
            "PREFECT_HOME": str(folder),
            "PREFECT_API_URL": self.url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }
        self.server = self.start("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui")
        wait_for_server(self.url, seconds=120)

    def start(self, *command):
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=self.environment,
        )  # fmt: skip

    def run(self, *command):
        return subprocess.run(
            [sys.executable, "-m", *command],
            check=False, capture_output=True, text=True, timeout=120, cwd=ROOT, env=self.environment,
        )  # fmt: skip

    def ask(self, path, **body):
        return httpx.post(f"{self.url}/{path}", json=body, timeout=30).raise_for_status().json()

    def runs(self, flow, *states):
        """How many runs of the flow are in one of the states."""
        found = {"flows": {"name": {"any_": [flow]}}, "flow_runs": {"state": {"type": {"any_": list(states)}}}}
        return self.ask("flow_runs/count", **found)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A server where everything is registered, three times over."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stack = Stack(tmp_path_factory.mktemp("stack"), port)
    try:
        for _ in range(3):
            registered = stack.run("deployments.register")
            assert 0 == registered.returncode, registered.stderr
        yield stack
    finally:
        stack.server.terminate()
        stack.server.wait(timeout=30)


def eventually(question, seconds=90):
    """Ask until the answer is yes."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return answer


def test_registering_again_doubles_nothing(stack):
    """Two deployments, one schedule, two automations, one pool."""
    deployments = stack.ask("deployments/filter")
    assert ["batch", "nightly"] == sorted(deployment["name"] for deployment in deployments)
    assert ["bakeoff: a silent run has crashed", "bakeoff: predict after training"] == sorted(
        automation["name"] for automation in stack.ask("automations/filter")
    )
    assert ["bakeoff"] == [pool["name"] for pool in stack.ask("work_pools/filter")]
    (nightly,) = [deployment for deployment in deployments if deployment["name"] == "nightly"]
    (schedule,) = nightly["schedules"]
    assert ("nightly", "0 2 * * *", "UTC", True) == (
        schedule["slug"], schedule["schedule"]["cron"], schedule["schedule"]["timezone"], schedule["active"],
    )  # fmt: skip
    assert ({}, 1, "ENQUEUE") == (
        nightly["parameters"],
        nightly["global_concurrency_limit"]["limit"],
        nightly["concurrency_options"]["collision_strategy"],
    )


def test_the_schedule_creates_runs(stack):
    """With the pinned versions the scheduler works at all."""
    assert eventually(lambda: stack.runs("training", "SCHEDULED")) > 0


def test_what_somebody_paused_stays_paused(stack):
    """Neither the schedule nor the pool is woken by registering again."""
    (nightly,) = [deployment for deployment in stack.ask("deployments/filter") if deployment["name"] == "nightly"]
    schedule = f"{stack.url}/deployments/{nightly['id']}/schedules/{nightly['schedules'][0]['id']}"
    httpx.patch(schedule, json={"active": False}, timeout=30).raise_for_status()
    httpx.patch(f"{stack.url}/work_pools/bakeoff", json={"is_paused": True}, timeout=30).raise_for_status()
    assert 0 == stack.run("deployments.register").returncode
    (nightly,) = [deployment for deployment in stack.ask("deployments/filter") if deployment["name"] == "nightly"]
    (pool,) = stack.ask("work_pools/filter")
    assert (False, True) == (nightly["schedules"][0]["active"], pool["is_paused"])
    httpx.patch(f"{stack.url}/work_pools/bakeoff", json={"is_paused": False}, timeout=30).raise_for_status()


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ('{"dataset": {"n_sample": 2000}}', "'n_sample' was unexpected"),
        ('{"dataset": {"n_samples": 3}}', "3 is less than the minimum of 10"),
    ],
)
def test_a_wrong_override_is_refused_before_a_run_exists(stack, config, sentence):
    """By the name of the field."""
    before = stack.ask("flow_runs/count")
    refused = stack.run("prefect", "deployment", "run", "training/nightly", "--param", f"config={config}")
    assert 0 != refused.returncode
    assert sentence in " ".join((refused.stdout + refused.stderr).split())
    assert before == stack.ask("flow_runs/count")


def test_a_worker_trains_and_then_predicts_once(stack, tmp_path):
    """A part of the config is overridden, the rest at the model's defaults; one prediction follows."""
    worker = stack.start("prefect", "worker", "start", "--pool", "bakeoff", "--type", "process")
    try:
        config = f'{{"dataset": {{"n_samples": 500}}, "store": "{tmp_path}/models", "workspace": "{tmp_path}/work"}}'
        asked = stack.run("prefect", "deployment", "run", "training/nightly", "--param", f"config={config}")
        assert 0 == asked.returncode, asked.stderr
        assert eventually(lambda: stack.runs("training", "COMPLETED"))
        (version,) = [path for path in (tmp_path / "models" / "classifier").iterdir() if path.is_dir()]
        keys = {artifact["key"] for artifact in stack.ask("artifacts/filter")}
        assert {"leaderboard", "classification-report", "model-card", "cross-validation"} <= keys
        assert (version / "card.json").exists()
        # It looks in the default store, which may be empty: what counts is that it was started, and only once.
        assert eventually(lambda: stack.runs("prediction", "COMPLETED", "FAILED"))
        time.sleep(5)
        assert 1 == stack.ask("flow_runs/count", flows={"name": {"any_": ["prediction"]}})
    finally:
        worker.terminate()
        worker.wait(timeout=60)
