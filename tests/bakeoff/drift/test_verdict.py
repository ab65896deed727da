"""What is called drift: more than chance, at every number of rows, and enough to matter."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bakeoff.drift.counts import DriftCounter
from bakeoff.drift.profile import PredictionProfile
from bakeoff.drift.reference import make_profile
from bakeoff.drift.results import worst
from bakeoff.drift.text import describe_verdict
from bakeoff.drift.verdict import Labelled, judge_drift
from bakeoff.tables.cells import TEXT
from bakeoff.tables.schema import Feature

CLASSES = ("no", "yes")
PREDICTION = PredictionProfile([1400, 600], [0.7], [1000, 1000], [4500, 4500], [3000, 4400])


def rows_of(seed, count, shift=0.0, gaps=0.0):
    """Numbers, a rare 1 among zeros, a constant, a category, a boolean, a date, a text and an id."""
    generator = np.random.default_rng(seed)
    amount = generator.standard_normal(count) + shift
    return pd.DataFrame(
        {
            "amount": np.where(generator.random(count) < gaps, np.nan, amount),
            "fee": generator.lognormal(sigma=2, size=count),
            "rare": (generator.random(count) < 0.001).astype(float),
            "constant": np.full(count, 5.0),
            "region": generator.choice(["north", "south", "east"], count, p=[0.7, 0.29, 0.01]),
            "express": (generator.random(count) < 0.3).astype(float),
            "ordered": pd.Timestamp("2026-01-01") + pd.to_timedelta(seed * 100 + np.arange(count), "D"),
            "note": [("word " * length) for length in generator.integers(1, 30, count)],
            "id": [f"{seed}-{row}" for row in range(count)],
        }
    ).astype({"region": TEXT, "note": TEXT, "id": TEXT})


KINDS = {"region": "category", "id": "category", "express": "boolean", "ordered": "datetime", "note": "text"}


@pytest.fixture(scope="module")
def counter():
    """The profile of 7,000 rows."""
    X = rows_of(0, 7000)
    features = [Feature(name, "", KINDS.get(name, "number")).with_training_values(X[name]) for name in X]
    return DriftCounter(make_profile(X, features, PREDICTION), features)


def judge(counter, X, yes=0.3, labelled=None, trained_on=False):
    """The drift of rows, of which a share is predicted `yes`."""
    codes = (np.arange(len(X)) < yes * len(X)).astype(int)
    confidence = np.where(np.arange(len(X)) % 2, 0.6, 0.9)
    shares = np.column_stack([confidence, confidence])
    return judge_drift(counter, counter.count(X, codes, shares), CLASSES, labelled, trained_on=trained_on)


@pytest.mark.parametrize("count", [1, 20, 300, 5000, 30_000])
def test_rows_of_the_same_source_are_stable(counter, count):
    """Few or many; later dates, new ids, and rows with rare values are no drift."""
    for seed in range(1, 6):
        assert "stable" == judge(counter, rows_of(seed, count), 0.3 if count > 1 else 1.0).verdict


def test_predictions_for_training_rows_are_no_drift(counter):
    """They are surer than others, and none of their ids is new; columns that have moved are drift all the same."""
    surer = judge(counter, rows_of(0, 7000), 0.6)
    assert ("drifted", "drifted") == (surer.verdict, surer.classes.verdict)
    known = judge(counter, rows_of(0, 7000), 0.6, trained_on=True)
    assert ("stable", "stable", True) == (known.verdict, known.classes.verdict, known.to_dict()["trained_on"])
    assert "(by their columns alone, since training rows are among them)" in describe_verdict(known.to_dict())
    assert ["amount"] == list(judge(counter, rows_of(1, 7000, 0.3), trained_on=True).moved)


@pytest.mark.parametrize(("count", "shift"), [(100, 0.6), (1000, 0.22), (10_000, 0.1)])
def test_a_shift_is_found_with_the_column_that_moved(counter, count, shift):
    """The more rows, the smaller the shift that is told from chance."""
    drift = judge(counter, rows_of(1, count, shift))
    assert ["amount"] == list(drift.moved)
    assert "amount" == next(iter(drift.columns))
    assert pytest.approx(shift, abs=0.2 if count == 100 else 0.07) == drift.columns["amount"].size
    assert drift.columns["amount"].size > drift.columns["amount"].noise


def test_a_shift_that_is_too_small_to_matter_is_none_however_many_rows(counter):
    """0.03 standard deviations, far beyond chance with so many rows of training."""
    X = rows_of(1, 30_000)
    generator = np.random.default_rng(0)
    reference = pd.DataFrame({"amount": generator.standard_normal(100_000)})
    feature = Feature("amount", "", "number").with_training_values(reference["amount"])
    large = DriftCounter(make_profile(reference, [feature], PREDICTION), [feature])
    drift = judge(large, pd.DataFrame({"amount": X["amount"] + 0.035}))
    assert "stable" == drift.verdict
    assert drift.columns["amount"].size > drift.columns["amount"].noise


def change(**columns):
    """Two thousand rows in which columns are replaced."""
    X = rows_of(2, 2000)
    for name, value in columns.items():
        X[name] = value(X[name]) if callable(value) else value
    return X


@pytest.mark.parametrize(
    ("column", "change_cells", "measure"),
    [
        ("amount", lambda cells: cells * 1.6, "wasserstein"),
        ("amount", lambda cells: cells.mask(cells.index % 4 == 0), "missing"),
        ("amount", lambda cells: cells * np.nan, "missing"),
        ("fee", lambda cells: cells * 2, "wasserstein"),
        ("rare", lambda cells: (cells.index % 10 == 0) * 1.0, "wasserstein"),
        ("constant", lambda cells: cells.where(cells.index % 5 > 0, 6.0), "wasserstein"),
        ("region", lambda cells: cells.where(cells.index % 3 > 0, "east"), "jensen_shannon"),
        ("region", lambda cells: cells.where(cells.index % 5 > 0, "west"), "jensen_shannon"),
        ("express", lambda cells: 1 - cells, "jensen_shannon"),
        ("note", lambda cells: cells + cells, "wasserstein"),
        ("id", lambda _: "0-1", "jensen_shannon"),
        ("ordered", lambda cells: cells.mask(cells.index % 4 == 0), "missing"),
    ],
)
def test_each_kind_of_column_is_seen_to_drift(counter, column, change_cells, measure):
    """By its values or by its gaps, and no other column with it."""
    drift = judge(counter, change(**{column: change_cells}))
    assert ("drifted", [column], measure) == (drift.verdict, list(drift.moved), drift.columns[column].measure)


def test_predictions_that_shift_are_seen_where_no_column_does(counter):
    """Their shares stand beside those of the test rows."""
    drift = judge(counter, rows_of(3, 2000), yes=0.05)
    assert ("drifted", {}) == (drift.verdict, drift.moved)
    assert ("drifted", (0.7, 0.3), (0.95, 0.05)) == (
        drift.classes.verdict,
        drift.classes.training,
        drift.classes.now,
    )


@pytest.mark.parametrize(
    ("right", "rows_alone", "verdict"),
    [
        (1840, True, "stable"),
        (1790, True, "watch"),
        (1600, True, "drifted"),
        (1600, False, None),
        (2000, True, "stable"),
    ],
)
def test_a_loss_of_accuracy_is_drift_where_labels_tell_it(counter, right, rows_alone, verdict):
    """Beyond chance, of 2,000 rows against 0.93 on the test rows; where rows belong to groups chance can't be told."""
    drift = judge(counter, rows_of(4, 2000), labelled=Labelled(2000, right, 2000, 0.93, rows_alone))
    assert (verdict, verdict or "stable") == (drift.accuracy.verdict, drift.verdict)
    assert pytest.approx(right / 2000) == drift.accuracy.value
    assert drift.accuracy.interval[0] <= drift.accuracy.value <= drift.accuracy.interval[1]


def test_the_entry_of_the_summary_is_json_with_the_columns_in_the_order_of_their_size(counter):
    """Every figure a number, or null."""
    labelled = Labelled(900, 800, 2000, 0.93, True)
    entry = json.loads(json.dumps(judge(counter, rows_of(1, 1000, 0.5), labelled=labelled).to_dict(), allow_nan=False))
    assert ["verdict", "rows", "training_rows", "trained_on"] == [*entry][:4]
    assert ["columns", "prediction", "estimated_accuracy", "accuracy"] == [*entry][4:]
    sizes = [column["size"] for column in entry["columns"].values()]
    assert (sorted(sizes, reverse=True), 9) == (sizes, len(sizes))
    assert {"verdict", "size", "noise", "measure", "classes", "confidence"} == set(entry["prediction"])
    assert {"kind", "verdict", "size", "noise", "measure", "missing"} == set(entry["columns"]["amount"])
    assert {"value", "interval", "held_out", "reason", "outside"} == set(entry["estimated_accuracy"])


def test_predictions_of_a_single_class_are_shown_as_such(counter):
    """A share of 1 in training and now."""
    counter = DriftCounter(replace(counter.profile, prediction=PredictionProfile([900, 0], [], [], [], [])), [])
    drift = judge_drift(counter, counter.count(rows_of(1, 50), np.zeros(50, dtype=int), None), CLASSES)
    assert ("stable", (1.0, 0.0), (1.0, 0.0)) == (drift.classes.verdict, drift.classes.training, drift.classes.now)


def test_the_worst_verdict_is_the_verdict():
    """Of none it is stable."""
    assert ["stable", "watch", "drifted"] == [worst([]), worst(["watch", "stable"]), worst(["drifted", "watch"])]
