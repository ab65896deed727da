"""A server whose answers are lost, or that goes away: what its runs end as, and what a command says."""

import signal

import pytest
from prefect_stack import SMALL, end, eventually, only_version


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
    assert (0, f"{only_version(tmp_path)}\n") == (process.returncode, out), err
    said = err.splitlines()
    assert len(said) <= 1
    assert all("the progress could not be shown, since the server no longer answers" in line for line in said)
    assert "COMPLETED" == latest()["type"]
    assert between.stdout.readline().startswith("found")


def test_a_server_that_goes_away_after_publishing_is_one_line(start, proxy, tmp_path):
    """The result stands and is printed."""
    url, _ = proxy("die", "POST api/artifacts/ .*leaderboard")
    process = start("--quiet", *SMALL, url=url)
    out, err = process.communicate(timeout=400)
    assert (0, f"{only_version(tmp_path)}\n", 1) == (process.returncode, out, err.count("\n")), err
    assert err.startswith("training: the run's state could not be reported to the server: ConnectError")


def test_a_server_that_goes_away_before_the_run_begins_is_one_line(start, proxy, tmp_path):
    """Nothing was done, and it says what to do."""
    url, _ = proxy("die", "POST api/flow_runs/ ")
    process = start("--quiet", *SMALL, url=url)
    out, err = process.communicate(timeout=200)
    assert (1, "", 1) == (process.returncode, out, err.count("\n")), err
    assert err.startswith("training: the Prefect server went away: it no longer answers; run")
    assert not (tmp_path / "models").exists()


def test_a_server_that_goes_away_in_mid_run_costs_only_what_it_is_told(start, proxy, tmp_path):
    """The run goes on without it, to its version; each loss is said once, and the last line is about the ending."""
    url, _ = proxy("die", "POST api/artifacts/ .*cross-validation")
    process = start("--quiet", *SMALL, url=url)
    out, err = process.communicate(timeout=200)
    assert (0, f"{only_version(tmp_path)}\n") == (process.returncode, out), err
    progress, prediction, ending = err.splitlines()
    assert "the progress could not be shown, since the server no longer answers: ConnectError" in progress
    assert "the prediction could not be asked for, since the server no longer answers: ConnectError" in prediction
    assert ending.startswith("training: the run's state could not be reported to the server: ConnectError")


def test_a_server_that_hangs_in_mid_run_is_not_waited_for(start, server, tmp_path):
    """As on a machine that sleeps: the run goes on to its version without it, and says what the server was not told."""
    process = start("--quiet", "--dataset.n_samples", "20000", PREFECT_API_REQUEST_TIMEOUT="3")
    assert eventually(lambda: list((tmp_path / "work").rglob("*.parquet")), pause=0.1)
    server.server.send_signal(signal.SIGSTOP)
    try:
        out, err = process.communicate(timeout=200)
    finally:
        server.server.send_signal(signal.SIGCONT)
    assert (0, f"{only_version(tmp_path)}\n") == (process.returncode, out), err
    progress, prediction, ending = err.splitlines()
    assert "the progress could not be shown, since the server no longer answers: ReadTimeout" in progress
    assert "the prediction could not be asked for, since the server no longer answers: ReadTimeout" in prediction
    assert ending.startswith("training: the run's state could not be reported to the server: ReadTimeout")


def test_a_server_that_is_killed_and_started_anew_in_mid_run_changes_nothing(start, server, latest, tmp_path):
    """The run goes on meanwhile, and is Completed; at most it says, once, that its progress wasn't shown meanwhile."""
    process = start("--quiet", "--dataset.n_samples", "60000")  # on a busy machine the server takes its time to start
    assert eventually(lambda: list((tmp_path / "work").rglob("*.parquet")), pause=0.1)
    end(server.server, signal.SIGKILL)
    server.start_server()
    out, err = process.communicate(timeout=200)
    assert (0, f"{only_version(tmp_path)}\n") == (process.returncode, out), err
    said = err.splitlines()
    assert len(said) <= 1
    assert all("the progress could not be shown, since the server no longer answers" in line for line in said)
    assert "COMPLETED" == latest()["type"]
