"""Which rows of a run are new to a champion."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from forging import read_card

from bakeoff.config import TrainingConfig
from bakeoff.data.fresh_rows import TRAINED_ON, digest_rows, find_fresh_rows
from bakeoff.data.parts import read_part, read_positions
from bakeoff.data.prepare import prepare_dataset
from bakeoff.tables.schema import Feature
from tests.bakeoff.conftest import export_and_meet, run_race


def write_rows(path, first, last, *, seed=0):
    """Rows of a stream, each the same whenever it is written; every third one repeats the one before."""
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, 50, (2000, 3))
    rows[2::3] = rows[1::3][: len(rows[2::3])]
    frame = pd.DataFrame(rows[first:last], columns=list("abc"))
    frame["y"] = (frame["a"] + frame["b"] > 50).astype(int)
    frame.to_csv(path, index=False)


def prepare(folder, **dataset):
    return prepare_dataset(TrainingConfig.model_validate({"dataset": dataset}), folder)


@pytest.fixture
def file_race(tmp_path):
    """A race on the first 600 rows of a file, and the card and record of its export."""
    path = tmp_path / "rows.csv"
    write_rows(path, 0, 600)
    race = run_race(tmp_path / "first", dataset={"source": "file", "path": str(path), "target": "y"})
    folder = race.export(tmp_path / "models")
    return race, read_card(folder), (folder / TRAINED_ON).read_bytes()


def test_rows_of_a_file_that_grew_are_told_by_position(tmp_path, file_race):
    """Also where it was moved and renamed; rows that repeat stay apart."""
    race, card, trained_on = file_race
    path = tmp_path / "elsewhere.csv"
    write_rows(path, 0, 1000)
    ref = prepare(tmp_path / "second", source="file", path=str(path), target="y")
    fresh = find_fresh_rows(ref, card, trained_on)
    assert "position" == fresh.by
    known = set(read_positions(race.ref, "train").tolist())
    assert [position not in known for position in read_positions(ref, "test").tolist()] == fresh.rows.tolist()
    assert 0 < fresh.rows.sum() < len(fresh.rows)


def test_rows_of_a_file_that_moved_are_told_by_contents(tmp_path, file_race):
    """The oldest rows were dropped: new rows that look like old ones are left out, too."""
    _, card, trained_on = file_race
    write_rows(tmp_path / "rows.csv", 200, 1200)
    ref = prepare(tmp_path / "second", source="file", path=str(tmp_path / "rows.csv"), target="y")
    fresh = find_fresh_rows(ref, card, trained_on)
    assert "contents" == fresh.by
    assert 0 < fresh.rows.sum() < len(fresh.rows)
    known = {tuple(row) for row in read_part(file_race[0].ref, "train")[0][list("abc")].to_numpy()}
    test = read_part(ref, "test")[0][list("abc")].to_numpy()
    assert [tuple(row) not in known for row in test] == fresh.rows.tolist()


def test_contents_are_a_fallback_with_a_warning(tmp_path, caplog):
    """Since leaving out rows that repeat biases the comparison."""
    path = tmp_path / "rows.csv"
    dataset = {"source": "file", "path": str(path), "target": "y"}
    write_rows(path, 0, 600)
    export_and_meet(run_race(tmp_path / "one", dataset=dataset), tmp_path / "models")
    write_rows(path, 200, 1200)
    with caplog.at_level("WARNING"):
        _, decision = export_and_meet(run_race(tmp_path / "two", dataset=dataset), tmp_path / "models")
    assert "contents" == decision.figures["recognised_by"]
    assert "test rows are left out because they look like rows that it was trained on" in caplog.text


@pytest.mark.parametrize("change", ["a gap", "a column more", "a label mended"])
def test_changes_that_leave_the_rows_what_they_are(tmp_path, file_race, change):
    """A gap that makes fractions of whole numbers, another column, or a class set right: the rows are the same ones."""
    _, card, trained_on = file_race
    path = tmp_path / "rows.csv"
    write_rows(path, 0, 800)
    frame = pd.read_csv(path)
    if change == "a gap":
        frame.loc[799, "a"] = None  # whole numbers become fractions, in pandas' eyes
    elif change == "a column more":
        frame["d"] = np.arange(800) % 7
    else:
        frame.loc[3, "y"] = 1 - frame.loc[3, "y"]
    frame.to_csv(path, index=False)
    ref = prepare(tmp_path / "second", source="file", path=str(path), target="y")
    assert "position" == find_fresh_rows(ref, card, trained_on).by


def test_rows_of_bundled_tables_and_batches_are_told_by_position(tmp_path):
    """Another seed of the split makes a champion's training rows test rows: these are not fresh."""
    for name, dataset in (
        ("wine", {"source": "bundled", "bundled": "wine"}),
        ("rows", {"n_samples": 300, "batch": 3}),
    ):
        race = run_race(tmp_path / name, dataset=dataset)
        folder = race.export(tmp_path / name / "models")
        card, trained_on = read_card(folder), (folder / TRAINED_ON).read_bytes()
        config = TrainingConfig.model_validate({"dataset": dataset, "split": {"random_state": 7}})
        ref = prepare_dataset(config, tmp_path / name / "again")
        fresh = find_fresh_rows(ref, card, trained_on)
        known = set(read_positions(race.ref, "train").tolist())
        assert "position" == fresh.by
        assert [p not in known for p in read_positions(ref, "test").tolist()] == fresh.rows.tolist()
        assert find_fresh_rows(race.ref, card, trained_on).rows.all()


@pytest.mark.parametrize(
    "dataset",
    [{"n_samples": 300, "batch": 4}, {"n_samples": 301, "batch": 3}, {"source": "bundled", "bundled": "iris"}],
)
def test_rows_of_another_origin_are_all_fresh(tmp_path, dataset):
    """Another batch, population or table."""
    race = run_race(tmp_path / "one", dataset={"n_samples": 300, "batch": 3})
    folder = race.export(tmp_path / "models")
    card, trained_on = read_card(folder), (folder / TRAINED_ON).read_bytes()
    fresh = find_fresh_rows(prepare(tmp_path / "two", **dataset), card, trained_on)
    assert "origin" == fresh.by
    assert fresh.rows.all()


def test_a_drifted_batch_is_the_same_batch(tmp_path):
    """Its rows are those of the batch, moved: who was trained on them has seen them."""
    race = run_race(tmp_path / "one", dataset={"n_samples": 300, "batch": 3})
    folder = race.export(tmp_path / "models")
    card, trained_on = read_card(folder), (folder / TRAINED_ON).read_bytes()
    ref = prepare(tmp_path / "two", n_samples=300, batch=3, drift=0.1)
    assert "position" == find_fresh_rows(ref, card, trained_on).by


def test_the_digest_of_a_row_is_what_it_was():
    """Stores depend on it: another pandas must not change it unseen."""
    table = pa.table({"a": [1.5, None, 3.0], "b": ["x", None, "z"], "c": ["true", "false", None]})
    features = (Feature("a", "float64", "number"), Feature("b", "str", "category"), Feature("c", "bool", "boolean"))
    digests = [11283410079172001882, 14772424167784702713, 11692814101478320429]
    assert digests == digest_rows(table, features).tolist()
