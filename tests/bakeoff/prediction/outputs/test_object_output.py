"""Outputs in object stores: files first, the summary last, and never over another; the store is fsspec's, in memory."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from bakeoff.config import PredictionConfig
from bakeoff.errors import ConfigError, DataError, UserError, WriteError
from bakeoff.prediction.checkpoint import Checkpoint
from bakeoff.prediction.outputs.object_output import CLAIM, read_summary, upload
from bakeoff.prediction.outputs.output_folder import output_folder, work_folder
from bakeoff.prediction.predict import score_table
from bakeoff.prediction.preflight import forget_job
from bakeoff.prediction.scorer import Scorer
from bakeoff.report.prediction_summary import show_prediction
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.place import ObjectPlace
from bakeoff.store.load import find_version
from tests.bakeoff.conftest import predict

INPUT, OUTPUT = "memory://bucket/in/rows.csv", "memory://bucket/out/1"


@pytest.fixture
def files(memory, tmp_path, monkeypatch):
    """The file system, with the input in it; the working directory is empty, and batches are small."""
    content = Path("examples/orders.csv").read_bytes()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 4000)
    memory.pipe_file("/bucket/in/rows.csv", content)
    yield memory
    forget_job()


def config(orders, **values):
    return PredictionConfig(store=orders, **{"input": INPUT, "output": OUTPUT, "keep": ("order_id",)} | values)


def names(files):
    return sorted(path.rsplit("/", 1)[1] for path in files.find("/bucket/out"))


def test_the_output_is_that_of_a_folder(files, orders, tmp_path):
    """Nothing is left on this machine."""
    assert parse_address(OUTPUT) == predict(config(orders))
    assert [CLAIM, "predictions.parquet", "report.html", "summary.json"] == names(files)
    assert [] == [*tmp_path.rglob("*")]
    folder = predict(config(orders, output="here"))
    for name in ("predictions.parquet", "summary.json"):
        assert (folder / name).read_bytes() == files.cat_file(f"/bucket/out/1/{name}")
    assert f"\nreport: {OUTPUT}/report.html\n{OUTPUT}" in show_prediction(OUTPUT)
    assert INPUT == read_summary(OUTPUT)[0]["input"]


def test_the_summary_is_written_last(files, orders, monkeypatch):
    """Who sees it sees all."""
    written = []
    for verb in ("create", "replace"):
        plain = getattr(ObjectPlace, verb)
        monkeypatch.setattr(
            ObjectPlace, verb, lambda self, key, what, plain=plain: written.append(key) or plain(self, key, what)
        )
    predict(config(orders))
    assert [CLAIM, "predictions.parquet", "report.html", "summary.json"] == written


def test_an_existing_output_is_refused(files, orders):
    """A finished one, and any other files."""
    predict(config(orders))
    with pytest.raises(UserError, match=f"output '{OUTPUT}' exists already"):
        predict(config(orders))
    files.pipe_file("/bucket/other/notes.txt", b"mine")
    with pytest.raises(UserError, match="output 'memory://bucket/other' exists already"):
        output_folder(config(orders, output="memory://bucket/other"))


@pytest.mark.parametrize("output", ["memory://bucket/in", "memory://bucket/in/rows.csv/x", "memory://bucket/in/x"])
def test_an_output_in_the_input_is_refused(files, orders, output):
    """The next run would read it."""
    rows = "memory://bucket/in" if "rows.csv" not in output else INPUT
    with pytest.raises(ConfigError, match="lies in the input"):
        output_folder(config(orders, input=rows, output=output))


def test_an_upload_that_failed_is_continued(files, orders, monkeypatch):
    """By the same command on the same machine alone, and without scoring again."""
    replace = ObjectPlace.replace

    def fail(self, key, source):
        if key == "report.html":
            raise OSError("the network is down")
        replace(self, key, source)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectPlace, "replace", fail)
        with pytest.raises(WriteError, match="could not be written: the network is down"):
            predict(config(orders))
    assert [CLAIM, "predictions.parquet"] == names(files)
    with monkeypatch.context() as patch:
        patch.setattr("bakeoff.prediction.outputs.output_folder.has_batches", lambda folder: False)
        with pytest.raises(UserError, match=f"another run writes output '{OUTPUT}', or one that ended early"):
            predict(config(orders))
    predict(config(orders))
    assert "summary.json" in names(files)


def test_what_another_run_has_begun_is_refused_before_rows_are_scored(files, orders, monkeypatch):
    """Such as a run with the same output and other options, which can't be continued."""
    with monkeypatch.context() as patch:
        patch.setattr(ObjectPlace, "replace", lambda *_: (_ for _ in ()).throw(OSError("the network is down")))
        with pytest.raises(WriteError):
            predict(config(orders))
    forget_job()
    other = config(orders, probabilities=False)
    ref, scored = find_version(other), []
    monkeypatch.setattr("bakeoff.prediction.predict._score_rest", lambda *_: scored.append(1))
    refused = pytest.raises(UserError, match=f"another run writes output '{OUTPUT}', or one that ended early")
    with work_folder(other, output_folder(other)) as folder, refused:
        score_table(other, ref, folder, run="another")
    assert [] == scored


def test_two_runs_never_mix_their_files(files, tmp_path):
    """The first that has written its id goes on."""
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "summary.json").write_text(json.dumps({"run": run}))
        (tmp_path / run / "predictions.csv").write_text(run)
    address = parse_address(OUTPUT)
    upload(tmp_path / "one", address, "one")
    with pytest.raises(WriteError, match="another run writes output .* what was scored is kept"):
        upload(tmp_path / "two", address, "two")
    upload(tmp_path / "one", address, "one")
    assert b"one" == files.cat_file("/bucket/out/1/predictions.csv")
    with pytest.raises(WriteError, match="was made by somebody else"):
        upload(tmp_path / "two", address, "one")


class KilledError(BaseException):
    """As a signal would, this passes every `except Exception`."""


def test_a_run_that_was_killed_is_continued_unless_the_input_has_changed(files, orders, monkeypatch):
    """From the position that it had reached."""
    add, score, counts = Checkpoint.add, Scorer.score, []

    def killing(self, scored, after):
        if after.row > 200:
            raise KilledError
        add(self, scored, after)

    def count(self, batch):
        counts.append(batch.n_rows)
        return score(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "add", killing)
        with pytest.raises(KilledError):
            predict(config(orders, workers=1))
    monkeypatch.setattr(Scorer, "score", count)
    forget_job()
    predict(config(orders, workers=1))
    assert 400 <= sum(counts) < 600  # the first batch is scored to check the input
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "add", killing)
        with pytest.raises(KilledError):
            predict(config(orders, output="memory://bucket/out/2", workers=1))
    files.pipe_file("/bucket/in/rows.csv", files.cat_file("/bucket/in/rows.csv"))
    counts.clear()
    predict(config(orders, output="memory://bucket/out/2", workers=1))
    assert 600 == sum(counts)


def test_input_that_changes_meanwhile_is_refused(files, orders, monkeypatch):
    """Nothing is written."""
    add, content = Checkpoint.add, files.cat_file("/bucket/in/rows.csv")

    def change(self, scored, after):
        files.pipe_file("/bucket/in/rows.csv", content)
        add(self, scored, after)

    monkeypatch.setattr(Checkpoint, "add", change)
    with pytest.raises(DataError, match="has changed while it was read"):
        predict(config(orders))
    assert [] == names(files)


@pytest.mark.parametrize("kind", ["csv.gz", "parquet", "jsonl", "feather"])
def test_every_format_is_read(files, orders, kind, tmp_path):
    """As from a file."""
    rows, path = _rows(files), tmp_path / f"rows.{kind}"
    if kind == "jsonl":
        rows.to_json(path, orient="records", lines=True)
    else:
        getattr(rows, f"to_{kind.removesuffix('.gz')}")(path)
    files.put_file(str(path), f"/bucket/in2/rows.{kind}")
    address = predict(config(orders, input=f"memory://bucket/in2/rows.{kind}"))
    folder = predict(config(orders, input=str(path), output="here"))
    assert (folder / "predictions.parquet").read_bytes() == files.cat_file(f"{address.key}/predictions.parquet")


def _rows(files):
    return pd.read_csv(io.BytesIO(files.cat_file("/bucket/in/rows.csv")))
