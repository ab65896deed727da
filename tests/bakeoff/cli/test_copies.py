"""`bakeoff push` and `bakeoff pull`."""

import importlib.util
import json

import pytest

from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import predict


@pytest.fixture(params=["file", "memory"])
def url(request, tmp_path):
    """An empty place for copies."""
    return f"{request.param}://{tmp_path}/copies" if request.param == "file" else f"memory:/{tmp_path}/copies"


def test_a_version_goes_to_another_machine(run, version, url, tmp_path):
    """It is verified and champion there, and has its report; the second time changes nothing."""
    there = tmp_path / "there"
    status, out, err = run("push", "champion", url, "--store", version.parents[1])
    assert (0, "") == (status, err)
    assert f"{version.name} copied to {url}/classifier/{version.name}, verified\n" == out
    assert 0 == run("pull", "latest", url, "--store", there)[0]
    files = {path.name: path.read_bytes() for path in version.iterdir()}
    assert files == {path.name: path.read_bytes() for path in (there / "classifier" / version.name).iterdir()}
    assert 0 == run("models", "verify", "--store", there)[0]
    store = ModelStore(there, "classifier")
    assert (version.name, ["import", "promote"]) == (
        store.champion(),
        [entry["event"] for entry in store.history().entries],
    )
    assert f"pulled from {url}" == store.history().entries[0]["why"]
    journal = store.journal.path.read_bytes()
    for command, target in (("push", version.parents[1]), ("pull", there)):
        status, out, _ = run(command, version.name, url, "--store", target, "--json")
        assert (0, False) == (status, json.loads(out)["copied"])
    assert journal == store.journal.path.read_bytes()


def test_a_pulled_version_predicts(run, version, tmp_path):
    """As where it was trained."""
    run("push", "latest", tmp_path / "copies", "--store", version.parents[1])
    run("pull", "latest", tmp_path / "copies", "--store", tmp_path / "there")
    outputs = [
        predict(store=root, output=str(tmp_path / f"{root.name}-out")) / "predictions.parquet"
        for root in (version.parents[1], tmp_path / "there")
    ]
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def test_what_is_not_there_is_said_in_one_line(run, store, tmp_path):
    """With what there is; nothing is written."""
    root, copies = store.folder.parent, tmp_path / "copies"
    status, out, err = run("pull", "latest", copies, "--store", tmp_path / "there")
    assert (2, "") == (status, out)
    assert (
        f"bakeoff: file://{copies} has no copies of versions: bakeoff push VERSION file://{copies} makes one\n" == err
    )
    run("push", "latest", copies, "--store", root)
    for wanted in ("champion", "20200101T000000Z-00000"):
        status, _, err = run("pull", wanted, copies, "--store", tmp_path / "there")
        assert 2 == status
        assert f"allowed: latest or an id ({store.versions()[-1]})\n" in err
    assert 2 == run("pull", "latest", copies, "--name", "other", "--store", tmp_path / "there")[0]
    assert not (tmp_path / "there").exists()


def test_one_of_several_models_is_chosen_by_name(run, tmp_path):
    """The names are listed."""
    for name in ("a", "b"):
        (tmp_path / "copies" / name / "20200101T000000Z-00000").mkdir(parents=True)
    status, _, err = run("pull", "latest", tmp_path / "copies", "--store", tmp_path / "there")
    assert (2, f"bakeoff: file://{tmp_path}/copies has copies of several models: a, b; choose one by --name\n") == (
        status,
        err,
    )


def test_a_store_is_no_place_for_copies(run, store, tmp_path):
    """A folder of it that its journal doesn't know would be a finding."""
    status, _, err = run("push", "latest", store.folder.parent, "--store", store.folder.parent)
    assert 2 == status
    assert "is a store with a model 'classifier' itself; give another place\n" in err
    assert [] == store.verify()


def test_a_missing_package_is_named(run, store, monkeypatch):
    """With the command that installs it."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in {"s3fs", "gcsfs"} else find(name))
    for scheme, package, extra in (("s3", "s3fs", "bakeoff[objects]"), ("gs", "gcsfs", "gcsfs")):
        status, _, err = run("push", "latest", f"{scheme}://bucket/x", "--store", store.folder.parent)
        expected = f"{scheme}:// needs the package {package}, which is not installed: pip install '{extra}'"
        assert (2, f"bakeoff: {expected}\n") == (status, err)
