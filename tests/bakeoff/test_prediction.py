"""Scoring a table: every row ends in predictions or in rejected, and a folder appears whole or not at all."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.columns import Feature
from bakeoff.config import PredictionConfig
from bakeoff.errors import DataError, IntegrityError, StoreError, UserError
from bakeoff.prediction import (
    check_input,
    conform,
    find_version,
    output_folder,
    publish_predictions,
    score_table,
    staged,
)
from tests.bakeoff.conftest import ORDERS, run_race

FEATURES = [Feature("n", "float64", "number"), Feature("g", "float64", "number", True)]
FEATURES += [Feature("b", "bool", "boolean"), Feature("t", "str", "category")]


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """A store with one model of the mixed-type example."""
    folder = tmp_path_factory.mktemp("orders")
    run_race(folder / "work", dataset=ORDERS).export(folder / "models")
    return folder / "models"


def predict(config):
    """The prediction flow's steps in plain calls; returns the folder."""
    check_input(config)
    output = output_folder(config)
    with staged(output) as folder:
        ref = find_version(config)
        return publish_predictions(config, ref, score_table(config, ref, folder), output)


def read(folder):
    return pd.read_parquet(folder / "predictions.parquet"), json.loads((folder / "summary.json").read_text())


def test_validation_rows_are_scored_by_default(orders, tmp_path):
    """Those of the version, evaluated since they have the target."""
    folder = predict(PredictionConfig(store=orders, output=str(tmp_path / "out")))
    predictions, summary = read(folder)
    assert {"predictions.parquet", "summary.json"} == {path.name for path in folder.iterdir()}
    assert (60, 60, 0) == (summary["rows"], summary["predicted"], summary["rejected"])
    assert list(range(60)) == predictions["row"].tolist()
    classes = ["exchanged", "kept", "returned"]
    shares = predictions[[f"probability_{name}" for name in classes]]
    np.testing.assert_allclose(1, shares.sum(axis=1))
    assert shares.idxmax(axis=1).str.removeprefix("probability_").tolist() == predictions["prediction"].tolist()
    truth = pd.read_parquet(orders / "classifier" / summary["version"] / "validation.parquet")["outcome"]
    assert (truth == predictions["prediction"]).mean() == pytest.approx(summary["evaluation"]["accuracy"])
    assert set(classes) >= set(summary["evaluation"]["report"])


def test_bad_rows_are_named_and_the_good_ones_scored(orders, tmp_path):
    """With row, column and reason; rows are counted from 0, without the header."""
    rows = pd.read_csv("examples/orders.csv", dtype=str, keep_default_na=False).head(6).drop(columns="outcome")
    rows.loc[1, "amount"] = "a lot"
    rows.loc[2, "amount"] = "inf"
    rows.loc[3, "items"] = ""
    rows.loc[4, "express"] = "maybe"
    rows.loc[5, ["region", "age"]] = ["atlantis", ""]
    rows.to_csv(tmp_path / "rows.csv", index=False)
    config = PredictionConfig(
        store=orders, input=str(tmp_path / "rows.csv"), output=str(tmp_path / "out"), keep=("order_id",)
    )
    folder = predict(config)
    predictions, summary = read(folder)
    assert [
        (1, "amount", "not a number: 'a lot'"),
        (2, "amount", "infinite"),
        (3, "items", "missing, and training saw no missing value here"),
        (4, "express", "not true or false: 'maybe'"),
    ] == list(pd.read_parquet(folder / "rejected.parquet").itertuples(index=False, name=None))
    assert [(0, "A10000"), (5, "A10005")] == list(predictions[["row", "order_id"]].itertuples(index=False, name=None))
    assert (6, 2, 4) == (summary["rows"], summary["predicted"], summary["rejected"])
    assert "evaluation" not in summary


def test_the_order_of_columns_and_others_beside_them_do_not_matter(orders, tmp_path):
    """The same predictions, whatever the file looks like."""
    rows = pd.read_csv("examples/orders.csv").head(50)
    rows.to_parquet(tmp_path / "a.parquet")
    rows[rows.columns[::-1]].assign(more=1).to_csv(tmp_path / "b.csv", index=False)
    a, b = (
        read(predict(PredictionConfig(store=orders, input=str(tmp_path / name), output=str(tmp_path / f"out-{name}"))))[
            0
        ]
        for name in ("a.parquet", "b.csv")
    )
    pd.testing.assert_frame_equal(a, b)


def test_csv_output_holds_the_same_figures(orders, tmp_path):
    """`format: csv`."""
    folder = predict(PredictionConfig(store=orders, output=str(tmp_path / "csv"), format="csv"))
    parquet, _ = read(predict(PredictionConfig(store=orders, output=str(tmp_path / "parquet"))))
    pd.testing.assert_frame_equal(parquet, pd.read_csv(folder / "predictions.csv"), check_dtype=False)


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"store": "nowhere"}, StoreError, "train first"),
        ({"version": "20200101T000000Z-00000"}, StoreError, "has no version"),
        ({"input": "nope.csv"}, DataError, "there is no file"),
        ({"keep": ("x",)}, DataError, r"there is no column 'x' \(to keep\)"),
        ({"output": "src"}, UserError, "output 'src' exists already"),
    ],
)
def test_mistakes_are_refused_before_anything_is_written(orders, tmp_path, monkeypatch, changes, error, sentence):
    """One sentence each."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(error, match=sentence):
        predict(PredictionConfig(**({"store": orders, "output": str(tmp_path / "out")} | changes)))
    assert before == sorted(tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("amount,items\n1,2\n", "there is no column 'region' (version "), ("amount\n", "has a header and no rows")],
)
def test_a_table_without_the_columns_or_rows_is_refused_whole(orders, tmp_path, text, sentence):
    """By the name of the first column that is missing."""
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        predict(PredictionConfig(store=orders, input=str(tmp_path / "rows.csv"), output=str(tmp_path / "out")))
    assert sentence in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_kept_column_cannot_hide_a_column_of_the_predictions(orders, tmp_path):
    """`row`, `prediction` and the probabilities keep their meaning."""
    pd.read_csv("examples/orders.csv").head(3).assign(prediction="mine").to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(DataError, match="a column called 'prediction' can't be kept"):
        predict(PredictionConfig(store=orders, input=str(tmp_path / "rows.csv"), keep=("prediction",)))


def test_a_run_that_fails_leaves_nothing(orders, tmp_path):
    """Neither the folder nor the one beside it."""
    config = PredictionConfig(store=orders, output=str(tmp_path / "out"))

    def fail_half_way():
        with staged(output_folder(config)) as folder:
            (folder / "predictions.parquet").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert [] == list(tmp_path.iterdir())


def test_a_changed_model_is_not_used(race, tmp_path):
    """Its digest is compared before it is opened."""
    version = race.export(tmp_path / "models")
    (version / "model.joblib").write_bytes(b"x")
    with pytest.raises(IntegrityError, match="model.joblib differs from its card"):
        predict(PredictionConfig(store=tmp_path / "models", output=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_whole_number_classes_are_met_as_numbers(race, tmp_path):
    """A target of 0.0, 1 and " 2" in a CSV is evaluated as 0, 1 and 2; a row without one is not evaluated."""
    version = race.export(tmp_path / "models")
    rows = pd.read_parquet(version / "validation.parquet").head(4)
    rows["target"] = ["", *(f" {label}.0" for label in rows["target"][1:])]
    rows.to_csv(tmp_path / "rows.csv", index=False)
    config = PredictionConfig(store=tmp_path / "models", input=str(tmp_path / "rows.csv"), output=str(tmp_path / "out"))
    predictions, summary = read(predict(config))
    assert 3 == summary["evaluation"]["rows"]
    assert "int64" == predictions["prediction"].dtype
    assert set(summary["evaluation"]["report"]) <= {"0", "1", "2", "3"}


cells = st.one_of(
    st.none(),
    st.text(max_size=4),
    st.integers(-5, 5).map(str),
    st.floats().map(str),
    st.sampled_from(["true", "FALSE", "NA", " 1 "]),
)


@given(st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=12))
@settings(deadline=None)
def test_any_table_of_text_is_told_apart_row_by_row(rows):
    """Each row is either named once or has features that a model can take: finite numbers, or gaps where allowed."""
    table = pa.table({name: pa.array(column, pa.string()) for name, column in zip("ngbt", zip(*rows))})
    X, rejected = conform(table, FEATURES)
    good = np.setdiff1d(np.arange(len(rows)), rejected["row"])
    assert len(rows) == len(good) + len(rejected)
    assert rejected["row"].is_unique
    assert np.isfinite(X.loc[good, ["n", "b"]].to_numpy(dtype=float)).all()
    assert not np.isinf(X.loc[good, "g"].to_numpy(dtype=float)).any()
    assert X.loc[good, "t"].notna().all()
    assert X.loc[good, "b"].isin([0.0, 1.0]).all()
    assert rejected["column"].isin(list("ngbt")).all()
