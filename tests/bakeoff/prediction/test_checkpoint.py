"""A run that was killed is continued, and what comes out is byte for byte that of a run that was not."""

import errno
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from bakeoff.config import PredictionConfig
from bakeoff.config.validation import validate
from bakeoff.errors import (
    AwayError,
    DataError,
    UnscoredError,
    UserError,
    WriteError,
)
from bakeoff.prediction.checkpoint import FORMAT, Checkpoint, encode_line
from bakeoff.prediction.missing_columns import describe_gaps
from bakeoff.prediction.outputs.output_folder import work_folder
from bakeoff.prediction.predict import score_table
from bakeoff.prediction.preflight import forget_job
from bakeoff.prediction.scorer import Scorer
from bakeoff.store.load import find_version
from tests.bakeoff.conftest import ORDERS, predict, run_race

BATCHES = 12


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """A store with one model of the mixed-type example, and a table of it with bad rows in it."""
    folder = tmp_path_factory.mktemp("orders")
    run_race(folder / "work", dataset=ORDERS).export(folder / "models")
    rows = pd.read_csv("examples/orders.csv").astype({"amount": object})
    rows.loc[::17, "amount"] = "n/k"
    rows.loc[::29, "region"] = "atlantis"
    rows.to_csv(folder / "rows.csv", index=False)
    rows.assign(amount=pd.to_numeric(rows["amount"], errors="coerce")).to_parquet(folder / "rows.parquet")
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Files of many batches."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 2700)
    monkeypatch.setattr("bakeoff.tables.formats.parquet_file.LEAST_ROWS", 50)
    monkeypatch.setattr("bakeoff.tables.formats.parquet_file.CELLS", 50)


class KilledError(BaseException):
    """As a signal would, this passes every `except Exception`."""


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def config(orders, tmp_path, kind="csv", **values):
    values = {"input": str(orders / f"rows.{kind}"), "output": str(tmp_path / "out"), "keep": ("order_id",)} | values
    return PredictionConfig(store=orders / "models", **values)


def die_after(monkeypatch, batches, torn=0):
    """Let a run end behind so many batches, and perhaps in the middle of writing the next one's line.

    Returns:
        how many rows each batch has that was kept, as they come.
    """
    add, left, kept = Checkpoint.add, [batches], []

    def killing(self, scored, after):
        if not left[0]:
            if torn:
                append = Checkpoint._append
                monkeypatch.setattr(Checkpoint, "_append", lambda self, name, part: append(self, name, part[:torn]))
                add(self, scored, after)
            raise KilledError
        left[0] -= 1
        kept.append(scored.n_rows)
        add(self, scored, after)

    monkeypatch.setattr(Checkpoint, "add", killing)
    return kept


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(("batches", "torn"), [(1, 0), (5, 0), (5, 7), (BATCHES - 1, 0), (BATCHES - 1, 30)])
def test_a_killed_run_is_continued_behind_its_last_batch(orders, tmp_path, monkeypatch, kind, form, batches, torn):
    """What it has scored is not scored again."""
    undisturbed = digests(predict(config(orders, tmp_path, kind, format=form, output=str(tmp_path / "whole"))))
    with monkeypatch.context() as patch:
        kept = die_after(patch, batches, torn)
        with pytest.raises(KilledError):
            predict(config(orders, tmp_path, kind, format=form))
    assert not (tmp_path / "out").exists()
    scored = []
    score = Scorer.score
    monkeypatch.setattr(Scorer, "score", lambda self, batch: scored.append(batch.n_rows) or score(self, batch))
    assert undisturbed == digests(predict(config(orders, tmp_path, kind, format=form)))
    _, *others = scored  # the first batch is scored before anything is written, to see that it can be
    assert 600 - sum(kept) == sum(others)
    assert ["out", "whole"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("batches", [1, 6, 11])
def test_a_continued_run_counts_the_files_that_it_finds_scored(orders, tmp_path, monkeypatch, batches):
    """A column that is empty in one file of two: named with that file's rows, wherever the run was killed."""
    (tmp_path / "rows").mkdir()
    rows = pd.read_csv(orders / "rows.csv")
    rows.head(300).assign(age=None).to_csv(tmp_path / "rows" / "a.csv", index=False)
    rows.tail(300).to_csv(tmp_path / "rows" / "b.csv", index=False)
    values = {"input": str(tmp_path / "rows"), "output": str(tmp_path / "out")}
    with monkeypatch.context() as patch:
        die_after(patch, batches)
        with pytest.raises(KilledError):
            predict(config(orders, tmp_path, **values))
    summary = json.loads((predict(config(orders, tmp_path, **values)) / "summary.json").read_text())
    assert ["Empty, and taken as missing in 1 of 2 files (a.csv), 300 rows: age."] == describe_gaps(summary)


def test_a_run_without_a_name_for_its_output_is_continued_too(orders, tmp_path, monkeypatch):
    """By any run of the same config."""
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        die_after(patch, 5)
        with pytest.raises(KilledError):
            predict(config(orders, tmp_path, output=None))
    (left,) = (tmp_path / "predictions").iterdir()
    assert left.name.startswith(".bakeoff-")
    folder = predict(config(orders, tmp_path, output=None))
    assert [folder.name] == [path.name for path in (tmp_path / "predictions").iterdir()]


@pytest.mark.parametrize("change", ["rows", "option", "damage", "version", "format"])
def test_what_was_left_of_another_task_is_not_used(orders, tmp_path, monkeypatch, change):
    """Another file of the same name, another option, another version, or parts that are not what was written."""
    store, rows = tmp_path / "models", tmp_path / "rows.csv"
    run_race(tmp_path / "work", dataset=ORDERS).export(store)
    rows.write_bytes((orders / "rows.csv").read_bytes())
    values = {"store": store, "input": str(rows), "output": str(tmp_path / "out")}
    with monkeypatch.context() as patch:
        die_after(patch, 5)
        with pytest.raises(KilledError):
            predict(**values)
    if change == "rows":
        rows.write_text(rows.read_text().replace("n/k", "7"))
    elif change == "option":
        values["on_unseen"] = "reject"
    elif change == "format":
        monkeypatch.setattr("bakeoff.prediction.checkpoint.FORMAT", FORMAT + 1)
    elif change == "version":
        run_race(tmp_path / "more", dataset=ORDERS, split={"random_state": 3}).export(store)
        values["version"] = "latest"
    else:
        (parts,) = tmp_path.glob(".bakeoff-*/predictions")
        parts.write_bytes(parts.read_bytes()[:3000] + b"\0" * 50 + parts.read_bytes()[3050:])
    found = digests(predict(**values))
    forget_job()
    assert found == digests(predict(**(values | {"output": str(tmp_path / "whole")})))


def test_two_runs_do_not_write_the_same_output(orders, tmp_path):
    """The second is told so; nothing of the first is touched."""
    task = config(orders, tmp_path)
    with work_folder(task, tmp_path / "out") as folder:
        score_table(task, find_version(task), folder)
        with pytest.raises(UserError, match="another run is writing output"):
            predict(task)
        assert (folder / "result" / "predictions.parquet").exists()


def test_rows_that_may_not_be_rejected_end_the_run_as_soon_as_that_is_certain(orders, tmp_path):
    """With a summary of the reasons; nothing is left."""
    for kind, counted in (("csv", "36 of 600 rows"), ("parquet", "at least ")):
        with pytest.raises(DataError) as caught:
            predict(config(orders, tmp_path, kind, max_rejected=0.05, on_missing="reject"))
        assert counted in str(caught.value)
        assert "more than max_rejected 0.05 allows: " in str(caught.value)
        assert "rows: column 'amount': " in str(caught.value)
        assert [] == list(tmp_path.iterdir())
    assert predict(config(orders, tmp_path, max_rejected=0.06, on_missing="reject")).exists()


def test_a_table_of_which_every_row_is_rejected_is_told_of_whole(orders, tmp_path):
    """All of them are named, and the run fails unless `max_rejected` allows it; with a lower one nothing is written."""
    rows = pd.read_csv(orders / "rows.csv").assign(items="x")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    values = {"store": orders / "models", "input": str(tmp_path / "rows.csv"), "output": str(tmp_path / "out")}
    with pytest.raises(UnscoredError) as caught:
        predict(**values)
    folder = tmp_path / "out"
    reasons = "564 rows: column 'items': not a number (the first is row 1: 'x'); "
    reasons += "36 rows: column 'amount': not a number (the first is row 0: 'n/k')"
    assert f"none of 600 rows could be scored: {reasons}; '{folder}/rejected.parquet' names each" == str(caught.value)
    assert 1 == caught.value.exit_status
    assert 600 == len(pd.read_parquet(folder / "rejected.parquet"))
    assert 0 == len(pd.read_parquet(folder / "predictions.parquet"))
    assert 600 == json.loads((folder / "summary.json").read_text())["rejected"]
    assert predict(**(values | {"output": str(tmp_path / "allowed"), "max_rejected": 1})).exists()
    with pytest.raises(DataError, match="600 of 600 rows are rejected"):
        predict(**(values | {"output": str(tmp_path / "none"), "max_rejected": 0.99}))


def test_a_process_that_is_killed_is_continued(orders, tmp_path):
    """SIGKILL, wherever it happens to be; then the same command again."""
    code = (
        "import sys, time, bakeoff.tables.formats.csv_file, bakeoff.prediction.checkpoint\n"
        "from bakeoff.cli.main import main\n"
        "bakeoff.tables.formats.csv_file.BLOCK = 2000\n"
        "add = bakeoff.prediction.checkpoint.Checkpoint.add\n"
        "def slow(self, *more):\n    add(self, *more)\n    print('kept', flush=True)\n    time.sleep(0.02)\n"
        "bakeoff.prediction.checkpoint.Checkpoint.add = slow\n"
        f"where = ['--store', {str(orders / 'models')!r}, '--input', {str(orders / 'rows.csv')!r}]\n"
        "sys.exit(main(['predict', '--quiet', *where, '--output', sys.argv[1]]))\n"
    )
    run = [sys.executable, "-c", code]
    subprocess.run([*run, str(tmp_path / "whole")], check=True, capture_output=True)
    for batches in (1, 11):
        with subprocess.Popen([*run, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True) as process:
            for _ in range(batches):
                assert "kept\n" == process.stdout.readline()
            time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
        assert not (tmp_path / "out").exists()
    done = subprocess.run([*run, str(tmp_path / "out")], check=True, capture_output=True, text=True)
    assert digests(tmp_path / "whole") == digests(tmp_path / "out")
    assert done.stdout.count("kept") < 15
    assert "rows" in json.loads((tmp_path / "out" / "summary.json").read_text())


def test_a_folder_stays_locked_while_something_still_writes_to_it(orders, tmp_path):
    """As after Ctrl-C, when the flow is over and its worker thread is not: another run must not write there, too."""
    task, writing = config(orders, tmp_path), []

    def interrupted():
        with work_folder(task, tmp_path / "out") as folder:
            writing.append(Checkpoint(folder))
            writing[0].resume_or_start({"a": 1}, "")
            writing[0]._append("state.jsonl", encode_line({}))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(UserError, match="another run is writing output"):
        predict(task)
    writing[0].close()


@pytest.mark.parametrize(
    ("error", "kept"), [(AwayError("no workers"), True), (UserError("expired"), True), (DataError("cut off"), False)]
)
def test_what_was_scored_outlives_a_mistake_that_is_not_in_the_table(orders, tmp_path, error, kept):
    """Credentials may expire, a cluster be away: hours later the run goes on."""

    def failing():
        with work_folder(config(orders, tmp_path), tmp_path / "out") as folder:
            checkpoint = Checkpoint(folder)
            checkpoint.resume_or_start({"a": 1}, "")
            checkpoint._append("state.jsonl", encode_line({}))
            checkpoint.close()
            raise error

    with pytest.raises(type(error)):
        failing()
    assert kept == bool(list(tmp_path.glob(".bakeoff-*")))


@pytest.mark.parametrize("damage", ["file", "offset", "row", "loss", "empty", "header", "result"])
def test_what_was_changed_in_the_state_is_not_believed(orders, tmp_path, damage):
    """A line counts as it was written or not at all; the run then goes on behind the one before."""
    undisturbed = digests(predict(config(orders, tmp_path, output=str(tmp_path / "whole"))))
    with pytest.MonkeyPatch.context() as patch:
        die_after(patch, 5)
        with pytest.raises(KilledError):
            predict(config(orders, tmp_path))
    (folder,) = tmp_path.glob(".bakeoff-*")
    state = folder / "state.jsonl"
    lines = state.read_bytes().splitlines(keepends=True)
    if damage == "result":
        for path in (folder / "result").iterdir():
            path.unlink()
        (folder / "result").rmdir()
        (folder / "result").touch()
    elif damage == "empty":
        lines[3] = b"{}\n"
    elif damage == "header":
        lines[0] = lines[0].replace(b'"note"', b'"nota"')
    else:
        text = lines[-1].decode()
        changed = re.sub(rf'"{damage}": ([0-9.]+)', lambda found: f'"{damage}": {float(found[1]) + 7:g}', text, count=1)
        assert text != changed
        lines[-1] = changed.encode()
    state.write_bytes(b"".join(lines))
    assert undisturbed == digests(predict(config(orders, tmp_path)))


@pytest.mark.parametrize("change", ["cut", "longer", "other", "gone"])
def test_a_table_that_changes_while_it_is_read_is_refused(orders, tmp_path, monkeypatch, change):
    """Half of one table and half of another is none."""
    rows = tmp_path / "rows.csv"
    rows.write_bytes((orders / "rows.csv").read_bytes())
    task = config(orders, tmp_path, input=str(rows))

    before = rows.read_bytes()
    after = {"gone": b"", "cut": before[:20_000], "longer": before * 2, "other": before.replace(b"1", b"2")}[change]

    def changing(progress):
        if progress.done > 200 and rows.read_bytes() == before:
            rows.write_bytes(after)
            if change == "gone":
                rows.rename(tmp_path / "elsewhere.csv")
                monkeypatch.setattr(type(rows), "read_bytes", lambda path: b"")

    def run():
        with work_folder(task, tmp_path / "out") as folder:
            score_table(task, find_version(task), folder, changing)

    with pytest.raises(DataError, match="has changed while it was read|there is no column|is broken|is empty"):
        run()
    assert [tmp_path / "elsewhere.csv" if change == "gone" else rows] == list(tmp_path.iterdir())


@pytest.mark.parametrize("output", [".", "new/..", "link", ""])
def test_an_output_that_nothing_can_be_moved_onto_is_refused_at_once(orders, tmp_path, monkeypatch, output):
    """Before a row is scored."""
    store = (orders / "models").resolve()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    with pytest.raises(UserError, match="can't be replaced|it is empty"):
        predict(validate(PredictionConfig, {"store": store, "output": output}))
    assert {"empty", "link"} == {path.name for path in tmp_path.iterdir()}


def test_a_full_disk_is_told_of_and_the_run_is_continued(orders, tmp_path, monkeypatch):
    """In one line, with what to do."""
    append, left = Checkpoint._append, [12]

    def full(self, name, content):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "_append", full)
        with pytest.raises(WriteError, match="No space left on device; what was scored is kept there: make room"):
            predict(config(orders, tmp_path))
    assert 1 == len(list(tmp_path.glob(".bakeoff-*")))
    assert predict(config(orders, tmp_path)).exists()


def test_two_ways_to_one_output_are_one(orders, tmp_path):
    """Over a link, say."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    task, other = (config(orders, tmp_path, output=str(tmp_path / name / "out")) for name in ("real", "link"))
    with work_folder(task, tmp_path / "real" / "out"), pytest.raises(UserError, match="another run is writing output"):
        predict(other)
