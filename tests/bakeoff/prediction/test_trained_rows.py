"""An evaluation on rows that the version was trained on is said to be too good; one on new rows isn't."""

import json

import numpy as np
import pandas as pd
import pytest

from bakeoff.report.prediction_summary import show_prediction
from tests.bakeoff.conftest import predict, run_race

SENTENCE = "The version was trained on {:,} of the {:,} rows with a class that were looked up ({:.1f} %)"


def rows(n_rows: int, seed: int = 0, values: int | None = None) -> pd.DataFrame:
    """Rows of numbers, text and gaps; of numbers that differ, or of so many values."""
    rng = np.random.RandomState(seed)
    y = rng.choice(["kept", "returned"], n_rows)
    amount = (y == "kept") + rng.randn(n_rows) if values is None else rng.randint(values, size=n_rows)
    region = pd.Series(rng.choice(["north", "south"], n_rows)).mask(rng.rand(n_rows) < 0.2)
    return pd.DataFrame({"amount": amount, "region": region, "y": y})


def train(folder, frame: pd.DataFrame, **values):
    """Train on a file of these rows; returns the store."""
    frame.to_csv(folder / "rows.csv", index=False)
    dataset = {"source": "file", "path": str(folder / "rows.csv"), "target": "y"}
    run_race(folder, dataset=dataset, **values).export(folder / "models")
    return folder / "models"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A version trained on 210 of 300 rows."""
    return train(tmp_path_factory.mktemp("trained"), rows(300))


def evaluate(store, frame: pd.DataFrame, folder) -> dict:
    """Predict these rows; returns the summary."""
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / "asked.csv", index=False)
    output = predict(store=store, input=str(folder / "asked.csv"), output=str(folder / "out"))
    return json.loads((output / "summary.json").read_text("utf-8"))


@pytest.mark.parametrize("fresh", [0, 3000])
def test_rows_of_training_are_counted(store, fresh, tmp_path, caplog):
    """Wherever in the table they are, in summary, log, report and on the terminal; of many rows some are looked up."""
    table = pd.concat([rows(fresh, seed=1), rows(300)]) if fresh else rows(300)
    summary = evaluate(store, table, tmp_path)
    looked_up, found = summary["trained_on"]["looked_up"], summary["trained_on"]["found"]
    assert (300, 210) == (looked_up, found) if not fresh else 70 <= found <= 140
    said = SENTENCE.format(found, looked_up, 100 * found / looked_up)
    assert said in caplog.text
    assert said in show_prediction(str(tmp_path / "out"))
    assert said in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_training_rows_are_no_drift(tmp_path):
    """A forest is far surer of them than of the held-out rows of its profile, and no name among them is new."""
    frame = rows(2000).assign(name=[f"name {row // 2}" for row in range(2000)])
    drift = evaluate(train(tmp_path, frame, classifiers={"random_forest": {}}), frame, tmp_path)["drift"]
    assert ("stable", True) == (drift["verdict"], drift["trained_on"])


def test_a_few_training_rows_hide_no_drift(store, tmp_path):
    """They are counted, and move confidence too little to be taken for drift."""
    summary = evaluate(store, pd.concat([rows(6000, seed=1), rows(300)]), tmp_path)
    assert 0 < summary["trained_on"]["found"] < 0.05 * summary["trained_on"]["looked_up"]
    assert not summary["drift"]["trained_on"]


def test_training_rows_without_a_class_are_no_drift(tmp_path, caplog):
    """They are looked up as well, but nothing is said of an evaluation, and no accuracy is estimated from them."""
    store, frame = train(tmp_path, rows(2000), classifiers={"random_forest": {}}), rows(2000).drop(columns="y")
    summary = evaluate(store, frame, tmp_path)
    drift = summary["drift"]
    assert ("stable", True) == (drift["verdict"], drift["trained_on"])
    assert {"looked_up": 2000, "found": 1400} == summary["trained_on"]
    assert (None, "training rows") == (drift["estimated_accuracy"]["value"], drift["estimated_accuracy"]["reason"])
    assert "was trained on 1,400 of the 2,000 rows that were looked up (70.0 %): its predictions for" in caplog.text
    assert "evaluation" not in caplog.text
    fresh = rows(2000, seed=1).drop(columns="y")
    assert evaluate(store, fresh, tmp_path / "fresh")["drift"]["estimated_accuracy"]["value"] is not None


def test_new_rows_are_not_warned_of(store, tmp_path, caplog):
    """Nor the version's own validation rows, nor a row or two that are in both."""
    for name, frame in {
        "new": rows(300, seed=1),
        "unlabelled": rows(300, seed=1).drop(columns="y"),
        "one": pd.concat([rows(300, seed=1), rows(2)]),
    }.items():
        assert "trained_on" not in evaluate(store, frame, tmp_path / name)
    folder = predict(store=store, output=str(tmp_path / "validation"))
    assert "trained_on" not in json.loads((folder / "summary.json").read_text("utf-8"))
    assert "was trained on" not in caplog.text


def test_rows_that_are_alike_by_nature_are_not_warned_of(tmp_path):
    """New rows equal those of training where a table has few different ones."""
    store = train(tmp_path, rows(300, values=4))
    assert "trained_on" not in evaluate(store, rows(300, seed=1, values=4), tmp_path)
