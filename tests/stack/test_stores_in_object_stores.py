"""A store in a bucket of a real S3 server, SeaweedFS: nothing is lost by processes that die, or change it at once."""

import json
import subprocess
import sys

import pytest
from prefect_stack import ROOT
from s3_server import client, s3_server

STORE = "s3://bakeoff/models"
EVERY = "7"  # one in so many requests, alternately before it is sent and after its answer


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
    """What readers see is whole, and the same command succeeds; in memory unit tests try each request."""
    report = run(environment, sys.executable, "-m", "tests.support.dying_object_writer", change, EVERY)
    assert [] == report["wrong"]
    assert report["points"] > 5


# Promotes two versions of a store in turn, so often, which nobody else does; prints how many of them landed.
PROMOTING = """
import os, sys
from bakeoff.store.model_store import ModelStore
store, done = ModelStore(sys.argv[1], "m"), 0
own = store.versions()[int(sys.argv[3]):][:2]
for step in range(int(sys.argv[2])):
    done += store.promote(own[step % 2], f"{os.getpid()} {step}")
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
    run(environment, sys.executable, "-c", EXPORTING, root, "5")
    programs = [(PROMOTING, "12", "1"), (PROMOTING, "12", "3"), (EXPORTING, "4"), (EXPORTING, "4")]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, root, *arguments], env=environment, cwd=ROOT, stdout=subprocess.PIPE
        )
        for program, *arguments in programs
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
    assert [12, 12, 4, 4] == counts
    assert 5 + 4 + 4 == versions == events["export"]
    assert 1 + 12 + 12 == events["promote"]


FEW = ["--classifiers", '{"logistic_regression": {}}', "--name", "orders"]
ORDERS = [ROOT / "examples/orders.csv", "outcome", "--dataset.ignore", "order_id,ordered_on"]


@pytest.fixture(scope="module")
def trained(bakeoff):
    """The version of a store in the bucket, trained by a command; the same as in a folder."""
    status, out, err = bakeoff("train", *ORDERS, *FEW, "--store", STORE)
    assert 0 == status, err
    address = out.splitlines()[-1]
    assert address.startswith(f"{STORE}/orders/")
    return address.rsplit("/", 1)[1]


def test_training_makes_the_files_of_a_folder(bakeoff, trained, environment):
    """To the byte, but for the card's address and times, and what is derived from the card."""
    status, out, err = bakeoff("train", *ORDERS, *FEW, "--store", "models")
    assert 0 == status, err
    here, files = bakeoff.folder / out.splitlines()[-1], client(environment)
    names = {path.rsplit("/", 1)[1] for path in files.find(f"bakeoff/models/orders/{trained}")}
    assert {path.name for path in here.iterdir()} == names
    for name in names - {"card.json", "report.html", "config.yaml", "leaderboard.csv", "evaluation.json"}:
        assert (here / name).read_bytes() == files.cat(f"bakeoff/models/orders/{trained}/{name}"), name
    content = b"".join(files.cat(path) for path in files.find("bakeoff/models/orders"))
    assert b"AWS_" not in content
    assert not any(name.startswith(".incoming") for name in names)


def test_a_run_that_has_nothing_new_says_so(bakeoff, trained):
    """As in a folder."""
    status, out, err = bakeoff("train", *ORDERS, *FEW, "--store", STORE)
    assert (0, f"{STORE}/orders/{trained}") == (status, out.splitlines()[-1])
    assert "Nothing new" in err or "same rows" in err


def test_predictions_come_from_the_bucket(bakeoff, trained):
    """Of a file, and of the hold-out rows."""
    for output, *table in (("file", ROOT / "examples/orders.csv"), ("rows",)):
        status, _, err = bakeoff("predict", *table, "--name", "orders", "--store", STORE, "--output", output)
        assert 0 == status, err
        assert trained == json.loads((bakeoff.folder / output / "summary.json").read_text())["version"]


def test_commands_work_as_on_a_folder(bakeoff, trained):
    """Each by its exit status; promotion is held after a rollback."""
    more = ["--store", STORE, "--name", "orders"]
    status, out, err = bakeoff(
        "train", *ORDERS, *FEW, "--store", STORE, "--retrain", "always", "--promotion.rule", "never"
    )
    assert 0 == status, err
    other = out.splitlines()[-1].rsplit("/", 1)[1]
    for command in (
        ["models", "list"],
        ["models", "show", other],
        ["models", "promote", other],
        ["models", "rollback"],
        ["models", "resume"],
        ["models", "log", "--all"],
        ["report", trained],
        ["compare", trained, other],
        ["models", "prune", "--keep", "0", "--days", "0", "--delete"],
        ["models", "verify"],
        ["push", "champion", "copies"],
    ):
        status, _, err = bakeoff(*command, *more)
        assert (0, "") == (status, err), command
    status, _, err = bakeoff("pull", trained, "copies", "--store", f"{STORE}-pulled", "--name", "orders")
    assert (0, "") == (status, err)
    assert 0 == bakeoff("models", "verify", "--store", f"{STORE}-pulled")[0]


def test_a_signed_store_is_trusted_by_its_key_alone(bakeoff, trained):
    """Signatures hold in a bucket: a foreign key opens nothing, and a change needs the private key."""
    for folder in ("keys", "foreign"):
        assert 0 == bakeoff("keys", "generate", folder)[0]
    more = ["--store", STORE, "--name", "orders"]
    assert 0 == bakeoff("models", "sign", "--as-it-stands", "--private-key", "keys/private.pem", *more)[0]
    assert 0 == bakeoff("models", "verify", "--public-key", "keys/public.pem", *more)[0]
    signed = ["--name", "orders", "--store", STORE, "--output", "signed", "--signing.public-key"]
    status, _, err = bakeoff("predict", *signed, "foreign/public.pem")
    assert (1, 1) == (status, err.count("\n"))
    assert 0 == bakeoff("predict", *signed, "keys/public.pem")[0]
    status, log, err = bakeoff("models", "log", "--all", *more)
    assert 0 == status, err
    status, _, err = bakeoff("models", "rollback", *more)
    assert (2, 1) == (status, err.count("\n")), err
    assert "private" in err
    assert log == bakeoff("models", "log", "--all", *more)[1]


def test_an_emptied_object_is_damage(bakeoff, environment):
    """S3 answers a range of an empty object with an error; a finding tells what it is."""
    root = f"{STORE}/emptied"
    run(environment, sys.executable, "-c", EXPORTING, root, "1")
    files, more = client(environment), ["--store", root, "--name", "m"]
    (version,) = (path for path in files.ls("bakeoff/models/emptied/m") if files.isdir(path))
    for name, text in (
        (f"{version.rsplit('/', 1)[1]}/model.joblib", "model.joblib differs from its card"),
        ("champion", "the file champion says ''"),
        ("journal.jsonl", "the journal was cut: 0 of 2 lines are left"),
    ):
        path = f"bakeoff/models/emptied/m/{name}"
        content = files.cat(path)
        files.pipe(path, b"")
        status, out, err = bakeoff("models", "verify", *more)
        assert 1 == status, err
        assert text in out + err, name
        files.pipe(path, content)
    assert 0 == bakeoff("models", "verify", *more)[0]


@pytest.mark.parametrize(
    ("store", "more", "status", "text"),
    [
        ("s3://nobody/models", {}, 2, "s3://nobody/models is not there: check bucket, folder and endpoint"),
        (STORE, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 2, f"{STORE}: no credentials"),
        (STORE, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 1, f"{STORE} could not be read: Could not connect"),
        (STORE, {"BAKEOFF_ROOTS": "/:s3://bakeoff/other"}, 2, f"argument --store: '{STORE}' lies outside of"),
        ("s3://key:secret@bakeoff/models", {}, 2, "argument --store: 's3://…@bakeoff/models' contains credentials"),
        ("memory://bakeoff/models", {}, 2, "argument --store: 'memory://bakeoff/models' is an address, and only"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(bakeoff, store, more, status, text):
    """Whatever is wrong with the address."""
    found, out, err = bakeoff("models", "list", "--store", store, **more)
    assert (status, "", 1) == (found, out, err.count("\n"))
    assert err.startswith(f"bakeoff: {text}"), err
