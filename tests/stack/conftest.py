"""What these tests share: a server on PostgreSQL, where everything is registered, and one for commands."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import asyncpg
import httpx
import pytest
from postgres import postgres
from prefect_stack import ROOT, Stack, end, eventually

from bakeoff.runtime.locks import lock

LOGISTIC_REGRESSION = {"logistic_regression": {}}
LONGEST = (
    "test_documented_commands.py",
    "test_drift.py",
    "test_cancelling.py",
    "test_stopped_workers.py",
    "test_schedules.py",
    "test_object_stores.py",
    "test_stores_in_object_stores.py",
    "test_server_outages.py",
    "test_drive_by.py",
    "test_dask.py",
    "test_pages.py",
    "test_many_runs.py",
)


def pytest_collection_modifyitems(items):
    """Begin with the files that take the longest, so that no core is idle at the end."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(LONGEST)))


class DatabaseStack(Stack):
    """A stack whose database can be reached into."""

    def date_back(self, run):
        """Make the run's state an hour older than it is."""

        async def change():
            connection = await asyncpg.connect(self.database.replace("+asyncpg", ""))
            back = "UPDATE flow_run_state SET timestamp = timestamp - interval '1 hour' WHERE flow_run_id = $1"
            assert (await connection.execute(back, run["id"])).startswith("UPDATE ")
            await connection.close()

        asyncio.run(change())


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Makes a folder that is to be copied, once for all of pytest's workers; returns its path."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def get(name, make):
        with (shared / f"{name}.lock").open("a") as turn:
            lock(turn)
            if not (shared / name).exists():
                make(shared / f"{name}.part")
                (shared / f"{name}.part").rename(shared / name)
        return shared / name

    return get


@pytest.fixture(scope="session")
def registered(once, tmp_path_factory):
    """A PostgreSQL cluster, to be copied, where everything is registered: half a minute on a busy machine."""

    def make(cluster):
        with (
            postgres(keep=cluster) as (url, _),
            Stack(tmp_path_factory.mktemp("registered"), PREFECT_SERVER_DATABASE_CONNECTION_URL=url) as stack,
        ):
            stack.register()

    return once("cluster", make)


@pytest.fixture(scope="session")
def migrated(once):
    """A PREFECT_HOME, to be copied, whose SQLite is that of this Prefect."""

    def make(folder):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
        subprocess.run(
            [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"],
            check=True, stdout=subprocess.DEVNULL, env=environment | {"PREFECT_HOME": str(folder)},
        )  # fmt: skip

    return once("migrated", make)


@pytest.fixture(scope="module")
def stack(tmp_path_factory, registered):
    """No worker runs: each test starts its own, and ends it."""
    folder = tmp_path_factory.mktemp("stack")
    settings = {
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "5",  # 30 by default
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }
    with (
        postgres(registered) as (url, log),
        DatabaseStack(folder, PREFECT_SERVER_DATABASE_CONNECTION_URL=url, **settings) as stack,
    ):
        stack.database, stack.database_log = url, log
        yield stack


@pytest.fixture(scope="module")
def without_predictions(stack):
    """Training runs ask for no prediction, where none is looked at: each takes as long as a small training run."""
    stack.drop(f"deployments/{stack.deployment('batch')['id']}")


@pytest.fixture
def copy_of_nightly(stack, tmp_path):
    """Makes deployments like `training/nightly` that export into the test's folder; ends all workers afterwards.

    Where a run should take its time, `classifiers` is None: all three.
    """

    def make(name, dataset, classifiers=LOGISTIC_REGRESSION, **changes):
        nightly = stack.deployment("nightly")
        kept = ("flow_id", "entrypoint", "path", "job_variables", "work_pool_name", "concurrency_options")
        limit = nightly["global_concurrency_limit"]["limit"]
        config = {"dataset": dataset, "store": str(tmp_path / "models"), "workspace": str(tmp_path / "work")}
        config |= {"classifiers": classifiers} if classifiers else {}
        copied = {key: nightly[key] for key in kept} | {"concurrency_limit": limit, "parameters": {"config": config}}
        return stack.ask("deployments/", **copied | {"name": name} | changes)

    yield make
    for process in stack.processes:
        if process is not stack.server:
            end(process, signal.SIGKILL)


@pytest.fixture(scope="module")
def server(tmp_path_factory, migrated):
    """A server on SQLite, for runs of commands."""
    with Stack(tmp_path_factory.mktemp("server"), template=migrated) as stack:
        yield stack


@pytest.fixture
def proxy(server):
    """Starts a proxy before the server that does something to the requests of a pattern; returns its address."""
    processes = []

    def start(action, pattern):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "tests/support/bad_proxy.py", str(port), server.url.removesuffix("/api")]
        process = subprocess.Popen([*command, action, pattern], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        url = f"http://127.0.0.1:{port}/api"
        assert eventually(lambda: answers(url), pause=0.1)
        return url, process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def answers(url):
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health", timeout=5).is_success


@pytest.fixture
def start(server, tmp_path):
    """Starts a training run's command that tells a server of the test's; ends it if the test does not."""
    processes = []

    def command(*flags, url=server.url, flow="training", **variables):
        places = ["--store", str(tmp_path / "models")]
        places += ["--workspace", str(tmp_path / "work")] if flow == "training" else []
        auth = ":".join(server.auth)  # behind a proxy the address isn't that of its file
        process = subprocess.Popen(
            [sys.executable, "-m", f"flows.{flow}", *places, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT,
            env=server.environment | {"PREFECT_API_URL": url, "PREFECT_API_AUTH_STRING": auth} | variables,
        )  # fmt: skip
        processes.append(process)
        return process

    yield command
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def latest(server):
    """Reads the newest run's state."""
    before = {run["id"] for run in server.ask("flow_runs/filter")}

    def state():
        (run,) = [run for run in server.ask("flow_runs/filter") if run["id"] not in before]
        return run["state"]

    return state


@pytest.fixture
def webhook():
    """An address, and what was sent to it."""
    heard = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/services/secret-token", heard
        server.shutdown()
