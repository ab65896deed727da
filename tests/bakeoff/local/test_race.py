"""`bakeoff.race`: from a data frame to an exported version, in Python."""

import gc
import os
import pickle
import tempfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import bakeoff
from bakeoff.errors import ConfigError, DataError
from bakeoff.local.race import FRAME

FEW = {"logistic_regression": {}, "mine": {"class": "sklearn.tree.DecisionTreeClassifier", "max_depth": 3}}


@pytest.fixture(scope="module")
def orders():
    return pd.read_csv("examples/orders.csv").drop(columns=["order_id", "ordered_on"])


@pytest.fixture(scope="module")
def race(orders):
    return bakeoff.race(orders, target="outcome", classifiers=FEW, split={"random_state": 1})


def test_a_race_tells_who_won_and_why(race, orders):
    """As the card does, which is there whole."""
    assert race.winner in FEW
    assert race.card["selection"]["why"] == race.why
    assert {"baseline", *FEW} == set(race.leaderboard["classifier"])
    assert "kept" == race.baseline["answer"]
    assert {"exchanged", "kept", "returned"} >= set(race.pipeline.predict(orders.drop(columns="outcome").head(20)))
    assert race.winner.replace("_", " ") in repr(race)


def test_a_notebook_shows_the_leaderboard(race):
    """And the reason, escaped."""
    shown = race._repr_html_()
    assert "<table" in shown
    assert "logistic_regression" in shown
    assert f"on {race.card['rows']['test']} test rows" in shown


def test_the_report_is_that_of_a_version(race, tmp_path):
    """Returned, and written where it is wanted."""
    page = race.report(tmp_path / "report.html")
    assert page == (tmp_path / "report.html").read_text()
    assert "<h2" in page
    assert "models" == race.card["config"]["store"]
    assert "bakeoff-race-" not in page
    assert "bakeoff-race-" not in str(race.card)


def test_an_exported_race_is_a_version_like_any_other(race, orders, tmp_path):
    """With the same model, and found by `bakeoff.load`; a second one meets the champion."""
    first, second = (race.export(tmp_path / "models", name="orders") for _ in range(2))
    model = bakeoff.load("orders", store=tmp_path / "models")
    assert first.name == model.version
    assert second.name != first.name
    assert race.card["files"]["model.joblib"] == model.card["files"]["model.joblib"]
    rows = orders.drop(columns="outcome").head(30)
    assert race.pipeline.predict(rows).tolist() == model.predict(rows).predictions["prediction"].tolist()


def test_rows_of_other_libraries_give_the_same_race(race, orders):
    """What exports Arrow's C stream, as Polars does; pandas' index is not read."""

    class Frame:
        def __init__(self, table):
            self.table = table

        def __arrow_c_stream__(self, requested_schema=None):
            return self.table.__arrow_c_stream__(requested_schema)

    table = pa.Table.from_pandas(orders, preserve_index=False)
    for frame in (Frame(table), table, orders.set_axis(range(7, 7 + len(orders)))):
        again = bakeoff.race(frame, target="outcome", classifiers=FEW, split={"random_state": 1})
        assert race.card["files"]["model.joblib"] == again.card["files"]["model.joblib"]
        assert race.card["data_sha256"] == again.card["data_sha256"]


def test_its_files_go_with_the_race(orders):
    """Nothing is left in the temporary folder."""
    race = bakeoff.race(orders, target="outcome", classifiers={"logistic_regression": {}})
    folder = race._version
    assert folder.exists()
    del race
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ([1, "a"] * 300, "category"),
        ([10**30, 1] * 300, "category"),
        (pd.arrays.SparseArray([0.0, 1.5] * 300), "number"),
        (pd.interval_range(0, 2).take([0, 1] * 300), "category"),
        (pd.cut([0.5, 1.5] * 300, [0, 1, 2]), "category"),
        (pd.period_range("2020", periods=600, freq="D"), "datetime"),
        (pd.array([True, None] * 300, dtype="boolean"), "boolean"),
        (np.arange(600, dtype=np.longdouble), "number"),
    ],
)
def test_a_column_of_any_values_is_learned_from(column, kind):
    """As from a file: what is no number, boolean or date is text; and rows like them can be predicted."""
    frame = pd.DataFrame({"x": np.arange(600) % 7, "column": column, "y": ["a", "b", "c"] * 200})
    hints = {"categories": ["column"]} if kind == "category" else {}
    race = bakeoff.race(frame, "y", classifiers={"logistic_regression": {}}, dataset=hints)
    assert kind == race.card["features"][1]["kind"]
    assert FRAME == race.card["config"]["dataset"]["path"]
    with tempfile.TemporaryDirectory() as store:
        race.export(store)
        assert 0 == len(bakeoff.load(store=store).predict(frame).rejected)


def test_an_ignored_column_may_hold_anything(orders):
    """It is not learned from."""
    odd = orders.assign(odd=[object()] * len(orders))
    config = {"target": "outcome", "classifiers": {"logistic_regression": {}}}
    race = bakeoff.race(odd, dataset={"ignore": ["odd"]}, **config)
    assert "odd" not in [feature["name"] for feature in race.card["features"]]
    with pytest.raises(DataError, match=r"column 'odd' holds .*, or name it in dataset.ignore"):
        bakeoff.race(odd, **config)


def test_a_closed_race_says_so(orders, tmp_path):
    """A copy has no files of its own, so there is none; a forked process doesn't remove its parent's files."""
    race = bakeoff.race(orders, target="outcome", classifiers={"logistic_regression": {}})
    with pytest.raises(TypeError, match="export it, or pickle its pipeline"):
        pickle.dumps(race)
    if not (child := os.fork()):
        race.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert race.report()
    assert race.export(tmp_path / "models").exists()
    race.close()
    for use in (race.report, race.export, lambda: race.pipeline):
        with pytest.raises(ConfigError, match="the race is closed"):
            use()


class _Broken:
    def __arrow_c_stream__(self, requested_schema=None):
        raise RuntimeError("no rows today")


INTERVALS = pa.array([(1, 2, 3)], pa.month_day_nano_interval())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"frame": pd.Series([1.0], name="outcome")}, DataError, "Series"),
        ({"frame": _Broken()}, DataError, "a _Broken can't be read as a table: no rows today"),
        ({"frame": pa.table({"a": INTERVALS})}, DataError, "the frame has a column of a type that can't be used"),
        ({"frame": pd.DataFrame({0: [1], "0": [2]})}, DataError, "more than one column named '0'"),
        ({"frame": pd.DataFrame({"a": [], "outcome": []})}, DataError, "the frame has columns and no rows"),
        ({"frame": {"a": [1]}}, DataError, "race takes a data frame of pandas, Polars or Arrow, not dict"),
        ({"target": "nothing"}, DataError, "nothing"),
        ({"store": "models"}, ConfigError, "race exports nothing by itself: give store and name to its export"),
        ({"dataset": {"path": "rows.csv"}}, ConfigError, "the rows and the target as its first arguments, not path of"),
        ({"classifier": {}}, ConfigError, "classifier"),
        ({"runner": "dask", "dask": {"address": "tcp://a:1"}}, ConfigError, "runner: dask needs Prefect"),
    ],
)
def test_a_mistake_is_one_line(orders, arguments, error, message):
    """Of the library's own errors."""
    with pytest.raises(error, match=message) as caught:
        bakeoff.race(**{"frame": orders, "target": "outcome", **arguments})
    assert "\n" not in str(caught.value)


def test_an_export_takes_only_what_concerns_it(race, tmp_path):
    """The race is over."""
    with pytest.raises(ConfigError, match="export takes store, name, promotion and signing, not classifiers"):
        race.export(tmp_path / "models", classifiers={})


def test_a_loaded_version_gives_probabilities_and_its_pipeline(race, orders, tmp_path):
    """A row that is rejected has none."""
    race.export(tmp_path / "models")
    model = bakeoff.load(store=tmp_path / "models")
    rows = orders.drop(columns="outcome").head(5).astype({"amount": object}).set_axis(list("abcde"))
    rows.loc["b", "amount"] = "much"
    found = model.predict_proba(rows)
    assert list("abcde") == found.index.tolist()
    assert ["exchanged", "kept", "returned"] == found.columns.tolist()
    assert [False, True, False, False, False] == found.isna().all(axis=1).tolist()
    assert found.drop("b").sum(axis=1).tolist() == pytest.approx([1, 1, 1, 1])
    few = orders.head(5)
    assert model.pipeline.predict(few).tolist() == model.predict(few).predictions["prediction"].tolist()


def test_the_version_of_the_package_is_told():
    """As the installed metadata says."""
    from importlib.metadata import version

    assert version("bakeoff") == bakeoff.__version__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bakeoff.nothing
