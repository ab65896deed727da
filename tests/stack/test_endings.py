"""What a command says, and its run ends as, where the server is slow or somebody has had enough."""

import contextlib
import signal
import time

import pytest
from prefect_stack import SMALL, only_version

LONG = ("--dataset.n_samples", "60000")
STALL_SECONDS = 10


@contextlib.contextmanager
def stalled(process):
    """The server answers nothing within the block."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_stalls_still_learns_of_an_interruption(start, server, latest, sign):
    """As on a busy machine, where nothing answers for ten seconds; the command says what it waits for."""
    process = start(*LONG)
    for line in process.stderr:
        if "rows from the generator" in line:
            break
    with stalled(server.server):
        process.send_signal(sign)
        assert "training: interrupted; run the same command again to continue\n" == process.stderr.readline()
        time.sleep(STALL_SECONDS)
        assert process.poll() is None
    _, err = process.communicate(timeout=200)
    assert 1 == process.returncode
    assert "training: waiting up to a minute for the server to record it; Ctrl-C again ends at once\n" == err
    name = "Ctrl-C" if sign == signal.SIGINT else "SIGTERM"
    assert ("CANCELLED", f"interrupted by {name}") == (latest()["type"], latest()["message"])


@pytest.mark.parametrize("request_", ["POST api/flow_runs/ ", 'POST api/flow_runs/[^/]*/set_state.*"RUNNING"'])
def test_an_interruption_while_the_run_is_being_made_is_told_too(start, proxy, latest, request_):
    """However far the server was with it; the one that is asked again is the same run."""
    url, between = proxy("lose", request_)
    process = start(*LONG, url=url)
    assert between.stdout.readline().startswith("found")  # the client waits seconds before it asks again
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=200)
    assert 1 == process.returncode
    assert "training: interrupted; run the same command again to continue" in err.splitlines()
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
            if "waiting up to a minute" in line:
                break
        process.send_signal(signal.SIGINT)
        assert 1 == process.wait(timeout=45)  # below the minute of the first


def test_an_interruption_after_the_export_says_where_the_version_is(start, proxy, latest, tmp_path):
    """It was exported, but not compared with the champion."""
    # The second of the questions whether the run is still wanted comes between export and promotion.
    url, between = proxy("hold 3", "^GET api/flow_runs/[^/]+ ")
    process = start("--quiet", *SMALL, url=url)
    assert between.stdout.readline().startswith("found")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=200)
    assert 1 == process.returncode
    assert f"training: interrupted; it had published {only_version(tmp_path)}" in err.splitlines()
    assert f"interrupted by Ctrl-C; it had published {only_version(tmp_path)}" == latest()["message"]


def test_an_interruption_after_the_end_only_cuts_it_short(start, proxy, latest, tmp_path):
    """The result is there: it is printed, and the run is Completed."""
    url, between = proxy("hold", 'POST api/flow_runs/[^/]*/set_state.*"COMPLETED"')
    process = start("--quiet", *SMALL, url=url)
    assert between.stdout.readline().startswith("found")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=200)
    assert (0, f"{only_version(tmp_path)}\n", "") == (process.returncode, out, err)
    assert "COMPLETED" == latest()["type"]
