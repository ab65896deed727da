"""Chunks are scored by other processes, and the files are those of one; threads that pickle all stand for a cluster."""

import hashlib
import itertools
import pickle
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import fsspec
import pandas as pd
import pyarrow.parquet as pq
import pytest

from bakeoff.config import PredictionConfig
from bakeoff.errors import ClusterError, DataError
from bakeoff.prediction import chunk_tasks
from bakeoff.prediction.checkpoint import Checkpoint
from bakeoff.prediction.chunk_tasks import FilePart, ScorerSpec, forget_scorer, score_elsewhere, score_part
from bakeoff.prediction.outputs.output_folder import work_folder
from bakeoff.prediction.preflight import forget_job, prepare_job
from bakeoff.prediction.scorer import Scorer
from bakeoff.store.load import find_version
from bakeoff.store.model_store import ModelStore
from bakeoff.tables.batches import BEGINNING, Chunk
from tests.bakeoff.conftest import ORDERS, predict, run_race

SEEKABLE = {"csv", "parquet", "folder"}
KEYS = map("run {}".format, itertools.count())


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """A store with a forest, and tables with rows that are rejected."""
    folder = tmp_path_factory.mktemp("orders")
    forest = {"random_forest": {"n_estimators": 7, "max_depth": 3}}
    run_race(folder / "work", dataset=ORDERS, classifiers=forest).export(folder / "models")
    rows = pd.read_csv("examples/orders.csv").astype({"amount": object})
    rows.loc[::17, "amount"] = "n/k"
    for name in ("rows.csv", "rows.csv.gz"):
        rows.to_csv(folder / name, index=False)
    rows.to_csv(folder / "rows.tsv", index=False, sep="\t", encoding="utf-16")
    rows.to_json(folder / "rows.jsonl", orient="records", lines=True)
    numbers = rows.assign(amount=pd.to_numeric(rows["amount"], errors="coerce").fillna(float("inf")))
    numbers.to_parquet(folder / "rows.parquet", row_group_size=170)
    numbers.to_feather(folder / "rows.feather")
    (folder / "rows.folder").mkdir()
    for number in range(3):
        part = rows.iloc[200 * number : 200 * (number + 1)]
        part.to_csv(folder / "rows.folder" / f"{number}.csv", index=False)
    numbers.iloc[:150].to_parquet(folder / "rows.folder" / "3.parquet")
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Files of many chunks; no version is left."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 2700)
    for name in ("parquet_file", "memory_table"):
        monkeypatch.setattr(f"bakeoff.tables.formats.{name}.LEAST_ROWS", 50)
        monkeypatch.setattr(f"bakeoff.tables.formats.{name}.CELLS", 50)
    yield
    forget_scorer("run")
    forget_job()


class Cluster(ThreadPoolExecutor):
    """Threads to which everything is pickled, as to another machine; `parts` are those that were submitted."""

    def __init__(self):
        super().__init__(2)
        self.parts = []

    def submit(self, function, part):
        self.parts.append(part[1])
        sent = pickle.dumps((function, part))
        return super().submit(self._run, sent)

    @staticmethod
    def _run(sent):
        function, part = pickle.loads(sent)
        return pickle.loads(pickle.dumps(function(part)))


def values_of(orders, output, kind="csv", **values):
    table = None if kind == "holdout" else str(orders / f"rows.{kind}")
    keep = () if kind == "holdout" else ("order_id",)
    return PredictionConfig(store=orders / "models", input=table, keep=keep, output=str(output), **values)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def predict_elsewhere(config, ahead=3, score=score_part):
    """Returns the folder and the parts that were scored elsewhere."""
    with Cluster() as pool:
        return predict(config, elsewhere=partial(score_elsewhere, config, pool, ahead, score, next(KEYS))), pool.parts


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv", "parquet", "feather", "jsonl", "folder", "holdout"])
def test_other_processes_write_the_same_files(orders, tmp_path, kind, form):
    """Predictions, rejected rows, evaluation and drift, to the byte; what can be read by its offset isn't sent."""
    here = digests(predict(values_of(orders, tmp_path / "here", kind, format=form)))
    forget_job()
    folder, parts = predict_elsewhere(values_of(orders, tmp_path / "there", kind, format=form))
    assert here == digests(folder)
    assert {FilePart if kind in SEEKABLE else Chunk} == {type(part) for part in parts} or kind == "holdout"


def test_a_corrupt_file_is_told_of_as_here(orders, tmp_path):
    """It is the table's fault and nobody else's: the same words, and the same exit status."""
    content = bytearray((orders / "rows.parquet").read_bytes())
    group = pq.ParquetFile(orders / "rows.parquet").metadata.row_group(2)
    start = group.column(0).data_page_offset
    content[start + 20 : start + group.total_byte_size // 2] = b"\xff" * (group.total_byte_size // 2 - 20)
    (tmp_path / "rows.parquet").write_bytes(content)
    config = PredictionConfig(
        store=orders / "models", input=str(tmp_path / "rows.parquet"), output=str(tmp_path / "out"), workers=1
    )
    told = []
    for run in (predict, predict_elsewhere):
        with pytest.raises(DataError, match="rows.parquet' is not a readable Parquet file: ") as caught:
            run(config)
        told.append((str(caught.value), caught.value.exit_status))
        forget_job()
    assert told[0] == told[1]


def test_objects_are_read_where_they_are_scored(orders, tmp_path):
    """The same rows as from a table on this machine; another object there is refused."""
    config = values_of(orders, tmp_path / "here", format="csv")
    here = digests(predict(config))
    address = f"memory://{tmp_path.name}/rows.csv"
    fsspec.filesystem("memory").pipe(address, (orders / "rows.csv").read_bytes())
    config = config.model_copy(update={"input": address, "output": str(tmp_path / "there")})
    folder, parts = predict_elsewhere(config)
    assert {address} == {part.path for part in parts}
    for name in ("predictions.csv", "rejected.parquet"):
        assert here[name] == digests(folder)[name]
    forget_job()
    config = config.model_copy(update={"output": str(tmp_path / "another")})
    with pytest.raises(ClusterError, match="is another file there, or has changed"):
        predict_elsewhere(config, score=with_another_file)


@pytest.mark.parametrize("kind", ["feather", "jsonl"])
def test_a_chunk_that_is_sent_has_its_own_rows_alone(orders, tmp_path, kind):
    """Not the table that it is a slice of."""
    _, parts = predict_elsewhere(values_of(orders, tmp_path / "out", kind))
    sizes = [len(pickle.dumps(part)) for part in parts]
    assert len(sizes) > 10
    assert max(sizes) < 20_000 < sum(sizes)


def test_paths_are_those_of_the_run_wherever_the_others_work(orders, tmp_path, monkeypatch):
    """Relative ones are made absolute before they are sent."""
    monkeypatch.chdir(orders)
    config = PredictionConfig(store="models", input="rows.csv", output=str(tmp_path / "out"))

    def elsewhere(spec, part):
        assert spec.config.store == orders / "models"
        assert part[1].path == str(orders / "rows.csv")
        return score_part(spec, part)

    monkeypatch.setattr(Cluster, "submit", ThreadPoolExecutor.submit)
    predict_elsewhere(config, score=elsewhere)


class KilledError(BaseException):
    """As a signal would, this passes every `except Exception`."""


@pytest.mark.parametrize("continued", ["here", "elsewhere"])
def test_a_killed_run_is_continued(orders, tmp_path, monkeypatch, continued):
    """On the cluster or without it; what was scored is not scored again."""
    whole = digests(predict(values_of(orders, tmp_path / "whole")))
    add, left, kept = Checkpoint.add, [6], []

    def killing(self, scored, after):
        if not left[0]:
            raise KilledError
        left[0] -= 1
        kept.append(scored.n_rows)
        add(self, scored, after)

    forget_job()
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "add", killing)
        with pytest.raises(KilledError):
            predict_elsewhere(values_of(orders, tmp_path / "out"))
    forget_job()
    scored, score = [], Scorer.score
    monkeypatch.setattr(Scorer, "score", lambda self, batch: scored.append(batch.n_rows) or score(self, batch))
    config = values_of(orders, tmp_path / "out")
    folder = predict(config) if continued == "here" else predict_elsewhere(config)[0]
    assert whole == digests(folder)
    assert 600 - sum(kept) == sum(scored[1:])  # the first batch is scored before anything is written


def test_where_rows_are_scored_is_no_part_of_what_is_continued(orders, tmp_path):
    """A run whose cluster is gone is continued without it, also if it names no output."""
    here = values_of(orders, tmp_path / "out").model_copy(update={"output": None})
    there = here.model_copy(update={"runner": "dask", "dask": here.dask.model_copy(update={"address": "tcp://x:1"})})
    with work_folder(here, tmp_path / "one") as one:
        pass
    with work_folder(there, tmp_path / "two") as two:
        assert one == two


@pytest.mark.parametrize("ahead", [1, 4])
def test_no_more_chunks_are_under_way_than_the_window_holds(orders, tmp_path, monkeypatch, ahead):
    """However slow the writing is; what is encoded meanwhile is counted too."""
    lock, begun, written, most = threading.Lock(), [0], [0], [0]
    add, submit = Checkpoint.add, Cluster.submit

    def count_begun(self, function, part):
        with lock:
            begun[0] += 1
            most[0] = max(most[0], begun[0] - written[0])
        return submit(self, function, part)

    def count_written(self, scored, after):
        add(self, scored, after)
        written[0] += 1

    monkeypatch.setattr("bakeoff.prediction.predict.cpu_count", lambda: 1)
    monkeypatch.setattr(Cluster, "submit", count_begun)
    monkeypatch.setattr(Checkpoint, "add", count_written)
    predict_elsewhere(values_of(orders, tmp_path / "out"), ahead)
    assert written[0] > 2 * (ahead + 2)
    assert 1 < most[0] <= ahead + 1 + 2  # and two that are encoded


def refused(orders, tmp_path, score):
    """The only line of the error, after which nothing is left."""
    with pytest.raises(ClusterError) as error:
        predict_elsewhere(values_of(orders, tmp_path / "out"), score=score)
    assert not (tmp_path / "out").exists()
    (line,) = str(error.value).splitlines()
    return line


def moved(path):
    """Where it isn't."""
    return path.with_name(f"no-{path.name}")


def without_the_file(spec, part):
    part = FilePart(str(moved(Path(part[1].path))), part[1].stamp, part[1].offset, part[1].next_offset)
    return score_part(spec, (0, part), "the worker")


def with_another_file(spec, part):
    part = FilePart(part[1].path, [1, 1], part[1].offset, part[1].next_offset)
    return score_part(spec, (0, part), "the worker")


def without_the_store(spec, part):
    spec.__dict__["config"] = spec.config.model_copy(update={"store": moved(spec.config.store)})
    return score_part(spec, part, "the worker")


def with_another_card(spec, part):
    spec.__dict__["card"] = "0" * 64
    return score_part(spec, part, "the worker")


def with_another_library(spec, part):
    spec.__dict__["environment"] = {**spec.environment, "numpy": "0.1"}
    return score_part(spec, part, "the worker")


@pytest.mark.parametrize(
    ("score", "why"),
    [
        (without_the_file, r"No such file|there is no file"),
        (with_another_file, r"rows.csv' is another file there, or has changed"),
        (without_the_store, r"version \S+ is not used: it is not in the journal"),
        (with_another_card, r"version \S+ is another one in '\S+models' there"),
        (with_another_library, r"it has numpy \S+, not 0.1"),
    ],
)
def test_a_process_that_can_not_score_alike_is_named(orders, tmp_path, score, why):
    """With the reason, in one line."""
    line = refused(orders, tmp_path, score)
    assert re.match(rf"the worker can't score as the others do: .*({why})", line)


def test_a_process_verifies_the_model_before_it_opens_it(orders, tmp_path, monkeypatch):
    """A changed byte of the file is found there too."""
    read = ModelStore.read

    def changed(self, version, name, *history):
        if threading.current_thread() is not threading.main_thread() and name == "model.joblib":
            path = self.path(version) / name
            content, opened = path.read_bytes(), []
            monkeypatch.setattr("bakeoff.store.load.unpickle_model", opened.append)
            path.chmod(0o644)
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
            try:
                return read(self, version, name, *history)
            finally:
                path.write_bytes(content)
                assert [] == opened
        return read(self, version, name, *history)

    monkeypatch.setattr(ModelStore, "read", changed)
    assert "model.joblib" in refused(orders, tmp_path, partial(score_part, here="the worker"))


def test_an_error_of_the_rows_is_what_it_is_here(orders, tmp_path, monkeypatch):
    """Without the worker's name."""
    score = Scorer.score

    def fail(self, batch):
        if batch.table["order_id"][0].as_py() > "A10300":
            raise DataError("this batch can't be scored")
        return score(self, batch)

    monkeypatch.setattr(Scorer, "score", fail)
    with pytest.raises(DataError, match=r"^this batch can't be scored$"):
        predict_elsewhere(values_of(orders, tmp_path / "out"))


def test_a_version_is_loaded_once_for_a_run(orders, tmp_path, monkeypatch):
    """And verified anew for the next one."""
    loaded, load = [], chunk_tasks.make_scorer

    def count(*args, **kwargs):
        loaded.append(1)
        return load(*args, **kwargs)

    monkeypatch.setattr(chunk_tasks, "make_scorer", count)
    predict_elsewhere(values_of(orders, tmp_path / "one"))
    assert 1 == len(loaded)
    predict_elsewhere(values_of(orders, tmp_path / "two"))
    assert 2 == len(loaded)


def test_two_runs_at_once_load_their_versions_once_each(orders, tmp_path, monkeypatch):
    """Of more runs, such as killed ones, the oldest scorer is dropped."""
    loaded, load = [], chunk_tasks.make_scorer
    monkeypatch.setattr(chunk_tasks, "make_scorer", lambda *args, **kwargs: loaded.append(1) or load(*args, **kwargs))
    config = values_of(orders, tmp_path / "out")
    job = prepare_job(config, find_version(config))
    part = next(chunk_tasks._parts(job, BEGINNING))
    specs = [ScorerSpec.of(config, job, f"own {number}") for number in range(5)]
    for spec in specs[:2] * 3:
        score_part(spec, part)
    assert 2 == len(loaded)
    for spec in specs:
        score_part(spec, part)
    assert chunk_tasks.MOST_SCORERS == len(chunk_tasks._scorers)
