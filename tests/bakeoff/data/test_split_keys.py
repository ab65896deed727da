"""Times and groups of any type."""

from datetime import time

import numpy as np
import pyarrow as pa
import pytest

from bakeoff.config import TrainingConfig
from bakeoff.data.prepare import check_dataset
from bakeoff.data.split_keys import to_groups, to_times
from bakeoff.errors import DataError
from tests.bakeoff.data.conftest import DAYS, table


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
@pytest.mark.parametrize(
    "times",
    [DAYS, DAYS.strftime("%Y-%m-%dT%H:%M:%SZ"), DAYS.strftime("%Y-%m-%d %H:%M"), np.arange(120) / 7, DAYS.date],
    ids=["timestamps", "text", "spaced", "numbers", "dates"],
)
def test_times_are_read_whatever_their_type(tmp_path, name, times):
    """Rows in any order of the file; the column is not learned from."""
    order = np.random.default_rng(0).permutation(120)
    dataset = table(tmp_path, name, when=np.asarray(times)[order])
    config = TrainingConfig.model_validate({"dataset": dataset, "split": {"by": "time", "column": "when"}})
    loaded, parts, _ = check_dataset(config)
    assert ["a"] == [feature.name for feature in loaded.features]
    assert list(range(84)) == order[parts["train"]].tolist()
    assert list(range(84, 108)) == sorted(order[parts["test"]].tolist())


@pytest.mark.parametrize(
    ("by", "column", "sentence"),
    [
        (
            "time",
            ["03/04/2026"] * 120,
            "holds '03/04/2026', which can be read day first and month first; set dataset.dates: {when: dmy}, or mdy",
        ),
        ("time", [None, *["2026-01-01"] * 119], "is missing in 1 of 120 rows (the first is row 0)"),
        ("time", [1, 2] * 60, "has 2 different times; training, test and hold-out rows need one each"),
        (
            "time",
            [1] * 84 + [2] * 24 + [3] * 12,
            "the training rows have 1 different times, and 5 folds by time need 6",
        ),
        ("time", ["now"] * 120, "holds 'now' in row 0: write times as numbers or dates"),
        ("time", [1.0, np.inf] * 60, "is infinite in row 1"),
        ("time", [time(1)] * 120, "holds time64[us]; give dates or numbers"),
        ("time", [[1]] * 120, "holds list<element: int64>; give plain values"),
        ("group", [np.nan, *[1.0] * 119], "is missing in 1 of 120 rows (the first is row 0)"),
        ("group", [[1]] * 120, "holds list<element: int64>; give plain values"),
        ("group", ["p", "q"] * 60, "has 2 groups; training, test and hold-out rows need one each"),
        ("group", ["p", "q", "r", "s"] * 30, "groups of 'when', fewer than the 5 folds"),
        ("group", [None, *["p"] * 119], "is missing in 1 of 120 rows (the first is row 0)"),
    ],
)
def test_a_column_that_cannot_be_followed_is_refused_by_a_sentence(tmp_path, by, column, sentence):
    """It names the column, what is in it, and what would do."""
    dataset = table(tmp_path, when=column)
    config = TrainingConfig.model_validate({"dataset": dataset, "split": {"by": by, "column": "when"}})
    with pytest.raises(DataError) as caught:
        check_dataset(config)
    assert sentence in str(caught.value)
    assert "'when'" in str(caught.value) or "training rows" in str(caught.value)


@pytest.mark.parametrize(
    "groups",
    [
        DAYS[:120].repeat(1),
        np.arange(120, dtype="uint64") + np.uint64(2**63),
        np.arange(120) / 7,
        [f"g{i}" for i in range(120)],
        np.arange(120) > 200,
    ],
    ids=["dates", "long numbers", "fractions", "text", "one group"],
)
def test_groups_are_read_whatever_their_type(groups):
    """And never taken for one another."""
    found = to_groups("when", pa.chunked_array([pa.array(groups)]))
    assert list(range(len(set(groups)))) == sorted(set(found.tolist()))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_keep_their_order_at_any_precision(unit):
    """Nothing is rounded, and nothing wraps."""
    ticks = [2**60, 5, 2**60 + 1, -3]
    found = to_times("when", pa.chunked_array([pa.array(ticks, pa.timestamp(unit))]))
    assert np.argsort(ticks).tolist() == np.argsort(found).tolist()
    assert len(set(ticks)) == len(set(found))
