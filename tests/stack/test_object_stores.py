"""Copies of versions, tables and predictions in an object store, over HTTP; the server is moto, a stand-in for S3."""

import gzip
import io
import json
import signal
import subprocess
import sys

import pandas as pd
import pytest
import s3fs
from object_store import SECRET, object_store
from prefect_stack import ROOT

from bakeoff.errors import DataError
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.object_file import find_object
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small


@pytest.fixture(scope="module")
def environment():
    """The environment in which clients find the server."""
    with object_store() as found:
        yield found


@pytest.fixture
def run(environment, tmp_path):
    """Run `bakeoff push` or `pull` on a store; returns status, output and errors."""

    def command(verb, wanted, url, store, **more):
        arguments = [sys.executable, "-m", "bakeoff.cli", verb, wanted, url, "--store", str(tmp_path / store)]
        merged = {name: value for name, value in (environment | more).items() if value is not None}
        done = subprocess.run(arguments, check=False, env=merged, cwd=ROOT, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    return command


@pytest.fixture
def version(tmp_path):
    """The only version of the store `here`."""
    store = ModelStore(tmp_path / "here", "m")
    return export_small(store).name


def test_a_version_goes_through_a_bucket(run, version, tmp_path):
    """Each command may be repeated."""
    for said in ("copied to", "is already in"):
        expected = f"{version} {said} s3://bakeoff/models/m/{version}, verified\n"
        assert (0, expected, "") == run("push", "latest", "s3://bakeoff/models", "here")
        expected = f"{version} {said} {tmp_path}/there/m/{version}, verified\n"
        assert (0, expected) == run("pull", "latest", "s3://bakeoff/models", "there")[:2]
    assert [] == ModelStore(tmp_path / "there", "m").verify()


@pytest.mark.parametrize(
    ("bucket", "more", "status", "text"),
    [
        ("nobody", {}, 2, "s3://nobody/x is not there: check bucket, folder and endpoint"),
        ("bakeoff", {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, 2, "s3://bakeoff/x: no credentials"),
        (
            "bakeoff",
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            1,
            "s3://bakeoff/x could not be written: Could not connect",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run, version, bucket, more, status, text):
    """A missing bucket, missing credentials, a server that does not answer."""
    found, out, err = run("push", "latest", f"s3://{bucket}/x", "here", **more)
    assert (status, "", 1) == (found, out, err.count("\n"))
    assert err.startswith(f"bakeoff: {text}")


@pytest.mark.parametrize("copy", ["push", "pull"])
def test_a_copy_may_die_at_any_request(environment, copy):
    """Before it is sent, and after it was answered: a version is there whole or not, and the next copy succeeds."""
    command = [sys.executable, "-m", "tests.support.dying_copier", copy]
    done = subprocess.run(command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr
    report = json.loads(done.stdout)
    assert [] == report["wrong"]
    assert report["points"] > 10


ORDERS = "examples/orders.csv"
FILE = "s3://bakeoff/tables/orders.csv"


@pytest.fixture(scope="module")
def bucket(environment):
    """The file system of the server; `examples/orders.csv` is in it, alone and in two files of a prefix."""
    names = {"key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY", "endpoint_url": "AWS_ENDPOINT_URL"}
    files = s3fs.S3FileSystem(**{name: environment[variable] for name, variable in names.items()})
    rows = pd.read_csv(ROOT / ORDERS)
    for name, part in (("orders", rows), ("days/2026-11-01", rows[:300]), ("days/2026-11-02", rows[300:])):
        files.pipe_file(f"bakeoff/tables/{name}.csv", part.to_csv(index=False).encode())
    files.pipe_file("bakeoff/tables/orders.csv.gz", gzip.compress(rows.to_csv(index=False).encode()))
    rows.to_parquet(content := io.BytesIO())
    files.pipe_file("bakeoff/tables/orders.parquet", content.getvalue())
    return files


@pytest.fixture(scope="module")
def bakeoff(environment, tmp_path_factory):
    """Run a command of `bakeoff` in a folder of its own; returns status, output and errors."""
    folder = tmp_path_factory.mktemp("work")

    def command(*arguments, program=("-m", "bakeoff.cli"), **more):
        merged = environment | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"} | more
        merged = {name: value for name, value in merged.items() if value is not None}
        line = [sys.executable, *program, *map(str, arguments)]
        done = subprocess.run(line, check=False, env=merged, cwd=folder, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    command.folder = folder
    return command


# `bakeoff` with batches of some rows, which kills itself after so many.
DYING = """
import os, signal, sys
import bakeoff.tables.formats.csv_file as csv_file
from bakeoff.cli.main import main
from bakeoff.prediction.checkpoint import Checkpoint
csv_file.BLOCK = 4000
add, count = Checkpoint.add, [0]
def dying(self, scored, after):
    add(self, scored, after)
    count[0] += 1
    if count[0] == {batches}:
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoint.add = dying
sys.exit(main(sys.argv[1:]))
"""

# `bakeoff`, which at its end prints the most memory that it had, in kB.
MEASURED = """
import re, sys
from pathlib import Path
from bakeoff.cli.main import main
assert 0 == main(sys.argv[1:])
print(re.search("VmHWM:([^k]*)", Path("/proc/self/status").read_text())[1])
"""


@pytest.fixture(scope="module")
def trained(bakeoff, bucket):
    """The options that name a version trained on the object."""
    few = ["--classifiers", '{"logistic_regression": {}}', "--name", "orders", "--store", "models"]
    status, _, err = bakeoff("train", FILE, "outcome", "--dataset.ignore", "order_id,ordered_on", *few)
    assert 0 == status, err
    return ["--name", "orders", "--store", "models"]


def test_training_on_an_object_makes_the_card_of_a_file(bakeoff, trained):
    """With the same digest of the rows; the card has no credentials."""
    assert (
        0
        == bakeoff(
            *("train", ROOT / ORDERS, "outcome", "--dataset.ignore", "order_id,ordered_on", "--name", "file"),
            *("--classifiers", '{"logistic_regression": {}}', "--store", "models"),
        )[0]
    )
    here, there = (
        json.loads(next((bakeoff.folder / "models" / name).glob("*/card.json")).read_text())
        for name in ("file", "orders")
    )
    assert here["data_sha256"] == there["data_sha256"]
    assert FILE == there["config"]["dataset"]["path"]
    for path in (bakeoff.folder / "models/orders").rglob("*.*"):
        assert SECRET.encode() not in path.read_bytes()


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz", "orders.parquet", "days"])
def test_predictions_go_to_the_bucket(bakeoff, trained, bucket, name):
    """And are those of a file; a second run with the same output is refused."""
    output = f"s3://bakeoff/out/{name}"
    command = ["predict", f"s3://bakeoff/tables/{name}", *trained, "--keep", "order_id", "--output"]
    status, out, err = bakeoff(*command, output)
    assert 0 == status, err
    assert out.endswith(f"report: {output}/report.html\n{output}\n")
    names = {path.rsplit("/", 1)[1] for path in bucket.find(output)}
    assert {"_run", "predictions.parquet", "report.html", "summary.json"} == names
    assert 0 == bakeoff("predict", ROOT / ORDERS, *trained, "--keep", "order_id", "--output", f"here-{name}")[0]
    expected = pd.read_parquet(bakeoff.folder / f"here-{name}/predictions.parquet")
    pd.testing.assert_frame_equal(expected, pd.read_parquet(io.BytesIO(bucket.cat(f"{output}/predictions.parquet"))))
    assert (2, "", f"bakeoff: output '{output}' exists already; choose another or remove it\n") == bakeoff(
        *command, output
    )


def test_a_run_that_was_killed_goes_on_in_the_object(bakeoff, trained, bucket):
    """At the row that it had reached."""
    command = ["predict", FILE, *trained, "--output", "s3://bakeoff/out/killed"]
    assert -signal.SIGKILL == bakeoff(*command, program=("-c", DYING.format(batches=4)))[0]
    assert not bucket.exists("bakeoff/out/killed")
    status, _, err = bakeoff(*command, program=("-c", DYING.format(batches=99)))
    assert 0 == status, err
    assert "rows were scored by a run that ended early; continuing after them" in err
    assert 600 == json.loads(bucket.cat("bakeoff/out/killed/summary.json"))["rows"]


def test_an_object_that_changes_while_it_is_read_is_refused(environment, bucket, monkeypatch):
    """By the request for its next part, whatever has been read of it."""
    for name in environment:
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, environment[name])
    bucket.pipe_file("bakeoff/changing.csv", b"a,b\n" + b"1,2\n" * 1000)
    with find_object(parse_address("s3://bakeoff/changing.csv")).open("rb", 100) as stream:
        stream.read(100)
        bucket.pipe_file("bakeoff/changing.csv", b"a,b\n" + b"3,4\n" * 1000)
        with pytest.raises(DataError, match="'s3://bakeoff/changing.csv' has changed while it was read"):
            stream.read(100)


@pytest.mark.parametrize(
    ("address", "more", "status", "text"),
    [
        ("s3://bakeoff/none.csv", {}, 2, "s3://bakeoff/none.csv is not there: check bucket, folder and endpoint"),
        ("s3://nobody/x.csv", {}, 2, "s3://nobody/x.csv is not there: check bucket, folder and endpoint"),
        (FILE, {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, 2, f"{FILE}: no credentials"),
        (FILE, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 1, f"{FILE} could not be read: Could not connect"),
        ("s3://key:secret@bakeoff/x.csv", {}, 2, "input: 's3://…@bakeoff/x.csv' contains credentials"),
        (FILE, {"BAKEOFF_ROOTS": "/:s3://bakeoff/other"}, 2, f"input: '{FILE}' lies outside of /, s3://bakeoff/other"),
    ],
)
def test_what_is_wrong_with_an_input_is_said_in_one_line(bakeoff, trained, address, more, status, text):
    """Nothing is written."""
    found, out, err = bakeoff("predict", address, *trained, "--output", "never", **more)
    assert (status, "", 1) == (found, out, err.count("\n"))
    assert err.startswith(f"bakeoff: {text}")
    assert not (bakeoff.folder / "never").exists()


def test_a_large_object_takes_little_memory(bakeoff, trained, bucket):
    """It is read in ranges: one of 110 MB takes no more than one of 37."""
    rows, peaks = [line.strip() for line in (ROOT / ORDERS).read_text().splitlines()], []
    for times in (60, 180):
        lines = [rows[0] + ",note", *(f"{row},{'x' * 1000}" for row in rows[1:] * times)]
        bucket.pipe_file("bakeoff/large.csv", "\n".join(lines).encode())
        command = ["predict", "s3://bakeoff/large.csv", *trained, "--output", f"large-{times}", "--workers", "1"]
        status, out, err = bakeoff(*command, program=("-c", MEASURED))
        assert 0 == status, err
        peaks.append(int(out.split()[-1]))
    assert peaks[1] < 1.2 * peaks[0]
