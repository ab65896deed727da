"""A prediction run compares its rows with the version's profile, in the same pass."""

import json

import pandas as pd
import pytest

from bakeoff.config import PredictionConfig
from bakeoff.errors import DriftError, StoreError
from bakeoff.prediction.drift_check import require_undrifted
from bakeoff.prediction.preflight import check_prediction
from bakeoff.report.prediction_summary import render_summary, show_prediction
from tests.bakeoff.conftest import predict, run_race

ROWS = pd.read_csv("examples/orders.csv")


def write(path, rows):
    """Write a CSV; returns its path as text."""
    rows.to_csv(path, index=False)
    return str(path)


def summary_of(folder):
    """The content of summary.json."""
    return json.loads((folder / "summary.json").read_text())


def moved_rows():
    """Amounts grow by three fifths, and the channel is always the same; without labels."""
    return ROWS.assign(amount=ROWS["amount"] * 1.6, channel="phone").drop(columns="outcome")


def test_rows_that_have_moved_are_drifted_by_the_columns_that_moved(orders, tmp_path):
    """In the summary and on the terminal, without labels; the accuracy is estimated."""
    folder = predict(store=orders, input=write(tmp_path / "rows.csv", moved_rows()), output=str(tmp_path / "out"))
    drift = summary_of(folder)["drift"]
    moved = [name for name, column in drift["columns"].items() if column["verdict"] != "stable"]
    assert ("drifted", 600, 420, {"amount", "channel"}) == (
        drift["verdict"],
        drift["rows"],
        drift["training_rows"],
        set(moved),
    )
    assert {"exchanged", "kept", "returned"} == set(drift["prediction"]["classes"])
    assert drift["estimated_accuracy"]["value"] or drift["estimated_accuracy"]["reason"]
    printed = show_prediction(str(folder))
    assert f"Drift: drifted, 600 rows against 420 of training: {moved[0]} by" in printed
    assert printed.endswith(f"report: {folder}/report.html\n{folder}")
    page = (folder / "report.html").read_text()
    assert "What has moved" in page
    assert "Where it errs" not in page


def test_rows_of_the_same_source_are_stable(orders, tmp_path):
    """The version's own validation rows; with their classes the accuracy stands beside that of the test rows."""
    drift = summary_of(predict(store=orders, output=str(tmp_path / "out")))["drift"]
    assert ("stable", 60) == (drift["verdict"], drift["rows"])
    assert ("stable", 60) == (drift["accuracy"]["verdict"], drift["accuracy"]["rows"])


def test_it_does_not_matter_in_how_many_files_and_batches_rows_come(orders, tmp_path, monkeypatch):
    """Their counts add up."""
    whole = predict(store=orders, input=write(tmp_path / "rows.csv", moved_rows()), output=str(tmp_path / "whole"))
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 2700)
    (tmp_path / "parts").mkdir()
    for number in range(3):
        write(tmp_path / "parts" / f"{number}.csv", moved_rows().iloc[200 * number : 200 * (number + 1)])
    parts = predict(store=orders, input=str(tmp_path / "parts"), output=str(tmp_path / "out"))
    assert summary_of(whole)["drift"] == summary_of(parts)["drift"]


def test_a_column_that_is_absent_is_one_that_has_drifted(orders, tmp_path):
    """All its values are missing."""
    rows = write(tmp_path / "rows.csv", ROWS.drop(columns="age"))
    drift = summary_of(predict(store=orders, input=rows, output=str(tmp_path / "out")))["drift"]
    column = drift["columns"]["age"]
    assert ("drifted", "missing", 1.0) == (column["verdict"], column["measure"], column["missing"]["now"])


def test_without_probabilities_there_is_no_estimate(orders, tmp_path):
    """Nor a comparison of the confidence; classes and columns are compared all the same."""
    folder = predict(store=orders, probabilities=False, output=str(tmp_path / "out"))
    drift = summary_of(folder)["drift"]
    assert ("no probabilities", None) == (drift["estimated_accuracy"]["reason"], drift["prediction"]["confidence"])
    assert 1 == pytest.approx(sum(shares["now"] for shares in drift["prediction"]["classes"].values()), abs=1e-5)


@pytest.mark.parametrize(("limit", "fails"), [("stable", True), ("watch", True), (None, False)])
def test_a_run_fails_on_request_when_its_rows_have_drifted(orders, tmp_path, limit, fails):
    """One line says what has moved, and where the predictions are, which are published all the same."""
    config = PredictionConfig(
        store=orders, input=write(tmp_path / "rows.csv", moved_rows()), output=str(tmp_path / "out"), max_drift=limit
    )
    if fails:
        with pytest.raises(DriftError, match=f"Drift: drifted, 600 rows.*by.*max_drift {limit} allows.*out") as caught:
            predict(config)
        assert 1 == caught.value.exit_status
    else:
        predict(config)
    assert (tmp_path / "out" / "summary.json").exists()


def test_a_version_without_a_profile_is_not_checked_and_says_so(tmp_path, monkeypatch):
    """As those of older releases; where the config limits drift it is refused before anything is written."""
    monkeypatch.setattr("bakeoff.training.export.PROFILE", "other.json")
    run_race(tmp_path / "work").export(tmp_path / "models")
    folder = predict(store=tmp_path / "models", output=str(tmp_path / "out"))
    assert summary_of(folder)["drift"] is None
    for text in (show_prediction(str(folder)), (folder / "report.html").read_text(), render_summary(folder, {})):
        assert "Drift was not checked" in text
    config = PredictionConfig(store=tmp_path / "models", output=str(tmp_path / "more"), max_drift="watch")
    with pytest.raises(StoreError, match="no profile .* which max_drift needs.*train anew"):
        check_prediction(config)


def test_no_rows_no_drift(tmp_path):
    """What was not checked fails nothing."""
    require_undrifted(PredictionConfig(max_drift="stable"), None, tmp_path)
