"""What a command says, and its run ends as, where the server is slow or goes away, or somebody has had enough."""

import contextlib
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from prefect_stack import ROOT, Stack, eventually

SMALL = ("--dataset.n_samples", "300", "--classifiers", '{"logistic_regression": {}}')
LONG = ("--dataset.n_samples", "60000")
STALL_SECONDS = 10


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of these tests' own, on SQLite."""
    with Stack(tmp_path_factory.mktemp("server")) as stack:
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

    def command(*flags, url=server.url, flow="training"):
        places = ["--store", str(tmp_path / "models")]
        places += ["--workspace", str(tmp_path / "work")] if flow == "training" else []
        auth = ":".join(server.auth)  # behind a proxy the address isn't that of its file
        process = subprocess.Popen(
            [sys.executable, "-m", f"flows.{flow}", *places, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT, env=server.environment | {"PREFECT_API_URL": url, "PREFECT_API_AUTH_STRING": auth},
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


def version(tmp_path):
    (found,) = [path for path in (tmp_path / "models" / "classifier").iterdir() if path.is_dir()]
    return found


@contextlib.contextmanager
def stalled(process):
    """The server answers nothing within the block."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    "lost",
    [
        "POST api/flows/ ",
        "POST api/flow_runs/ ",
        'POST api/flow_runs/[^/]*/set_state.*"RUNNING"',
        "POST api/artifacts/ ",
        'POST api/flow_runs/[^/]*/set_state.*"COMPLETED"',
    ],
)
def test_a_lost_answer_costs_nothing(start, proxy, latest, tmp_path, lost):
    """The command ends with its result; there is one run, and it is Completed."""
    url, between = proxy("lose", lost)
    process = start("--quiet", *SMALL, url=url)
    out, err = process.communicate(timeout=200)
    assert (0, f"{version(tmp_path)}\n", "") == (process.returncode, out, err)
    assert "COMPLETED" == latest()["type"]
    assert between.stdout.readline().startswith("found")


def test_a_server_that_goes_away_after_publishing_is_one_line(start, proxy, tmp_path):
    """The result stands and is printed."""
    url, _ = proxy("die", "POST api/artifacts/ .*leaderboard")
    process = start("--quiet", *SMALL, url=url)
    out, err = process.communicate(timeout=400)
    assert (0, f"{version(tmp_path)}\n", 1) == (process.returncode, out, err.count("\n")), err
    assert err.startswith("training: the server could not be told how the run ended: ConnectError")


def test_a_server_that_goes_away_before_the_run_begins_is_one_line(start, proxy, tmp_path):
    """Nothing was done, and it says what to do."""
    url, _ = proxy("die", "POST api/flow_runs/ ")
    process = start("--quiet", *SMALL, url=url)
    out, err = process.communicate(timeout=200)
    assert (1, "", 1) == (process.returncode, out, err.count("\n")), err
    assert err.startswith("training: the Prefect server went away: it no longer answers; start")
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_stalls_still_learns_of_an_interruption(start, server, latest, sign):
    """As on a busy machine, where nothing answers for ten seconds; the command says what it waits for."""
    process = start(*LONG)
    for line in process.stderr:
        if "rows from the generator" in line:
            break
    with stalled(server.server):
        process.send_signal(sign)
        assert "training: interrupted; the same command goes on where it was\n" == process.stderr.readline()
        time.sleep(STALL_SECONDS)
        assert process.poll() is None
    _, err = process.communicate(timeout=90)
    assert 1 == process.returncode
    assert "training: waiting for the server to note it, up to a minute; Ctrl-C again ends at once\n" == err
    name = "Ctrl-C" if sign == signal.SIGINT else "SIGTERM"
    assert ("CANCELLED", f"interrupted by {name}") == (latest()["type"], latest()["message"])


@pytest.mark.parametrize("request_", ["POST api/flow_runs/ ", 'POST api/flow_runs/[^/]*/set_state.*"RUNNING"'])
def test_an_interruption_while_the_run_is_being_made_is_told_too(start, proxy, latest, request_):
    """However far the server was with it; the one that is asked again is the same run."""
    url, between = proxy("lose", request_)
    process = start(*LONG, url=url)
    assert between.stdout.readline().startswith("found")  # the client waits seconds before it asks again
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=90)
    assert 1 == process.returncode
    assert "training: interrupted; the same command goes on where it was" in err.splitlines()
    assert ("CANCELLED", "interrupted by Ctrl-C") == (latest()["type"], latest()["message"])


def test_a_second_ctrl_c_ends_at_once(start, server):
    """Whether the server knows or not."""
    process = start(*LONG)
    for line in process.stderr:
        if "rows from the generator" in line:
            break
    with stalled(server.server):
        process.send_signal(signal.SIGINT)
        for line in process.stderr:
            if "waiting for the server" in line:
                break
        process.send_signal(signal.SIGINT)
        assert 1 == process.wait(timeout=30)


def test_an_interruption_after_the_export_says_where_the_version_is(start, proxy, latest, tmp_path):
    """It was exported, and has not met the champion."""
    # The second of the questions whether the run is still wanted comes between export and promotion.
    url, between = proxy("hold 3", "^GET api/flow_runs/[^/]+ ")
    process = start("--quiet", *SMALL, url=url)
    assert between.stdout.readline().startswith("found")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=90)
    assert 1 == process.returncode
    assert f"training: interrupted; it had published {version(tmp_path)}" in err.splitlines()
    assert f"interrupted by Ctrl-C; it had published {version(tmp_path)}" == latest()["message"]


def test_an_interruption_after_the_end_only_cuts_it_short(start, proxy, latest, tmp_path):
    """The result is there: it is printed, and the run is Completed."""
    url, between = proxy("hold", 'POST api/flow_runs/[^/]*/set_state.*"COMPLETED"')
    process = start("--quiet", *SMALL, url=url)
    assert between.stdout.readline().startswith("found")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=90)
    assert (0, f"{version(tmp_path)}\n", "") == (process.returncode, out, err)
    assert "COMPLETED" == latest()["type"]
