"""Only the newest rows of a file are used."""

import numpy as np
import pandas as pd
import pytest

from bakeoff.config import DatasetConfig, SplitConfig
from bakeoff.data.load import load_dataset
from bakeoff.errors import DataError
from tests.bakeoff.data.conftest import DAYS, table

BY_DAY = SplitConfig(by="time", column="day")


def load(dataset, split=None, **window):
    return load_dataset(DatasetConfig.model_validate(dataset | {"window": window}), split)


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
@pytest.mark.parametrize(("last", "first"), [("30d", 90), ("2w", 106), ("48h", 108), (50, 70), ("1000d", 0)])
def test_a_window_ends_with_the_newest_row(tmp_path, name, last, first):
    """A duration counts back from its time and leaves out its beginning; a number counts rows."""
    days = pd.date_range("2026-01-01", periods=120, freq="4h") if last == "48h" else DAYS
    shuffled = np.random.default_rng(0).permutation(120)
    found = load(table(tmp_path, name, day=days[shuffled], number=shuffled * 1.5), BY_DAY, last=last)
    assert sorted(np.flatnonzero(np.arange(120) >= first) * 1.5) == sorted(found.X["number"])
    (line,) = [line for line in found.tidied if "dataset.window" in line]
    assert f"{120 - first} of 120 rows are used" in line


def test_rows_without_a_class_take_no_room(tmp_path):
    """The newest often have none yet: the window ends with the newest that has one."""
    classes = np.where(np.arange(120) < 100, np.tile(["u", "v", "u"], 40), None)
    dataset = table(tmp_path, day=DAYS, number=np.arange(120.0), y=classes)
    assert list(range(70, 100)) == list(load(dataset, BY_DAY, last="30d").X["number"])
    assert list(range(70, 100)) == list(load(dataset, last=30).X["number"])


def test_files_of_a_folder_have_their_dates_in_their_names(tmp_path):
    """As days or months, with or without marks; whatever their order."""
    folder = tmp_path / "rows"
    folder.mkdir()
    for day in DAYS[-6:]:
        frame = pd.DataFrame({"a": np.tile([0.0, 1.0], 4) + day.day, "y": np.tile(["u", "v"], 4)})
        frame.to_csv(folder / f"rows_{day:%Y%m%d}.csv", index=False)
    found = load({"source": "file", "path": str(folder), "target": "y"}, last="3d")
    assert 24 == len(found.y)
    assert DAYS[-3].day == found.X["a"].min()


@pytest.mark.parametrize(
    ("columns", "window", "said"),
    [
        ({}, {"last": "30d"}, "needs the time of each row: name its column in dataset.window.column"),
        ({"day": range(120)}, {"last": "30d", "column": "day"}, "a duration needs dates"),
        ({"day": [None, *DAYS[1:]]}, {"last": 50, "column": "day"}, "which dataset.window follows, is missing in 1"),
        ({"day": DAYS}, {"last": "30d", "column": "dy"}, "did you mean 'day'"),
        ({"day": [*DAYS[1:], DAYS[0].replace(year=2206)]}, {"last": "30d", "column": "day"}, "1 of 120 rows are used"),
    ],
)
def test_times_that_cannot_be_followed_are_refused_in_one_line(tmp_path, columns, window, said):
    """Among them a wrong year, from which nothing but its own row would be left."""
    with pytest.raises(DataError, match=said) as refused:
        load(table(tmp_path, **columns), **window)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("last", ["90", 90, " 90 ", "90D", "012 h"])
def test_rows_and_durations_are_told_by_their_unit(last):
    """As numbers or text."""
    dataset = {"source": "file", "path": "rows.csv", "target": "y", "window": {"last": last}}
    expected = {"90D": "90d", "012 h": "12h"}.get(last, 90)
    assert expected == DatasetConfig.model_validate(dataset).window.last


@pytest.mark.parametrize("last", [True, 9, 90.5, "90m", "0d", "-3d", "soon", "d", ""])
def test_other_windows_are_refused(last):
    """With what is allowed."""
    dataset = {"source": "file", "path": "rows.csv", "target": "y", "window": {"last": last}}
    with pytest.raises(ValueError, match="50000, 12h, 90d or 8w"):
        DatasetConfig.model_validate(dataset)


def test_dates_may_be_in_the_names_of_objects(memory):
    """Of a prefix; a single object's name has no say."""
    text = "number,y\n" + "".join(f"{row},{'uv'[row % 2]}\n" for row in range(20))
    for day in ("2026-11-01", "2026-11-02"):
        memory.pipe_file(f"/bucket/days/{day}.csv", text.encode())
    dataset = {"source": "file", "path": "memory://bucket/days", "target": "y", "numbers": ["number"]}
    assert 20 == len(load(dataset, last="1d").X)
    with pytest.raises(DataError, match="needs the time of each row"):
        load(dataset | {"path": "memory://bucket/days/2026-11-01.csv"}, last="1d")
