"""A step that is done is not done again by whoever starts a run again that died."""

import contextlib
import fcntl
import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bakeoff.config import TrainingConfig
from bakeoff.data.prepare import prepare_cached
from bakeoff.errors import StepLostError, may_pass
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime import step_cache
from bakeoff.runtime.step_cache import cached_step
from bakeoff.runtime.workspace import (
    KEPT,
    KEPT_SECONDS,
    LOCK,
    RESULT,
    RUN,
    RunFolder,
    run_folder,
)
from bakeoff.training.cross_validate import score_fold_cached
from bakeoff.training.fit import fit_cached


@dataclass(frozen=True)
class Drawn:
    path: Path
    number: float


@pytest.fixture
def start(tmp_path):
    """Begins a run that will die: nothing of it is cleared."""
    (tmp_path / "kept").mkdir(mode=0o700)
    numbers = iter(range(100))

    def begin():
        folder = tmp_path / f"run-{next(numbers)}"
        folder.mkdir()
        return RunFolder(folder, tmp_path / "kept")

    return begin


@pytest.fixture
def times():
    return []


@pytest.fixture
def draw(times):
    def work(folder):
        times.append(folder)
        (folder / "drawn").write_text("a")
        return Drawn(folder / "drawn", 0.1 + 0.2)

    return work


def test_what_is_done_is_taken_over(start, draw, times):
    """With its files and to the last digit, in the new run's folder."""
    first, second = (cached_step(run, "draw", {"seed": 1}, Drawn, draw) for run in (start(), start()))
    assert 1 == len(times)
    assert "run-1" == second.path.parent.parent.name
    assert ("a", first.number) == (second.path.read_text(), second.number)


def test_what_it_depends_on_makes_it_another_step(start, draw, times, monkeypatch):
    """A parameter, a library's version, a line of code."""
    for key in ({"seed": 1}, {"seed": 2}, {"seed": 1}):
        cached_step(start(), "draw", key, Drawn, draw)
    assert 2 == len(times)
    monkeypatch.setattr(step_cache, "digest_code", lambda: "another")
    cached_step(start(), "draw", {"seed": 1}, Drawn, draw)
    monkeypatch.setattr(step_cache, "describe_environment", lambda: {"scikit-learn": "0.1"})
    cached_step(start(), "draw", {"seed": 1}, Drawn, draw)
    assert 4 == len(times)


@pytest.mark.parametrize("break_it", ["file", "gone", "entry", "result"])
def test_what_is_not_whole_is_done_again(start, draw, times, break_it):
    """A disk that lost power, a hand that changed it."""
    run = start()
    cached_step(run, "draw", {}, Drawn, draw)
    (kept,) = run.cache.iterdir()
    if break_it == "gone":
        (kept / "drawn").unlink()
    elif break_it == "file":
        (kept / "drawn").unlink()
        (kept / "drawn").write_text("b")
    else:
        entry = json.loads((kept / "result.json").read_text())
        entry["result"]["number"] = "three"
        (kept / "result.json").write_text("{" if break_it == "entry" else json.dumps(entry))
    assert "a" == cached_step(start(), "draw", {}, Drawn, draw).path.read_text()
    assert 2 == len(times)
    cached_step(start(), "draw", {}, Drawn, draw)
    assert 2 == len(times)


def test_what_others_may_write_is_not_used(start, draw, times):
    """It would be unpickled."""
    cached_step(start(), "draw", {}, Drawn, draw)
    run = start()
    run.cache.chmod(0o777)
    cached_step(run, "draw", {}, Drawn, draw)
    assert 2 == len(times)


def test_what_fails_is_not_kept(start, draw, times):
    def fail(folder):
        (folder / "drawn").write_text("half")
        raise ValueError("no")

    run = start()
    with pytest.raises(ValueError):
        cached_step(run, "draw", {}, Drawn, fail)
    assert [] == list(run.cache.iterdir())


def test_a_run_that_dies_while_it_keeps_a_step_leaves_nothing_among_what_is_kept(start, draw, monkeypatch):
    """What is half kept is of the run's own folder, which the next run removes."""

    def die(*_):
        os._exit(9)

    run = start()
    if (child := os.fork()) == 0:
        try:
            monkeypatch.setattr(step_cache, "_digest", die)
            cached_step(run, "draw", {}, Drawn, draw)
        finally:
            os._exit(1)  # else it would go on as a second pytest
    assert 9 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert [] == list(run.cache.iterdir())
    assert {"draw", "used"} < {path.name for path in run.path.iterdir()}


def test_without_links_files_are_copied(start, draw, times, monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    for run in (start(), start()):
        assert "a" == cached_step(run, "draw", {}, Drawn, draw).path.read_text()
    assert 1 == len(times)


def die(workspace, draw):
    """A run that fails behind its one step."""
    with contextlib.suppress(KeyError), run_folder(workspace) as run:
        cached_step(run, "draw", {}, Drawn, draw)
        raise KeyError


def test_a_run_that_came_through_leaves_nothing(tmp_path, draw):
    """One that failed leaves what it had done."""
    die(tmp_path / "work", draw)
    assert [KEPT] == [path.name for path in (tmp_path / "work").iterdir()]
    with run_folder(tmp_path / "work") as run:
        cached_step(run, "draw", {}, Drawn, draw)
    assert [] == list((tmp_path / "work").iterdir())


def test_a_folder_that_is_deleted_under_a_run_is_what_it_is_told_of(tmp_path):
    """Whatever failed for want of it; the run is tried again."""

    def read(deletes):
        with run_folder(tmp_path) as run:
            if deletes:
                shutil.rmtree(run.path)
            (run.path / "scores.npy").read_bytes()

    with pytest.raises(StepLostError, match="was deleted while the run worked in it: start the run again") as caught:
        read(deletes=True)
    assert may_pass(caught.value)
    with pytest.raises(FileNotFoundError):
        read(deletes=False)


def test_folders_of_dead_runs_are_cleared_and_of_live_ones_are_not(tmp_path):
    for name in ("dead", "alive"):
        (tmp_path / f"{RUN}{name}").mkdir()
        (tmp_path / f"{RUN}{name}" / LOCK).touch()
    with (tmp_path / f"{RUN}alive" / LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with run_folder(tmp_path):
            assert not (tmp_path / f"{RUN}dead").exists()
            assert (tmp_path / f"{RUN}alive").exists()


def test_what_nobody_came_back_for_is_forgotten(tmp_path, draw):
    die(tmp_path, draw)
    (kept,) = (tmp_path / KEPT).iterdir()
    os.utime(kept, (0, time.time() - KEPT_SECONDS - 60))
    with run_folder(tmp_path):
        assert not kept.exists()


def test_what_no_run_made_stays(tmp_path, draw):
    """Old files of a person's in a workspace, whatever they are called, also among what runs keep and behind links."""
    places = [
        "work/kept/notes.txt",
        "work/kept/20261122T101500Z-c3943/card.json",
        f"work/kept/{'a' * 32}/result.json",
        "work/run-of-june/lock",
        f"work/{RUN}notes/report.txt",
        f"work/{KEPT}/notes/result.json",
        f"work/{KEPT}/{'b' * 32}/notes.txt",
        f"theirs/{LOCK}",
        f"theirs/{RESULT}",
    ]
    for place in places:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("precious")
    (tmp_path / "work" / f"{RUN}link").symlink_to(tmp_path / "theirs")
    (tmp_path / "work" / KEPT / ("c" * 32)).symlink_to(tmp_path / "theirs")
    for path in [*(tmp_path / "work").rglob("*"), tmp_path / "theirs"]:
        os.utime(path, (0, time.time() - KEPT_SECONDS - 60))
    die(tmp_path / "work", draw)
    with run_folder(tmp_path / "work") as run:
        cached_step(run, "draw", {}, Drawn, draw)
    assert ["precious"] * len(places) == [(tmp_path / place).read_text() for place in places]


def test_the_steps_of_a_race_are_done_once(tmp_path, start, caplog):
    """Each contestant's for itself: another's parameter changes nothing."""
    caplog.set_level("INFO", "bakeoff")
    config = TrainingConfig.model_validate({"dataset": {"n_samples": 200}})

    def race(parameters):
        run = start()
        ref = prepare_cached(config, run)
        found = []
        for name, given in parameters.items():
            contestant = Contestant(name, given, "auto", "accuracy", "auto")
            found.append(fit_cached(ref, contestant, run))
            found.append(score_fold_cached(ref, contestant, config.cross_validation, 1, run))
        return found

    first = race({"logistic_regression": {}, "svm": {}})
    caplog.clear()
    second = race({"logistic_regression": {}, "svm": {"C": 2}})
    taken = [record.getMessage().split(":")[0] for record in caplog.records if "taken over" in record.getMessage()]
    assert ["data", "fit-logistic_regression", "fold-logistic_regression-1"] == taken
    assert first[0].path.read_bytes() == second[0].path.read_bytes()
    assert replace(first[1], predictions="", outputs="") == replace(second[1], predictions="", outputs="")
    assert first[2].path.read_bytes() != second[2].path.read_bytes()


def test_a_table_that_changed_is_read_again(tmp_path, start):
    """Its size and time tell."""
    path = tmp_path / "rows.csv"
    digests = []
    for classes in ("uv", "uw"):
        path.write_text("a,y\n" + "".join(f"{i % 7},{classes[i % 2]}\n" for i in range(60)))
        config = TrainingConfig.model_validate({"dataset": {"source": "file", "path": str(path), "target": "y"}})
        digests.append(prepare_cached(config, start()).sha256)
    assert digests[0] != digests[1]


def test_runs_that_begin_and_end_at_once_leave_each_other_alone(tmp_path, draw):
    """Whoever ends removes the folder of kept steps, where nothing is in it, and the folders of dead runs."""

    def run_once(number):
        with run_folder(tmp_path) as run:
            found = cached_step(run, "draw", {"number": number % 3}, Drawn, draw)
            return found.path.read_text()

    with ThreadPoolExecutor(8) as pool:
        assert ["a"] * 200 == list(pool.map(run_once, range(200)))
    assert [] == list(tmp_path.iterdir())
