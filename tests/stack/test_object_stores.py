"""Copies of versions in an object store, over HTTP; the server is moto, a stand-in for S3."""

import json
import subprocess
import sys

import pytest
from object_store import object_store
from prefect_stack import ROOT

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
