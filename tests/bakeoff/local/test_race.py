"""`bakeoff.race`: from a data frame to an exported version, in Python."""

import gc

import pandas as pd
import pyarrow as pa
import pytest

import bakeoff
from bakeoff.errors import ConfigError, DataError

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
    ("arguments", "error", "message"),
    [
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
