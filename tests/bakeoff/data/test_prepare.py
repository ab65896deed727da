"""Rows are prepared once, or refused before anything is written."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from bakeoff.config import TrainingConfig
from bakeoff.data import parts, prepare
from bakeoff.data.load import load_dataset
from bakeoff.data.parts import read_part
from bakeoff.data.prepare import prepare_dataset
from bakeoff.data.split import split_rows
from bakeoff.errors import DataError
from tests.bakeoff.conftest import ORDERS


def test_parts_come_back_from_the_workspace_as_they_were(tmp_path):
    """References, not arrays, cross a task's boundary; types, names and missing cells survive."""
    config = TrainingConfig.model_validate(
        {
            "dataset": {
                "source": "file", "path": "examples/orders.csv", "target": "outcome",
                "ignore": ["order_id", "ordered_on"],
            }
        }
    )  # fmt: skip
    ref = prepare_dataset(config, tmp_path / "data")
    loaded = load_dataset(config.dataset)
    split = split_rows(loaded, config.split)
    for part, rows in split.items():
        X, y = read_part(ref, part)
        pd.testing.assert_frame_equal(loaded.X.iloc[rows].reset_index(drop=True), X)
        assert loaded.y.iloc[rows].tolist() == y.tolist()
    mapped = read_part(ref, "train")[0]["items"].to_numpy()
    assert not mapped.flags.owndata  # the file's own bytes, which all processes share
    assert not mapped.flags.writeable or pd.__version__ < "3"
    assert {"train": 420, "test": 120, "validation": 60} == ref.rows


def test_the_numbers_of_many_columns_are_in_one_block(tmp_path, monkeypatch):
    """Rows are taken from each block in turn, which takes longer than the copy; a large table is still mapped."""
    ref = prepare_dataset(TrainingConfig(), tmp_path / "data")

    def read(many, most):
        parts.forget_parts()
        monkeypatch.setattr(parts, "MANY_COLUMNS", many)
        monkeypatch.setattr(parts, "MOST_COPIED", most)
        return read_part(ref, "train")[0]

    mapped, copied, large = read(500, 1 << 27), read(5, 1 << 27), read(5, 100)
    pd.testing.assert_frame_equal(mapped, copied)
    n_blocks = [len({id(X[name].to_numpy().base) for name in X}) for X in (mapped, copied, large)]
    assert [10, 1, 10] == n_blocks


def test_nothing_is_written_when_the_rows_cannot_be_used(tmp_path):
    """The workspace is only touched by rows that can be raced."""
    config = TrainingConfig.model_validate({"dataset": {"source": "file", "path": "nope.csv", "target": "y"}})
    with pytest.raises(DataError):
        prepare_dataset(config, tmp_path / "data")
    assert [] == list(tmp_path.iterdir())


def test_text_is_refused_without_preprocessing(tmp_path):
    """`none` means: numbers as they are."""
    path = tmp_path / "rows.csv"
    path.write_text("a,t,y\n" + "".join(f"{i},{'pq'[i % 2]},{'uv'[i % 2]}\n" for i in range(40)))
    config = {"dataset": {"source": "file", "path": str(path), "target": "y"}, "preprocessing": "none"}
    with pytest.raises(
        DataError, match="column 't' holds text or dates; set preprocessing: auto, or --dataset.ignore t"
    ):
        prepare_dataset(TrainingConfig.model_validate(config), tmp_path / "data")


def test_rows_that_were_checked_are_not_loaded_again(tmp_path, monkeypatch):
    """Once, for the same config; a file that was changed meanwhile is."""
    loaded = []
    load = prepare.load_dataset
    monkeypatch.setattr(prepare, "load_dataset", lambda *given, **more: loaded.append(given) or load(*given, **more))
    path = tmp_path / "rows.csv"
    shutil.copy("examples/orders.csv", path)
    config = TrainingConfig(dataset={**ORDERS, "path": str(path)})
    prepare.remember_dataset(config)
    first = prepare.prepare_dataset(config, tmp_path / "first")
    assert 1 == len(loaded)
    again = prepare.prepare_dataset(config, tmp_path / "again")
    assert (2, first.sha256) == (len(loaded), again.sha256)
    prepare.remember_dataset(config)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    changed = prepare.prepare_dataset(config, tmp_path / "changed")
    assert 4 == len(loaded)
    assert changed.sha256 != first.sha256
    prepare.remember_dataset(config)
    prepare.prepare_dataset(TrainingConfig(dataset={"n_samples": 200}), tmp_path / "other")
    assert 6 == len(loaded)


def test_rows_of_an_object_store_are_those_of_a_file(memory, tmp_path):
    """With the same digest; once the object is written again, nothing cached is used."""
    content = Path("examples/orders.csv").read_bytes()
    memory.pipe_file("/bucket/orders.csv", content)
    local = TrainingConfig.model_validate({"dataset": ORDERS})
    remote = TrainingConfig.model_validate({"dataset": ORDERS | {"path": "memory://bucket/orders.csv"}})
    before = prepare.describe_source(remote)
    assert prepare_dataset(local, tmp_path / "local").sha256 == prepare_dataset(remote, tmp_path / "remote").sha256
    assert before == prepare.describe_source(remote)
    memory.pipe_file("/bucket/orders.csv", content)
    assert before != prepare.describe_source(remote)
