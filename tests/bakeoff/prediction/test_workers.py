"""Batches are scored by several threads, and the files are those of one."""

import hashlib
import re

import pandas as pd
import pytest

from bakeoff.cli.main import main
from bakeoff.config import PredictionConfig
from bakeoff.errors import DataError
from bakeoff.prediction.checkpoint import Checkpoint
from bakeoff.prediction.predict import score_table
from bakeoff.prediction.preflight import count_workers, forget_job
from bakeoff.prediction.scorer import Scorer
from bakeoff.runtime.threads import cpu_count
from bakeoff.store.load import find_version
from bakeoff.tables.reader import TableReader
from tests.bakeoff.conftest import ORDERS, predict, run_race


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """A store with a forest and a logistic regression, and a table with rows that are rejected."""
    folder = tmp_path_factory.mktemp("orders")
    for name, parameters in {"random_forest": {"n_estimators": 7, "max_depth": 3}, "logistic_regression": {}}.items():
        run_race(folder / name, dataset=ORDERS, classifiers={name: parameters}, name=name).export(folder / "models")
    rows = pd.read_csv("examples/orders.csv").astype({"amount": object})
    rows.loc[::17, "amount"] = "n/k"
    rows.to_csv(folder / "rows.csv", index=False)
    numbers = pd.to_numeric(rows["amount"], errors="coerce").fillna(float("inf"))
    rows.assign(amount=numbers).to_parquet(folder / "rows.parquet")
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Files of many batches, and batches of many blocks."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 2700)
    monkeypatch.setattr("bakeoff.tables.formats.parquet_file.LEAST_ROWS", 50)
    monkeypatch.setattr("bakeoff.tables.formats.parquet_file.CELLS", 50)
    monkeypatch.setattr("bakeoff.estimators.inference.FOREST_ROWS", 16)


def config(orders, output, **values):
    values = {"input": str(orders / "rows.csv"), "keep": ("order_id",), "name": "random_forest"} | values
    return PredictionConfig(store=orders / "models", output=str(output), **values)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["random_forest", "logistic_regression"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_any_number_of_workers_writes_the_same_files(orders, tmp_path, name, kind, form):
    """Predictions, rejected rows, evaluation and drift, to the byte."""
    values = {"name": name, "input": str(orders / f"rows.{kind}"), "format": form}
    one, *others = (
        digests(predict(config(orders, tmp_path / str(workers), workers=workers, **values))) for workers in (1, 2, 3)
    )
    assert {f"predictions.{form}", "rejected.parquet", "summary.json", "report.html"} == set(one)
    assert [one, one] == others


class KilledError(BaseException):
    """As a signal would, this passes every `except Exception`."""


@pytest.mark.parametrize(("killed", "then"), [(3, 1), (1, 3)])
@pytest.mark.parametrize("named", [True, False])
def test_a_killed_run_is_continued_with_any_number_of_workers(orders, tmp_path, monkeypatch, killed, then, named):
    """What was scored is not scored again, whether the output has a name or not."""
    monkeypatch.chdir(tmp_path)
    output = {"output": str(tmp_path / "out") if named else None, "input": str(orders / "rows.csv")}
    output |= {"store": orders / "models", "name": "random_forest"}
    whole = digests(predict(**(output | {"output": str(tmp_path / "whole")})))
    add, left, kept = Checkpoint.add, [6], []

    def killing(self, scored, after):
        if not left[0]:
            raise KilledError
        left[0] -= 1
        kept.append(scored.n_rows)
        add(self, scored, after)

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "add", killing)
        with pytest.raises(KilledError):
            predict(**output, workers=killed)
    forget_job()
    scored, score = [], Scorer.score
    monkeypatch.setattr(Scorer, "score", lambda self, batch: scored.append(batch.n_rows) or score(self, batch))
    assert whole == digests(predict(**output, workers=then))
    assert 600 - sum(kept) == sum(scored[1:])  # the first batch is scored before anything is written


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_no_more_batches_are_in_memory_than_the_queues_hold(orders, tmp_path, monkeypatch, workers):
    """However slow the writing is: a batch is read when there is room for it."""
    read, written, most = [0], [0], [0]
    chunks, add = TableReader.chunks, Checkpoint.add

    def count_chunks(self, *args, **kwargs):
        for chunk in chunks(self, *args, **kwargs):
            read[0] += 1
            most[0] = max(most[0], read[0] - written[0])
            yield chunk

    def count_written(self, scored, after):
        add(self, scored, after)
        written[0] += 1

    monkeypatch.setattr(TableReader, "chunks", count_chunks)
    monkeypatch.setattr(Checkpoint, "add", count_written)
    run = config(orders, tmp_path / "out", workers=workers)
    forget_job()
    (tmp_path / "work").mkdir()
    score_table(run, find_version(run), tmp_path / "work")
    assert written[0] > 2 * (workers + 1)
    assert 1 < most[0] <= 2 * (workers + 1)


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_in_a_worker_is_one_line(orders, tmp_path, monkeypatch, capsys, workers):
    """The first of the table's, after which nothing is left; with any number of workers."""
    score = Scorer.score

    def fail(self, batch):
        first = batch.table["order_id"][0].as_py()
        if first > "A10300":
            raise DataError(f"the batch that begins with {first} can't be scored")
        return score(self, batch)

    monkeypatch.setattr(Scorer, "score", fail)
    flags = ["--store", str(orders / "models"), "--name", "random_forest", "--keep", "order_id", "--quiet"]
    status = main(["predict", str(orders / "rows.csv"), *flags, f"--output={tmp_path / 'out'}", f"--workers={workers}"])
    (line,) = capsys.readouterr().err.splitlines()
    assert 2 == status
    assert re.fullmatch(r"bakeoff: the batch that begins with A103\d\d can't be scored", line)
    assert [] == list(tmp_path.iterdir())


def test_the_cores_are_counted_and_a_number_is_taken():
    assert cpu_count() == count_workers(PredictionConfig())
    assert 5 == count_workers(PredictionConfig(workers="5"))


@pytest.mark.parametrize("workers", ["0", "257", "all", "1.5", "true", ""])
def test_what_is_no_number_of_workers_is_one_line(tmp_path, capsys, workers):
    """Of both types at once."""
    assert 2 == main(["predict", "--store", str(tmp_path), "--workers", workers])
    *_, line = capsys.readouterr().err.splitlines()
    assert f"workers: must be auto, or a whole number from 1 to 256, not {workers or 'empty'}" in line
