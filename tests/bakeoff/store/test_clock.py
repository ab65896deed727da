"""A clock that was wrong once, ahead or behind: what it dated keeps its date, and nothing else gets one by it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bakeoff.cli.main import main
from bakeoff.store.history import History
from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import predict

RIGHT = datetime(2026, 11, 22, 10, 15, 0, 700_000, tzinfo=UTC)
AHEAD, BEHIND = datetime(2031, 5, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """Sets the time for all that the store dates."""

    class Clock(datetime):
        time = RIGHT

        @classmethod
        def now(cls, tz=None):
            return cls.time.astimezone(tz)

    for module in ("store.exports", "store.journal", "store.retention", "cli.models"):
        monkeypatch.setattr(f"bakeoff.{module}.datetime", Clock)

    def set_to(time):
        Clock.time = time

    return set_to


@pytest.fixture
def export(race, root, clock):
    """Exports a version at a time."""

    def at(time):
        clock(time)
        return race.export(root).name

    return at


def run(root, capsys, *command):
    assert 0 == main(["models", *command, "--store", str(root)])
    return capsys.readouterr().out


@pytest.mark.parametrize("wrong", [AHEAD, BEHIND, RIGHT + timedelta(hours=2)])
def test_a_wrong_clock_dates_no_other_version(export, root, wrong):
    """Names stay in order of export; card and journal have each version's own time; latest is the last export."""
    names = [export(RIGHT), export(wrong), export(RIGHT + timedelta(hours=1))]
    assert sorted(names) == names
    store = ModelStore(root, "classifier")
    assert names == store.versions()
    assert names[-1] == store.resolve("latest")
    assert "2026-11-22T11:15:00Z" == store.card(names[-1]).created
    assert "2026-11-22T11:15:00Z" == store.history().exports[names[-1]]["time"]
    assert [] == store.verify()


def test_versions_sort_in_order_of_export(export, root):
    """Of the same second too, and where the clock was set back; the card has the true time."""
    names = [export(RIGHT + timedelta(seconds=seconds)) for seconds in (0, 5, 3, 3, 4, 20)]
    assert ["00", "05", "06", "07", "08", "20"] == [name[13:15] for name in names]
    assert "2026-11-22T10:15:03Z" == ModelStore(root, "classifier").card(names[2]).created


def test_latest_is_predicted_with_behind_a_wrong_clock(export, root, tmp_path):
    """Not the version of the latest date."""
    export(AHEAD)
    latest = export(RIGHT)
    folder = predict(store=root, version="latest", output=str(tmp_path / "out"))
    assert latest == json.loads((folder / "summary.json").read_text())["version"]


@pytest.mark.parametrize("wrong", [AHEAD, BEHIND])
def test_rollback_and_pruning_go_by_the_order_of_events(export, root, clock, wrong):
    """The last N are the last exports; back is the champion before; who was it lately stays, whatever the date says."""
    old, first = export(RIGHT - timedelta(days=90)), export(RIGHT - timedelta(days=60))
    store = ModelStore(root, "classifier")
    store.promote(first, "x")
    second = export(wrong)
    store.promote(second, "by a wrong clock")
    clock(RIGHT)
    third, fourth = export(RIGHT), export(RIGHT + timedelta(hours=1))
    assert [old, third] == store.plan_prune(1, 30).pruned
    assert {first: "champion until 2026-11-22", second: "champion", fourth: "among the last 1"} == store.plan_prune(
        1, 30
    ).kept
    assert first == store.rollback("x")
    clock(RIGHT + timedelta(days=40))
    assert [old, second, third] == store.prune(1, 30, "x").pruned
    assert [] == store.verify()


def test_an_entry_of_a_wrong_clock_does_not_hold_former_champions_for_years(export, root, clock):
    """Once there is a right one behind it."""
    first = export(RIGHT)
    second = export(AHEAD)
    store = ModelStore(root, "classifier")
    store.promote(second, "by a wrong clock")
    export(RIGHT + timedelta(days=1))
    clock(RIGHT + timedelta(days=32))
    assert first in store.plan_prune(1, 30).pruned


def test_log_marks_where_the_clock_went_back(export, root, capsys):
    """In both forms; a journal in order has no mark."""
    export(RIGHT)
    assert "dated" not in run(root, capsys, "log") + run(root, capsys, "log", "--all")
    export(AHEAD)
    export(RIGHT + timedelta(hours=1))
    sentence = "dated before the line above it: the clock was set back, or was ahead until then"
    assert f"line 4 of the journal is {sentence}" == run(root, capsys, "log").splitlines()[-1]
    lines = run(root, capsys, "log", "--all").splitlines()
    assert [f"the next line is {sentence}", "4"] == [lines[-2].strip(), lines[-1].split()[0]]
    assert [4] == ModelStore(root, "classifier").history().set_back


def test_list_gives_a_version_of_the_future_its_date(export, root, clock, capsys):
    """It is not of just now."""
    wrong = export(AHEAD)
    clock(RIGHT)
    (line,) = [line for line in run(root, capsys, "list").splitlines() if wrong in line]
    assert line.rstrip(" │|").endswith("dated 2031-05-01")


def test_times_that_are_all_in_order_are_taken_as_they_are():
    """An empty journal has none."""
    assert {} == History().kept(1, RIGHT, RIGHT)
