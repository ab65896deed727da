"""`bakeoff clean`: what runs left behind is removed, and nothing that they didn't make or still use."""

import fcntl
import json
import os
import tempfile
import time

import pytest

from bakeoff.cli.main import main
from bakeoff.errors import ConfigError
from bakeoff.local.clean import CleanConfig, clean_up
from bakeoff.runtime import workspace

DAY = 24 * 3600


def age(folder, days):
    """Make a folder, and all in it, that many days old."""
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (time.time() - days * DAY,) * 2, follow_symlinks=False)


def make(folder, *, days=0, **files):
    """Make a folder of files with these texts."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    age(folder, days)
    return folder


def make_output(folder, days, rows=10, size=100):
    summary = {"name": "classifier", "version": "20261101T000000Z-00000", "rows": rows}
    return make(folder, days=days, summary_json=json.dumps(summary), predictions_parquet="x" * size)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A workspace and a folder of predictions with what killed runs leave, and with much that looks like it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    work, predictions = tmp_path / "work", tmp_path / "predictions"
    left = {
        make(work / "bakeoff-run-killed", bakeoff_lock=""),
        make(work / "bakeoff-kept" / ("0" * 32), days=8, result_json="{}"),
        make(work / "bakeoff-deep-killed", bakeoff_lock="", rows=""),
        make(predictions / ".bakeoff-0123456789ab", days=8, lock="", state_jsonl="{}"),
        make(tmp_path / "temporary" / "bakeoff-pull-killed", bakeoff_lock=""),
    }
    make(work / "bakeoff-run-of-a-person", days=900, notes="")  # no lock
    make(work / "bakeoff-kept" / ("1" * 32), days=6, result_json="{}")
    make(work / "bakeoff-kept" / "mine", days=900, result_json="{}")
    make(work / "bakeoff-deep-sea", days=900)
    make(predictions / ".bakeoff-mine", days=900, lock="")
    make(predictions / ".bakeoff-ffffffffffff", days=6, lock="", state_jsonl="{}")
    (predictions / ".bakeoff-eeeeeeeeeeee").symlink_to(work)
    make(tmp_path / "temporary" / "bakeoff-race-of-a-person", days=900)
    return work, predictions, left


def test_what_killed_runs_left_is_listed_and_removed_when_asked(places, tmp_path):
    """By default nothing is removed; what a person or a run of today made stays."""
    work, predictions, left = places
    before = set(tmp_path.rglob("*"))
    config = CleanConfig(workspace=work, predictions=predictions)
    assert left == {found.path for found in clean_up(config)}
    assert before == set(tmp_path.rglob("*"))
    clean_up(config.model_copy(update={"delete": True}))
    gone = before - set(tmp_path.rglob("*"))
    assert left == {path for path in gone if path.parent not in gone}
    assert [] == clean_up(config)


@pytest.mark.parametrize("name", ["work/bakeoff-deep-killed/bakeoff.lock", "predictions/.bakeoff-0123456789ab/lock"])
def test_what_a_run_has_locked_stays(places, tmp_path, name):
    """However old it is."""
    work, predictions, left = places
    with (tmp_path / name).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = clean_up(CleanConfig(workspace=work, predictions=predictions, delete=True))
    assert left - {(tmp_path / name).parent} == {found.path for found in done}
    assert (tmp_path / name).exists()


def test_what_is_in_use_stays(tmp_path):
    """A process that has such a folder holds its lock."""
    with workspace.run_folder(tmp_path) as run, workspace.locked_folder(workspace.DEEP, tmp_path) as deep:
        assert [] == clean_up(CleanConfig(workspace=tmp_path, predictions=tmp_path, delete=True))
        assert run.path.exists()
        assert deep.exists()
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("limits", "removed"),
    [
        ({}, []),
        ({"older_than": 30}, ["20260101T000000Z", "20260601T000000Z"]),
        ({"at_most": 2.5e-6}, ["20260101T000000Z", "20260601T000000Z"]),
        ({"at_most": 0}, ["20260101T000000Z", "20260601T000000Z", "20261101T000000Z", "20261102T000000Z"]),
        ({"older_than": 100, "at_most": 1}, ["20260101T000000Z"]),
    ],
)
def test_outputs_go_by_age_and_size_only_if_asked(tmp_path, limits, removed):
    """Those that runs named by their time; the oldest first."""
    predictions = tmp_path / "predictions"
    for stamp, days in {"20260101": 300, "20260601": 90, "20261101": 2, "20261102": 1}.items():
        make_output(predictions / f"{stamp}T000000Z", days, size=1000)
    make_output(predictions / "for-the-board", 900)
    make(predictions / "20200101T000000Z", days=900, notes="a person's")
    make(predictions / "20200102T000000Z", days=900, summary_json="[]")
    before = set(predictions.iterdir())
    done = clean_up(CleanConfig(workspace=tmp_path, predictions=predictions, delete=True, **limits))
    assert removed == sorted(found.path.name for found in done)
    assert {predictions / name for name in removed} == before - set(predictions.iterdir())


def test_places_outside_of_the_roots_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("BAKEOFF_ROOTS", str(tmp_path / "allowed"))
    config = CleanConfig.model_construct(workspace=tmp_path / "work", predictions=tmp_path / "allowed")
    with pytest.raises(ConfigError, match="BAKEOFF_ROOTS"):
        clean_up(config)


def test_the_command_says_what_it_would_remove(places, capsys, tmp_path):
    work, predictions, left = places
    flags = ["clean", "--workspace", str(work), "--predictions", str(predictions)]
    assert 0 == main(flags)
    out, _ = capsys.readouterr()
    assert "5 folders, 0.0 kB: --delete removes them" == out.splitlines()[-1]
    assert f"removes  folder of a killed run, 0.0 kB: {work}/bakeoff-run-killed" in out.splitlines()
    assert 0 == main([*flags, "--json", "--delete"])
    said = json.loads(capsys.readouterr().out)
    assert (True, {str(path) for path in left}) == (said["deleted"], {each["path"] for each in said["folders"]})
    assert 0 == main(flags)
    assert "nothing to remove\n" == capsys.readouterr().out
    assert not (tmp_path / "temporary" / "bakeoff-pull-killed").exists()


def test_a_place_that_is_not_there_has_nothing(tmp_path):
    assert [] == clean_up(CleanConfig(workspace=tmp_path / "none", predictions=tmp_path / "none"))
