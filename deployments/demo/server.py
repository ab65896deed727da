"""A Prefect server and worker of the demonstration's own, and the deployment that they run."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from deployments.pools.pool import PROCESS, ROOT, VARIABLE
from deployments.register import PREFECT_FILE, register
from flows.local.server import wait_for_server

STOP_SECONDS = 20


@contextlib.contextmanager
def serving(folder: Path, url: str, config: dict[str, Any]) -> Iterator[None]:
    """Run a server and a worker within the block, with the deployment `training/nightly` and its automation.

    Args:
        folder: the folder for logs.
        url: its address, to which the environment points.
        config: the config of the deployment.
    """
    file = folder / "prefect.yaml"
    file.write_text(yaml.safe_dump(_without_schedule(config)), encoding="utf-8")
    port = url.removesuffix("/api").rpartition(":")[2]
    with _process("server", folder, "--port", port):
        wait_for_server(url, 120)
        with (folder / "deploy.log").open("w") as log, contextlib.redirect_stdout(log):
            if register(url, file):
                raise RuntimeError(f"the deployment could not be registered: see {log.name}")
        with _process("worker", folder):
            yield


def _without_schedule(config: dict[str, Any]) -> dict[str, Any]:
    """Return the project's deployment `training/nightly` with another config, and run by drift alone."""
    project: dict[str, Any] = yaml.safe_load(PREFECT_FILE.read_text(encoding="utf-8"))
    (nightly,) = [entry for entry in project["deployments"] if entry["name"] == "nightly"]
    del nightly["schedules"]
    return project | {"deployments": [nightly | {"parameters": {"config": config}}]}


@contextlib.contextmanager
def _process(name: str, folder: Path, *arguments: str) -> Iterator[None]:
    """Run a module of `deployments` within the block, and end it, and what it has started, afterwards."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"deployments.{name}", *arguments],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=os.environ | {VARIABLE: PROCESS},
        )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
