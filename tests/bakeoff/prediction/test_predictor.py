"""A saved version for code."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import bakeoff
from bakeoff.errors import DataError, IntegrityError, UserError
from tests.bakeoff.conftest import predict


@pytest.fixture
def rows():
    return pd.read_csv("examples/orders.csv").head(6)


def test_predictions_and_rejected_rows_come_as_frames(orders, rows):
    """With the table's own index, and each row in one of the two."""
    rows.index = list("abcdef")
    rows = rows.astype({"amount": object})
    rows.loc["b", "amount"] = "a lot"
    rows.loc["c", "amount"] = " 12.5 "
    rows.loc["d", "region"] = "atlantis"
    rows.loc["e", "items"] = 10**6
    predictions, rejected = bakeoff.load("classifier", store=orders).predict(rows, keep=["order_id"])
    assert list("acdef") == list(predictions.index)
    assert [0, 2, 3, 4, 5] == predictions["row"].tolist()
    assert ["A10000", "A10002"] == predictions["order_id"].tolist()[:2]
    assert ["", "", "unseen:region", "out_of_range:items", ""] == predictions.warnings.fillna("").tolist()
    shares = predictions.filter(like="probability_")
    np.testing.assert_allclose(1, shares.sum(axis=1))
    assert [("b", 1, "amount", "a lot", "not a number: 'a lot'")] == list(rejected.itertuples(name=None))


def test_the_card_is_the_content_of_its_file(orders):
    model = bakeoff.load("classifier", store=orders)
    assert json.loads((orders / "classifier" / model.version / "card.json").read_text()) == model.card


def test_code_and_flow_say_the_same(orders, rows, tmp_path):
    """Of the same rows."""
    rows.to_parquet(tmp_path / "rows.parquet")
    folder = predict(store=orders, input=str(tmp_path / "rows.parquet"), output=str(tmp_path / "out"))
    predictions, _ = bakeoff.load(store=orders).predict(rows)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "predictions.parquet"), predictions)


def test_odd_rows_are_treated_as_asked(orders, rows):
    """Flagged, rejected or accepted."""
    rows.loc[1, "region"] = "atlantis"
    rows.loc[2, "amount"] = 1e6
    model = bakeoff.load(store=orders)
    assert [1, 2] == model.predict(rows, on_unseen="reject", on_out_of_range="reject").rejected["row"].tolist()
    assert model.predict(rows, on_unseen="accept", on_out_of_range="accept").predictions.warnings.isna().all()
    assert [2] == model.predict(rows, on_unseen="accept", range_margin=1).predictions.warnings.dropna().index.tolist()
    assert model.predict(rows, range_margin=1e6).predictions.warnings.dropna().index.tolist() == [1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"on_unseen": "ignore"}, "on_unseen is ignore"),
        ({"on_out_of_range": "Flag"}, "on_out_of_range is Flag"),
        ({"range_margin": -1}, "range_margin is -1"),
        ({"range_margin": float("nan")}, "range_margin is nan"),
        ({"keep": "order_id"}, r"keep is a list of columns: write keep=\['order_id'\]"),
    ],
)
def test_options_that_there_are_not_are_refused(orders, rows, options, sentence):
    with pytest.raises(UserError, match=sentence):
        bakeoff.load(store=orders).predict(rows, **options)


def test_a_long_table_is_numbered_through(orders, rows, monkeypatch):
    """Also where it is scored in parts."""
    monkeypatch.setattr("bakeoff.prediction.predictor.STEP", 4)
    rows.loc[[1, 5], "amount"] = np.inf
    predictions, rejected = bakeoff.load(store=orders).predict(rows)
    assert ([0, 2, 3, 4], [1, 5]) == (predictions["row"].tolist(), rejected["row"].tolist())


def test_no_rows_give_no_rows(orders, rows):
    """With the same columns."""
    model = bakeoff.load(store=orders)
    predictions, rejected = model.predict(rows.head(0))
    assert list(model.predict(rows).predictions.columns) == list(predictions.columns)
    assert (0, 0) == (len(predictions), len(rejected))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: rows.drop(columns="amount"), "there is no column 'amount' (version "),
        (lambda rows: rows.rename(columns={"amount": "Amount"}), "did you mean 'Amount'?"),
        (lambda rows: pd.concat([rows, rows[["amount"]]], axis=1), "more than one column named 'amount'"),
        (lambda rows: rows.assign(amount=pd.Timestamp(0)), "column 'amount' holds timestamp"),
        (lambda rows: rows.to_dict(), "takes a data frame of pandas, Polars or Arrow, not dict"),
    ],
)
def test_a_table_that_cannot_be_scored_is_refused_in_a_line(orders, rows, change, sentence):
    with pytest.raises(DataError) as caught:
        bakeoff.load(store=orders).predict(change(rows))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_version_is_refused_in_a_line(orders):
    for wrong in ({"name": "nope"}, {"version": "20200101T000000Z-00000"}, {"name": "../x"}, {"store": "nowhere"}):
        with pytest.raises(UserError):
            bakeoff.load(**({"store": orders} | wrong))


def test_a_changed_version_is_not_opened(race, root):
    version = race.export(root)
    (version / "model.joblib").write_bytes(b"x")
    with pytest.raises(IntegrityError, match="differs from its card"):
        bakeoff.load(store=root)


def test_importing_the_package_is_quick():
    """Nothing is imported before it is needed, and Prefect never is."""
    code = "import sys, bakeoff; print(sorted({'numpy', 'pandas', 'sklearn', 'prefect', 'pyarrow'} & set(sys.modules)))"
    assert "[]\n" == subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_prediction_needs_no_prefect(orders):
    """Not even by the way."""
    code = (
        "import sys, pandas, bakeoff\n"
        f"bakeoff.load(store={str(orders)!r}).predict(pandas.read_csv('examples/orders.csv'))\n"
        "print('prefect' in sys.modules)"
    )
    assert "False\n" == subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_numbers_are_converted_together_whatever_holds_them(version, monkeypatch):
    """Columns of numpy's numbers and booleans without a Series each; those of pandas' own types to the same values."""
    model = bakeoff.load(version.parent.name, store=version.parent.parent)
    plain = pd.DataFrame({name: [0, 1, 1] for name in model.features})
    plain = plain.astype(dict(zip(model.features, ["float64", "float32", "bool", "int8"])))
    plain.iloc[0, 0] = 0.25
    of_pandas = model.predict(plain.astype("Float64")).predictions
    of_text = model.predict(plain.astype(float).astype(str)).predictions
    monkeypatch.setattr("bakeoff.prediction.predictor.to_column", lambda _: pytest.fail("a column by itself"))
    expected = model.predict(plain).predictions
    pd.testing.assert_frame_equal(expected, of_pandas)
    pd.testing.assert_frame_equal(expected, of_text)
