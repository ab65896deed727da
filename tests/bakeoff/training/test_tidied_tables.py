"""A table as people have them goes through training and prediction, and what was done to it is said everywhere."""

import json
import logging
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from forging import read_card

from bakeoff.cli.terminal import render_card
from bakeoff.report.version_markdown import render_markdown
from tests.bakeoff.conftest import predict, run_race

ROWS = np.arange(300)
LOAD = """
import sys
import bakeoff, pandas as pd
model = bakeoff.load("classifier", store=sys.argv[1])
print(*model.predict(pd.read_csv(sys.argv[2], dtype=str))[0]["prediction"])
"""


def write(path):
    """Write rows whose class follows a date, an amount and a text; every tenth has no class."""
    rng = np.random.default_rng(0)
    days = pd.to_datetime("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 300), unit="D")
    late = days > pd.Timestamp("2024-06-01")
    pd.DataFrame(
        {
            "Unnamed: 0": ROWS,
            "when": days.strftime("%d/%m/%Y"),
            "amount": [f"${value:,}" for value in rng.integers(500, 5000, 300)],
            "share": np.where(ROWS % 7 == 0, "?", [f"{value}%" for value in rng.integers(0, 100, 300)]),
            "note": [f"the {'late' if flag else 'early'} order of customer {row}" for row, flag in zip(ROWS, late)],
            "y": np.where(ROWS % 10 == 0, "", np.where(late, "late", "early")),
        }
    ).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A version of such a table, and the table."""
    folder = tmp_path_factory.mktemp("tidied")
    path = write(folder / "rows.csv")
    dataset = {"source": "file", "path": str(path), "target": "y", "text": ["note"]}
    race = run_race(folder / "work", dataset=dataset)
    return race.export(folder / "models"), path


def test_what_was_done_is_in_the_card_and_shown_everywhere(trained):
    """Card, page in markdown, report and terminal have the same lines."""
    version, _ = trained
    card = read_card(version)
    assert [
        "30 of 300 rows are left out, since the target 'y' is missing",
        "left out, since they count or name the rows: 'Unnamed: 0'; dataset.numbers (for text, categories): "
        '["Unnamed: 0"] learns from it',
        "read as dates, whose year, month, day and so on are learned from: 'when' (day first); dataset.categories: "
        "[when] learns from them as text",
        "read as numbers or dates in which some cells are missing: 'share' ('?' in 38 of 270 rows)",
        "read as numbers with thousands separators: 'amount'",
    ] == card.tidied
    page = (version / "report.html").read_text()
    assert "What was done to the table" in page
    assert "30 of 300 rows are left out" in page
    assert "## What was done to the table\n\n- 30 of 300 rows are left out" in render_markdown(card, "models/x")
    assert "What was done to the table:\n  30 of 300 rows are left out" in render_card(card)


def test_all_rows_are_scored_also_those_without_a_class(trained, tmp_path):
    """The table that was trained on is one to predict, with the columns that were left out or without."""
    version, path = trained
    out = predict(store=version.parents[1], version="latest", input=str(path), output=str(tmp_path / "out"))
    summary, predictions = json.loads((out / "summary.json").read_text()), pd.read_parquet(out / "predictions.parquet")
    assert (300, 300, 0) == (summary["rows"], summary["predicted"], summary["rejected"])
    assert predictions["warnings"].isna().all()
    truth = pd.read_csv(path)["y"]
    assert (predictions["prediction"] == truth)[truth.notna()].mean() > 0.95


def test_the_versions_validation_rows_are_scored_whole(trained, tmp_path):
    """They are stored as they were learned from, dates included."""
    version, _ = trained
    out = predict(store=version.parents[1], version="latest", output=str(tmp_path / "out"))
    summary = json.loads((out / "summary.json").read_text())
    assert summary["rows"] == summary["predicted"] > 0


def test_odd_cells_cost_their_rows_and_gaps_are_flagged(trained, tmp_path):
    """As the card's formats say; `on_missing: reject` rejects the gaps."""
    version, path = trained
    rows = pd.read_csv(path, dtype=str).head(5).drop(columns=["Unnamed: 0", "y"])
    rows.loc[0, "when"], rows.loc[1, "when"] = "soon", np.nan
    rows.loc[2, "share"], rows.loc[3, "when"] = "50", "2024-02-03"
    rows.to_csv(tmp_path / "new.csv", index=False)
    config = {"store": version.parents[1], "version": "latest", "input": str(tmp_path / "new.csv")}
    out = predict(**config, output=str(tmp_path / "out"))
    rejected = pd.read_parquet(out / "rejected.parquet")
    assert [(0, "not a date: 'soon'"), (2, "not a number: '50'")] == list(zip(rejected["row"], rejected["reason"]))
    flags = pd.read_parquet(out / "predictions.parquet").set_index("row")["warnings"]
    assert "missing:when" == flags[1]
    assert flags.drop(1).isna().all()
    strict = predict(**config, on_missing="reject", output=str(tmp_path / "strict"))
    assert [0, 1, 2] == pd.read_parquet(strict / "rejected.parquet")["row"].tolist()


def test_a_saved_model_predicts_the_same_in_a_fresh_process(trained, tmp_path):
    """Dates and text are part of the Pipeline."""
    version, path = trained
    out = predict(store=version.parents[1], version="latest", input=str(path), output=str(tmp_path / "out"))
    expected = pd.read_parquet(out / "predictions.parquet")["prediction"].tolist()
    command = [sys.executable, "-c", LOAD, str(version.parents[1]), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert expected == done.stdout.split()


def test_rare_classes_go_through_training_and_prediction(tmp_path, caplog):
    """Also one that test and validation rows lack; the log has each line once."""
    caplog.set_level(logging.INFO)
    y = np.array(["u", "v"])[ROWS % 2].astype(object)
    y[:3], y[3] = "rare", "single"
    path = tmp_path / "rows.csv"
    pd.DataFrame({"a": np.random.default_rng(0).normal(size=300) + ROWS % 2, "y": y}).to_csv(path, index=False)
    race = run_race(tmp_path / "work", dataset={"source": "file", "path": str(path), "target": "y"})
    assert 2 <= race.config.cross_validation.folds <= 3
    card = read_card(race.export(tmp_path / "models"))
    assert ["rare", "u", "v"] == card.classes
    assert ["1 row is left out", "cross_validation.folds"] == [card.tidied[0][:17], card.tidied[1][:22]]
    assert [1, 1] == [caplog.messages.count(f"tidied: {line}") for line in card.tidied]
    out = predict(store=tmp_path / "models", version="latest", input=str(path), output=str(tmp_path / "out"))
    summary = json.loads((out / "summary.json").read_text())
    assert (300, 1) == (summary["predicted"], summary["evaluation"]["unknown_class"])
