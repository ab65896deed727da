"""A real Prefect server with its workers, in processes of the tests' own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from flows.local.server import wait_for_server

ROOT = Path(__file__).parents[2]
RETRIES = 10
PAGE = 200  # what the server returns at most
PATIENCE = 90  # seconds; the server itself waits for its SQLite for 60
SMALL = ("--dataset.n_samples", "300", "--classifiers", '{"logistic_regression": {}}')  # a race of a second


class Api:
    """What is asked of a server."""

    def __init__(self, url, auth=None):
        self.url = url
        self.auth = auth

    def ask(self, path, /, **body):
        return self._send("POST", path, body).json()

    def change(self, path, /, **body):
        self._send("PATCH", path, body)

    def drop(self, path):
        self._send("DELETE", path, None)

    def _send(self, method, path, body):
        """A server whose SQLite is locked answers 503 and has done nothing; like Prefect's client, we ask again."""
        for _ in range(RETRIES):
            answer = httpx.request(method, f"{self.url}/{path}", json=body, auth=self.auth, timeout=PATIENCE)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        return answer.raise_for_status()

    def deployment(self, name):
        (found,) = [deployment for deployment in self.ask("deployments/filter") if deployment["name"] == name]
        return found

    def ask_for_run(self, deployment, **config):
        """What the button of the deployment's page does."""
        return self.ask(f"deployments/{deployment['id']}/create_flow_run", parameters={"config": config})

    def runs(self, deployment, *states):
        """The deployment's runs that are in one of the states, the earliest first."""
        wanted = {"type": {"any_": list(states)}} if states else None
        found, page = [], None
        while page is None or len(page) == PAGE:
            page = self.ask(
                "flow_runs/filter",
                deployments={"id": {"any_": [deployment["id"]]}},
                flow_runs={"state": wanted},
                sort="EXPECTED_START_TIME_ASC",
                limit=PAGE,
                offset=len(found),
            )
            found += page
        return found

    def state(self, run):
        found = self.ask("flow_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})
        return found[0]["state"]

    def worker_of(self, run):
        """The worker that took the run up, by the first line of its log."""
        lines = self.ask("logs/filter", logs={"flow_run_id": {"any_": [run["id"]]}}, sort="TIMESTAMP_ASC", limit=1)
        return lines[0]["message"].split("'")[1]


class Stack(Api):
    """A server on a free port, what runs beside it, and what is asked of it; a context manager.

    Its SQLite begins as that of the folder `template`, if one is given: to make a new one takes ten seconds of a core.
    """

    def __init__(self, folder, pages=False, template=None, **settings):
        if template:
            shutil.copytree(template, folder, dirs_exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        super().__init__(f"http://127.0.0.1:{self.port}/api")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "BAKEOFF_"))}
        self.environment = kept | {
            "PREFECT_HOME": str(folder),
            "PREFECT_API_URL": self.url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_ENABLED": str(pages),
            **settings,
        }
        self.processes = []

    def __enter__(self):
        self.server = self.start_server()
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            end(process, signal.SIGKILL if process is not self.server else signal.SIGTERM)

    def start_server(self):
        """As `make server` does; what it asks for stands in a file, where `make deploy` and `make worker` find it."""
        self.server = self.start("deployments.server", "--port", str(self.port))
        wait_for_server(self.url, seconds=120)
        self.auth = tuple((self.folder / f"bakeoff-auth-127.0.0.1:{self.port}").read_text().strip().split(":", 1))
        return self.server

    def start_worker(self, *arguments):
        return self.start("deployments.worker", *arguments)

    def start(self, *command):
        with (self.folder / f"{command[0].rpartition('.')[2]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                stdout=log, stderr=log, cwd=ROOT, env=self.environment,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def run(self, *command, **settings):
        if command[0] == "prefect":  # it doesn't know of the file
            settings.setdefault("PREFECT_API_AUTH_STRING", ":".join(self.auth))
        return subprocess.run(
            [sys.executable, "-m", *command],
            check=False, capture_output=True, text=True, timeout=120, cwd=ROOT, env=self.environment | settings,
        )  # fmt: skip

    def register(self):
        registered = self.run("deployments.register")
        assert 0 == registered.returncode, registered.stdout + registered.stderr
        return registered


def end(process, how=signal.SIGTERM):
    """End a process that `Stack.start` started, and with SIGKILL all that it has started."""
    if process.poll() is None:
        for pid in descendants(process.pid) if how == signal.SIGKILL else []:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
                os.kill(pid, how)
        process.send_signal(how)
    process.wait(timeout=60)


def descendants(pid):
    """The processes that a process has started, and those that they have; a run is in a session of its own."""
    children = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread has its own
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            children += map(int, path.read_text().split())
    return [found for child in children for found in (child, *descendants(child))]


def eventually(question, seconds=240, pause=0.5):
    """Ask until the answer is yes."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(pause)
    return answer


def only_version(folder):
    """The one version of the store in the folder."""
    (found,) = [path for path in (folder / "models" / "classifier").iterdir() if path.is_dir()]
    return found
