"""Scoring a table: every row ends in predictions or in rejected, and a folder appears whole or not at all."""

import json
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import yaml
from sklearn.metrics import roc_auc_score

import bakeoff
from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.data.load import load_dataset
from bakeoff.data.split import split_rows
from bakeoff.errors import (
    DataError,
    IntegrityError,
    StoreError,
    UserError,
)
from bakeoff.prediction.missing_columns import describe_gaps
from bakeoff.prediction.outputs.output_folder import output_folder, work_folder
from bakeoff.prediction.predict import score_table
from bakeoff.prediction.publish import publish_predictions
from bakeoff.prediction.scorer import require_every_row_once
from bakeoff.report.prediction_summary import render_summary, show_prediction
from bakeoff.report.svg import make_picture
from bakeoff.store.load import find_version
from bakeoff.store.model_store import ModelStore
from bakeoff.tables.batches import Batch
from tests.bakeoff.conftest import predict, render_report, run_race


def read(folder):
    return pd.read_parquet(folder / "predictions.parquet"), json.loads((folder / "summary.json").read_text())


def test_validation_rows_are_scored_by_default(orders, tmp_path):
    """Those of the version, evaluated since they have the target."""
    folder = predict(PredictionConfig(store=orders, output=str(tmp_path / "out")))
    predictions, summary = read(folder)
    assert {"predictions.parquet", "report.html", "summary.json"} == {path.name for path in folder.iterdir()}
    assert (60, 60, 0) == (summary["rows"], summary["predicted"], summary["rejected"])
    assert list(range(60)) == predictions["row"].tolist()
    classes = ["exchanged", "kept", "returned"]
    shares = predictions[[f"probability_{name}" for name in classes]]
    np.testing.assert_allclose(1, shares.sum(axis=1))
    assert shares.idxmax(axis=1).str.removeprefix("probability_").tolist() == predictions["prediction"].tolist()
    truth = pd.read_parquet(orders / "classifier" / summary["version"] / "validation.parquet")["outcome"]
    assert (truth == predictions["prediction"]).mean() == pytest.approx(summary["evaluation"]["accuracy"])
    assert set(classes) >= set(summary["evaluation"]["report"])


def test_the_report_shows_how_good_predictions_were(orders, tmp_path):
    """With the pictures of a version's report, of the rows of the run."""
    folder = predict(store=orders, output=str(tmp_path / "out"))
    page, (predictions, summary) = (folder / "report.html").read_text(), read(folder)
    assert ["classes", "confusion", "roc", "precision-recall", "reliability"] == re.findall(
        r'aria-labelledby="(\S+)-title', page
    )
    truth = pd.read_parquet(orders / "classifier" / summary["version"] / "validation.parquet")["outcome"]
    right = int((truth == predictions["prediction"]).sum())
    assert f"{right} of 60 rows right" in page
    for name in ("exchanged", "kept", "returned"):
        area = roc_auc_score(truth == name, predictions[f"probability_{name}"])
        (shown,) = re.findall(rf'<tr><th scope="row">{name}</th><td>([\d.]+)</td><td>[\d.]+</td></tr>', page)
        assert area == pytest.approx(float(shown), abs=5.1e-4)  # three decimals
    assert show_prediction(str(folder)).endswith(f"report: {folder}/report.html\n{folder}")
    drawn = {name: make_picture(name, name, name, (9, 9), []) for name in ("confusion", "roc", "reliability")}
    assert 2 == render_summary(folder, drawn).count("data:image/svg")  # the matrix stands there as a table


def test_a_report_that_cannot_be_drawn_costs_nobody_the_predictions(orders, tmp_path, monkeypatch, caplog):
    """A warning, and no word of a report that is not there."""
    monkeypatch.setattr("tests.bakeoff.conftest.render_predictions", lambda *_: 1 / 0)
    folder = predict(store=orders, output=str(tmp_path / "out"))
    assert {"predictions.parquet", "summary.json"} == {path.name for path in folder.iterdir()}
    assert 60 == read(folder)[1]["evaluation"]["rows"]
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert ["the report could not be written"] == warnings
    assert show_prediction(str(folder)).endswith(f"\n\n{folder}")
    assert "report.html" not in show_prediction(str(folder)) + render_summary(folder, {})


@pytest.mark.parametrize(("classifier", "accuracy"), [("svm", 0.9909), ("random_forest", 0.9859)])
def test_the_others_on_the_reference_validation_rows(tmp_path, classifier, accuracy):
    """Each racing alone; the winner of the three is predicted with by command."""
    config = yaml.safe_load(Path("examples/seed.yaml").read_text())
    config["classifiers"] = {classifier: config["classifiers"][classifier]}
    config["cross_validation"]["folds"] = 2  # nobody else races
    run_race(tmp_path / "work", **config).export(tmp_path / "models")
    folder = predict(store=tmp_path / "models", output=str(tmp_path / "out"))
    assert accuracy == round(read(folder)[1]["evaluation"]["accuracy"], 4)


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
        (1, "amount", "a lot", "not a number: 'a lot'"),
        (2, "amount", "inf", "infinite, or too large: inf"),
        (4, "express", "maybe", "not true or false: 'maybe'"),
    ] == list(pd.read_parquet(folder / "rejected.parquet").itertuples(index=False, name=None))
    assert ["", "missing:items", "unseen:region"] == predictions["warnings"].fillna("").tolist()
    assert {"missing:items": 1, "unseen:region": 1} == summary["warnings"]
    kept = [(0, "A10000"), (3, "A10003"), (5, "A10005")]
    assert kept == list(predictions[["row", "order_id"]].itertuples(index=False, name=None))
    assert (6, 3, 3) == (summary["rows"], summary["predicted"], summary["rejected"])
    assert "evaluation" not in summary


def test_gaps_that_training_did_not_have_are_rejected_if_asked_for(orders, tmp_path):
    """By the command and from code; where training had gaps they are none."""
    rows = pd.read_csv("examples/orders.csv").head(4)
    rows.loc[1, "items"], rows.loc[2, "age"] = np.nan, np.nan
    rows.to_csv(tmp_path / "rows.csv", index=False)
    values = {"store": orders, "input": str(tmp_path / "rows.csv"), "output": str(tmp_path / "out")}
    rejected = pd.read_parquet(predict(**values, on_missing="reject") / "rejected.parquet")
    reason = "missing, and training saw no missing value here"
    assert [(1, "items", reason)] == list(zip(rejected["row"], rejected["column"], rejected["reason"]))
    model = bakeoff.load(store=orders)
    assert [1] == model.predict(rows, on_missing="reject")[1].index.tolist()
    assert [False, True, False, False] == model.predict(rows)[0]["warnings"].notna().tolist()
    assert model.predict(rows, on_missing="accept")[0]["warnings"].isna().all()


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


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_probabilities_may_be_left_out(orders, tmp_path, kind):
    """The predictions are the same, and so is their evaluation, but for the log loss."""
    config = {"store": orders, "format": kind}
    whole = predict(output=str(tmp_path / "whole"), **config)
    short = predict(output=str(tmp_path / "short"), probabilities=False, **config)
    read_back = pd.read_parquet if kind == "parquet" else pd.read_csv
    all_columns, few = (read_back(folder / f"predictions.{kind}") for folder in (whole, short))
    assert ["row", "prediction", "warnings"] == list(few.columns)
    pd.testing.assert_frame_equal(all_columns[few.columns], few)
    summaries = [json.loads((folder / "summary.json").read_text())["evaluation"] for folder in (whole, short)]
    assert summaries[0]["log_loss"] > 0
    assert summaries[0] | {"log_loss": None} == summaries[1]


def test_a_row_that_ended_in_no_place_or_in_two_would_be_noticed():
    """The run's own check, of each batch."""
    batch = Batch.of(pa.table({"a": [1, 2, 3]}))

    def hold(predicted, rejected):
        require_every_row_once(batch, pa.table({"row": predicted}), pa.table({"row": pa.array(rejected, pa.int64())}))

    hold([0, 2], [1])
    for predicted, rejected, row in (([0, 2], [], 1), ([0, 1, 2], [1], 1), ([0, 1], [2, 2], 2), ([0, 1, 2], [3], 3)):
        with pytest.raises(RuntimeError, match=f"row {row} of a batch"):
            hold(predicted, rejected)


def test_csv_output_holds_the_same_figures(orders, tmp_path):
    """`format: csv`."""
    folder = predict(PredictionConfig(store=orders, output=str(tmp_path / "csv"), format="csv"))
    parquet, _ = read(predict(PredictionConfig(store=orders, output=str(tmp_path / "parquet"))))
    parquet = parquet.where(parquet.notna())  # pandas 2 has None and NaN
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
    [
        ("amount,items,channel,delivery_days\n1,2,web,3\n", "there is no column 'express' (version "),
        ("amount,items,channel,express,delivery_days\n", "has columns and no rows"),
    ],
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
    """Neither the folder, nor the one beside it, nor the parents that were made for it."""
    config = PredictionConfig(store=orders, output=str(tmp_path / "new" / "parent" / "out"))

    def fail_half_way():
        with work_folder(config, output_folder(config)) as folder:
            (folder / "predictions.parquet").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert [] == list(tmp_path.iterdir())


def test_predictions_made_at_once_get_folders_of_their_own(orders, tmp_path, monkeypatch):
    """All aim at the same second; the next free one is taken."""
    monkeypatch.chdir(tmp_path)
    config = PredictionConfig(store=orders)
    output = output_folder(config)
    ref = find_version(config)

    def run(_):
        with work_folder(config, output) as folder:
            scored = score_table(config, ref, folder)
            return publish_predictions(config, ref, scored, output, partial(render_report, scored))

    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(run, range(8)))
    assert 8 == len(set(folders))
    assert set(folders) == set(Path("predictions").iterdir())
    assert {"predictions.parquet", "report.html", "summary.json"} == {path.name for path in folders[7].iterdir()}


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


def test_the_version_that_was_resolved_is_the_one_whose_rows_are_scored(race, tmp_path):
    """A promotion between the steps of a run changes neither model nor rows."""
    first = race.export(tmp_path / "models")
    other = run_race(tmp_path / "work", dataset={"n_samples": 300, "random_state": 1}).export(tmp_path / "models")
    config = PredictionConfig(store=tmp_path / "models", output=str(tmp_path / "out"))
    ref = find_version(config)
    ModelStore(tmp_path / "models", "classifier").promote(other.name, "meanwhile")
    with work_folder(config, tmp_path / "out") as folder:
        scored = score_table(config, ref, folder)
    assert (first.name, 20) == (ref.version, scored.counts.rows)
    assert scored.counts.tally.evaluation().accuracy > 0.9


def test_changed_validation_rows_are_not_scored(race, tmp_path):
    """Their digest is compared too."""
    version = race.export(tmp_path / "models")
    pd.read_parquet(version / "validation.parquet").assign(target=0).to_parquet(version / "validation.parquet")
    with pytest.raises(IntegrityError, match="validation.parquet differs from its card"):
        predict(PredictionConfig(store=tmp_path / "models", output=str(tmp_path / "out")))


def test_columns_without_any_value_are_gaps(orders, tmp_path):
    """In Parquet they have no type; rows are scored, and flagged or rejected where training had no gaps."""
    rows = pd.read_csv("examples/orders.csv").head(5).assign(region=None, outcome=None)
    rows.to_parquet(tmp_path / "a.parquet")
    predictions, summary = read(
        predict(PredictionConfig(store=orders, input=str(tmp_path / "a.parquet"), output=str(tmp_path / "a")))
    )
    assert (5, 0) == (len(predictions), summary["rejected"])
    assert "evaluation" not in summary
    rows.assign(amount=None).to_parquet(tmp_path / "b.parquet")
    values = {"store": orders, "input": str(tmp_path / "b.parquet"), "max_rejected": 1}
    _, summary = read(predict(**values, output=str(tmp_path / "b")))
    assert (5, {"missing:amount": 5}) == (summary["predicted"], summary["warnings"])
    _, summary = read(predict(**values, output=str(tmp_path / "c"), on_missing="reject"))
    assert (0, 5) == (summary["predicted"], summary["rejected"])


def test_a_target_that_is_no_class_is_not_evaluated(race, tmp_path):
    """Fractions, text and dates where the classes are whole numbers."""
    version = race.export(tmp_path / "models")
    rows = pd.read_parquet(version / "validation.parquet").head(4)
    for name, target in (("a", ["1.7", "x", "inf", "1e300"]), ("b", pd.to_datetime(["2024-01-01"] * 4))):
        rows.assign(target=target).to_parquet(tmp_path / f"{name}.parquet")
        config = {"store": tmp_path / "models", "input": str(tmp_path / f"{name}.parquet")}
        _, summary = read(predict(PredictionConfig(**config, output=str(tmp_path / name))))
        assert 4 == summary["predicted"]
        assert "evaluation" not in summary


def test_a_number_too_large_for_a_tree_is_rejected_alone(tmp_path):
    """Scikit-learn's forests work with 32 bits; one such cell must not end the batch."""
    work = run_race(tmp_path / "work", classifiers={"random_forest": {"n_estimators": 5}}, preprocessing="none")
    version = work.export(tmp_path / "models")
    rows = pd.read_parquet(version / "validation.parquet").head(3)
    rows.loc[1, "feature_3"] = 1e39
    rows.to_csv(tmp_path / "rows.csv", index=False)
    config = {"store": tmp_path / "models", "input": str(tmp_path / "rows.csv"), "output": str(tmp_path / "out")}
    predictions, summary = read(predict(PredictionConfig(**config)))
    assert ([0, 2], 1) == (predictions["row"].tolist(), summary["rejected"])


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_kept_id_keeps_every_digit(orders, tmp_path, kind):
    """Also beside gaps, where pandas would make fractions of whole numbers."""
    rows = pd.read_csv("examples/orders.csv").head(3)
    rows["big"] = pd.array([2**53 + 1, None, 3], dtype="Int64")
    rows.to_parquet(tmp_path / "rows.parquet")
    config = {"input": str(tmp_path / "rows.parquet"), "output": str(tmp_path / "out"), "keep": ("big", "order_id")}
    folder = predict(PredictionConfig(store=orders, format=kind, **config))
    if kind == "csv":
        lines = (folder / "predictions.csv").read_text().splitlines()
        assert ['0,9007199254740993,"A10000"', '1,,"A10001"', '2,3,"A10002"'] == [
            ",".join(x.split(",")[:3]) for x in lines[1:]
        ]
    else:
        kept = pa.parquet.read_table(folder / "predictions.parquet")["big"]
        assert [9007199254740993, None, 3] == kept.to_pylist()


def test_empty_lines_of_a_single_column_are_rows(tmp_path):
    """They are gaps; every line is accounted for."""
    path = tmp_path / "rows.csv"
    path.write_text("a,y\n" + "".join(f"{'' if i % 9 == 0 else i % 2},{'uv'[i % 2]}\n" for i in range(90)))
    dataset = {"source": "file", "path": str(path), "target": "y"}
    run_race(tmp_path / "work", dataset=dataset).export(tmp_path / "models")
    path.write_text("a\n1\n\n0\n")
    config = {"store": tmp_path / "models", "input": str(path), "output": str(tmp_path / "out")}
    assert 3 == read(predict(PredictionConfig(**config)))[1]["predicted"]


def test_a_gap_in_held_out_rows_alone_is_not_a_gap_of_training(tmp_path):
    """What training saw is told from the training rows."""
    rows = pd.DataFrame({"a": np.arange(100.0), "y": ["u", "v"] * 50})
    path, dataset = tmp_path / "rows.parquet", {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"}
    rows.to_parquet(path)
    config = TrainingConfig.model_validate({"dataset": dataset})
    held_out = split_rows(load_dataset(config.dataset), config.split)["validation"]
    rows.loc[held_out, "a"] = np.nan
    rows.to_parquet(path)
    card = json.loads((run_race(tmp_path / "work", dataset=dataset).export(tmp_path / "m") / "card.json").read_text())
    assert [False] == [feature["missing"] for feature in card["features"]]


def test_what_a_table_lacks_is_told_at_the_end(orders, tmp_path):
    """A column with gaps in training may be missing; whoever misspelt it sees that it is."""
    rows = pd.read_csv("examples/orders.csv").head(40).rename(columns={"delivery_days": "Delivery_Days"})
    rows.loc[:4, "outcome"] = "lost"
    rows.to_csv(tmp_path / "rows.csv", index=False)
    folder = predict(store=orders, input=str(tmp_path / "rows.csv"), output=str(tmp_path / "out"))
    summary, shown = json.loads((folder / "summary.json").read_text()), show_prediction(str(folder))
    assert ["delivery_days"] == summary["missing_columns"]
    assert 5 == summary["evaluation"]["unknown_class"]
    assert "Not in the table, and taken as missing in every row: delivery_days." in shown
    assert "On 40 rows with a class (5 of a class that the model doesn't know, and so wrong): acc" in shown
    assert "Not in the table" in render_summary(folder, {})
    page = (folder / "report.html").read_text()
    assert "Curves and log loss cover the rows whose class the model knows." in page
    assert "Not in the table, and taken as missing in every row: delivery_days." in page
    with pytest.warns(UserWarning, match="no column 'delivery_days' .*did you mean 'Delivery_Days'"):
        bakeoff.load(store=orders).predict(rows)


def write_folder(folder, *lacking):
    """Files of 20 rows without a value in the named columns: left out, or empty where told so."""
    folder.mkdir()
    for letter, (names, empty) in zip("abcdef", lacking):
        rows = pd.read_csv("examples/orders.csv").head(20).drop(columns="outcome")
        rows = rows.assign(**dict.fromkeys(names, np.nan)) if empty else rows.drop(columns=names)
        rows.to_csv(folder / f"{letter}.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("lacking", "sentences"),
    [
        (
            [([], False), (["age"], False)],
            ["Absent, and taken as missing in 1 of 2 files (b.csv), 20 rows: age."],
        ),
        (
            [(["age"], True), ([], False), (["age"], True)],
            ["Empty, and taken as missing in 2 of 3 files (a.csv, c.csv), 40 rows: age."],
        ),
        ([(["age"], True), (["age"], False)], ["Absent or empty, and taken as missing in every row: age."]),
        ([(["age", "delivery_days"], True)], ["Empty, and taken as missing in every row: age, delivery_days."]),
        (
            [(["age", "delivery_days"], False), (["age"], False)],
            [
                "Not in the table, and taken as missing in every row: age.",
                "Absent, and taken as missing in 1 of 2 files (a.csv), 20 rows: delivery_days.",
            ],
        ),
        ([([], False)], []),
    ],
)
def test_columns_without_a_value_are_counted_by_file_and_row(orders, tmp_path, monkeypatch, caplog, lacking, sentences):
    """Whether they are absent or empty, however many batches there are; some gaps are nothing to warn of."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 400)
    table = write_folder(tmp_path / "rows", *lacking)
    folder = predict(store=orders, input=str(table), output=str(tmp_path / "out"))
    summary, shown = json.loads((folder / "summary.json").read_text()), show_prediction(str(folder))
    assert sorted(sentences) == sorted(describe_gaps(summary))
    assert all(sentence in shown for sentence in sentences)
    assert set(sentences) <= {record.message for record in caplog.records if record.levelname == "WARNING"}
    absent = [name for names, empty in lacking for name in names if not empty]
    assert set(absent) == set(re.findall("no (?:column )?'(.*?)'", caplog.text))
    assert ("throughout" in caplog.text) == any(absent.count(name) == len(lacking) for name in absent)


def test_columns_that_the_same_files_lack_share_a_warning(orders, tmp_path, caplog):
    """One search for similar names and one line, however many columns are absent."""
    table = write_folder(tmp_path / "rows", (["age", "delivery_days"], False))
    predict(store=orders, input=str(table), output=str(tmp_path / "out"))
    (line,) = [record.message for record in caplog.records if "there is no column" in record.message]
    assert "'age' and no 'delivery_days'" in line or "'delivery_days' and no 'age'" in line


def test_a_frames_empty_column_warns_as_an_absent_one_does(orders):
    """In code, too; a column in which some rows have a value does not."""
    rows = pd.read_csv("examples/orders.csv").head(20)
    model = bakeoff.load(store=orders)
    with pytest.warns(UserWarning, match="the table has no value in 'age' .it is taken as missing throughout"):
        model.predict(rows.assign(age=None))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(rows.assign(age=[None] * 19 + [40]))


def test_all_that_a_table_lacks_is_told_at_once(orders, tmp_path):
    """And what is most likely wrong with it."""
    path = tmp_path / "rows.csv"
    for text, sentence in (
        ("amount,region\n1,north\n", "there is no column 'items' and no 'express'"),
        ("3,north,1.5\n1,south,2\n", "is its first line a header?"),
        ("items;amount\n1,2\n", "its header has ';' between fields, but most records have not"),
    ):
        path.write_text(text)
        with pytest.raises(DataError) as caught:
            predict(store=orders, input=str(path))
        assert sentence in str(caught.value)


def test_one_column_to_keep_needs_no_list():
    assert ("order_id",) == PredictionConfig.model_validate({"keep": "order_id"}).keep
