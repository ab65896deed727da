"""A store in a bucket of a real S3 server, SeaweedFS: nothing is lost by processes that die, or change it at once."""

import json
import subprocess
import sys

import pytest
from prefect_stack import ROOT
from s3_server import s3_server

STORE = "s3://bakeoff/models"


@pytest.fixture(scope="module")
def environment():
    """The environment in which clients find the server."""
    with s3_server() as found:
        yield found


@pytest.fixture(scope="module")
def bakeoff(environment, tmp_path_factory):
    """Run a command of `bakeoff` in a folder of its own; returns status, output and errors."""
    folder = tmp_path_factory.mktemp("work")

    def command(*arguments, **more):
        merged = environment | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"} | more
        line = [sys.executable, "-m", "bakeoff.cli", *map(str, arguments)]
        done = subprocess.run(line, check=False, env=merged, cwd=folder, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    command.folder = folder
    return command


def run(environment, *command):
    """Run a program that must succeed; returns the JSON that it prints."""
    done = subprocess.run(command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("change", ["first", "train", "rollback", "prune"])
def test_a_store_may_die_at_any_request(environment, change):
    """What readers see is whole, and the same command succeeds."""
    report = run(environment, sys.executable, "-m", "tests.support.dying_object_writer", change)
    assert [] == report["wrong"]
    assert report["points"] > 20


# Promotes the versions of a store in turn, so often; prints how many of them landed.
PROMOTING = """
import os, sys
from bakeoff.store.model_store import ModelStore
store, done = ModelStore(sys.argv[1], "m"), 0
versions = store.versions()
for step in range(int(sys.argv[2])):
    done += store.promote(versions[step % len(versions)], f"{os.getpid()} {step}")
print(done)
"""

EXPORTING = """
import sys
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small
for _ in range(int(sys.argv[2])):
    export_small(ModelStore(sys.argv[1], "m"))
print(sys.argv[2])
"""


def test_processes_that_write_at_once_lose_nothing(environment):
    """Every promotion and every export that was acknowledged has its line, once."""
    root = f"{STORE}/at-once"
    run(environment, sys.executable, "-c", EXPORTING, root, "3")
    programs = [(PROMOTING, "12"), (PROMOTING, "12"), (EXPORTING, "4"), (EXPORTING, "4")]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, root, count], env=environment, cwd=ROOT, stdout=subprocess.PIPE
        )
        for program, count in programs
    ]
    counts = [int(writer.communicate()[0]) for writer in writers]
    assert [0] * 4 == [writer.returncode for writer in writers]
    script = """
import collections, json, sys
from bakeoff.store.model_store import ModelStore
store = ModelStore(sys.argv[1], "m")
events = collections.Counter(entry["event"] for entry in store.history().entries)
left = [name for name in store._layout.files.names() if name.startswith(".incoming")]
print(json.dumps([events, len(store.versions()), [str(one) for one in store.verify()], left]))
"""
    events, versions, found, left = run(environment, sys.executable, "-c", script, root)
    assert ([], []) == (found, left)
    assert 3 + sum(counts[2:]) == versions == events["export"]
    assert 1 + sum(counts[:2]) == events["promote"]
    assert sum(counts[:2]) > 12
