"""Steps in processes of their own."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from bakeoff.errors import DataError, OutOfTimeError, ProcessEndedError, StepLostError, TrainingError
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.threads import cpu_count
from bakeoff.runtime.workers import start_fork_server

STEPS = "tests.support.steps"


def wait_until_gone(process):
    deadline = time.monotonic() + 30
    while process.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not process.exists()


def test_a_step_runs_in_a_process_of_its_own_and_its_log_comes_out_here(caplog):
    caplog.set_level("INFO", "bakeoff")
    pid, doubled = run_in_process(f"{STEPS}:double", 4, "a line")
    assert (8, False) == (doubled, pid == os.getpid())
    assert ["a line", "UserWarning: in two lines"] == [record.getMessage() for record in caplog.records]
    assert ["bakeoff.training.fit", "bakeoff.warnings"] == [record.name for record in caplog.records]


def test_what_is_not_asked_for_is_not_logged(caplog):
    caplog.set_level("ERROR", "bakeoff")
    run_in_process(f"{STEPS}:double", 4, "a line")
    assert [] == caplog.records


@pytest.mark.parametrize(
    ("step", "args", "error", "sentence"),
    [
        ("refuse", (), DataError, "^these rows$"),
        ("fail_oddly", (), TrainingError, "^OddError: this: that$"),
        ("end", (3,), ProcessEndedError, "^its process ended with status 3 before it was done$"),
        ("be_killed", (), ProcessEndedError, "^its process was killed, as the system does when memory runs out"),
    ],
)
def test_a_step_that_fails_takes_nothing_with_it(step, args, error, sentence):
    """Neither this process nor the server; a library's crash is one step's failure."""
    with pytest.raises(error, match=sentence):
        run_in_process(f"{STEPS}:{step}", *args)
    assert 6 == run_in_process(f"{STEPS}:double", 3)[1]


def test_a_step_that_is_out_of_time_is_ended(tmp_path):
    """At its deadline; one that would begin behind it never does."""
    path = tmp_path / "pid"
    run_in_process(f"{STEPS}:double", 1)  # the server is up
    began = time.time()
    with pytest.raises(OutOfTimeError, match="^stopped at the end of time_budget$"):
        run_in_process(f"{STEPS}:sleep", path, 60, deadline=began + 2)
    assert time.time() < began + 30
    wait_until_gone(Path("/proc", path.read_text()))
    path.unlink()
    with pytest.raises(OutOfTimeError):
        run_in_process(f"{STEPS}:sleep", path, 60, deadline=began)
    assert not path.exists()
    assert 6 == run_in_process(f"{STEPS}:double", 3, deadline=time.time() + 60)[1]


def test_as_many_run_at_once_as_there_are_cores():
    """Who asks for one more waits, and for no longer than its time."""
    with ThreadPoolExecutor(cpu_count() + 3) as pool:
        spans = list(pool.map(lambda _: run_in_process(f"{STEPS}:span", 0.2), range(2 * cpu_count() + 1)))
        assert cpu_count() == max(sum(began <= other < ended for began, ended in spans) for other, _ in spans)
        for _ in range(cpu_count()):
            pool.submit(run_in_process, f"{STEPS}:span", 2)
        while len(start_fork_server().cores._running) < cpu_count():
            time.sleep(0.02)
        with pytest.raises(OutOfTimeError):
            run_in_process(f"{STEPS}:span", 0, deadline=time.time() + 0.2)


def test_each_step_keeps_to_one_thread():
    assert {1} == run_in_process(f"{STEPS}:threads")


def test_a_step_finds_folder_and_environment_as_they_are_here(monkeypatch, tmp_path):
    """Not as they were when the server began."""
    start_fork_server()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BAKEOFF_TEST", "now")
    assert (str(tmp_path), "now") == run_in_process(f"{STEPS}:surroundings", "BAKEOFF_TEST")


def test_steps_run_at_once():
    """Each of them answers the one who asked."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(partial(run_in_process, f"{STEPS}:double"), range(24)))
    assert [2 * number for number in range(24)] == [doubled for _, doubled in found]
    assert 2 <= len({pid for pid, _ in found}) <= 8


def test_a_process_that_is_done_takes_another_step_unless_it_has_grown(tmp_path):
    """It finds folder, environment and log level as they are then; what a step has left in memory goes with it."""
    pid, _ = run_in_process(f"{STEPS}:double", 1)
    assert pid == run_in_process(f"{STEPS}:double", 1)[0] == run_in_process(f"{STEPS}:keep_megabytes", 1)
    assert pid == run_in_process(f"{STEPS}:keep_megabytes", 600)
    after, _ = run_in_process(f"{STEPS}:double", 1)
    assert after != pid


def test_a_process_that_ended_while_it_waited_is_not_asked():
    pid, _ = run_in_process(f"{STEPS}:double", 1)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(Path("/proc", str(pid)))
    after, doubled = run_in_process(f"{STEPS}:double", 4)
    assert (8, True) == (doubled, after != pid)


def test_a_warning_is_logged_in_every_step(caplog):
    """Python would tell of it once a process."""
    caplog.set_level("INFO", "bakeoff")
    for _ in range(2):
        caplog.clear()
        run_in_process(f"{STEPS}:double", 4, "a line")
        assert ["a line", "UserWarning: in two lines"] == [record.getMessage() for record in caplog.records]


def test_a_server_that_was_killed_is_started_again():
    server = start_fork_server()
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()
    assert 2 == run_in_process(f"{STEPS}:double", 1)[1]


def test_a_step_whose_server_was_killed_with_it_fails_in_a_sentence(tmp_path):
    """Whoever asked is told, and can go on."""
    path, server = tmp_path / "pid", start_fork_server()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(run_in_process, f"{STEPS}:sleep", path, 60)
        while not (path.exists() and path.read_text()):
            time.sleep(0.02)
        os.kill(server._process.pid, signal.SIGKILL)
        server._process.wait()
        os.kill(int(path.read_text()), signal.SIGKILL)
        with pytest.raises(StepLostError, match="^the server of its process ended$"):
            asked.result()
    assert 2 == run_in_process(f"{STEPS}:double", 1)[1]


def test_a_step_that_finds_no_server_to_fork_its_process_is_lost(monkeypatch):
    """As one that waited for a core meanwhile; the next one finds another server."""
    server = start_fork_server()
    monkeypatch.setattr(server, "serves", lambda: True)
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()
    while server._idle:
        server._idle.pop().close()
    with pytest.raises(StepLostError, match="^the server of its process ended$"):
        run_in_process(f"{STEPS}:double", 1)
    monkeypatch.undo()
    assert 2 == run_in_process(f"{STEPS}:double", 1)[1]


def test_steps_end_with_the_process_that_asked(tmp_path):
    """Even where that is killed."""
    path = tmp_path / "pid"
    lines = (
        "from pathlib import Path",
        "from bakeoff.runtime.processes import run_in_process",
        f"run_in_process({STEPS + ':sleep'!r}, Path({str(path)!r}), 60)",
    )
    with subprocess.Popen([sys.executable, "-c", "\n".join(lines)]) as process:
        while not (path.exists() and path.read_text()):
            time.sleep(0.05)
        step = Path("/proc", path.read_text())
        assert step.exists()
        process.kill()
    wait_until_gone(step)
