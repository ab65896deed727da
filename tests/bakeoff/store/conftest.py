"""A store in memory, and copies of a version, for tests of stores in object stores."""

import pytest

from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.place import open_place
from bakeoff.store.copies.push import push_version
from bakeoff.store.model_store import ModelStore
from bakeoff.store.writers import journal_object
from benchmarks.store_crash import export_small
from tests.support.memory_store import opened, prepared


@pytest.fixture
def at_once(monkeypatch):
    """Nobody waits for other processes, which there are none of."""
    monkeypatch.setattr(journal_object, "LONGEST_PAUSE", 0.0)
    monkeypatch.setattr("bakeoff.store.files.object_files.SETTLING_SECONDS", 0.0)


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """A folder of copies of one version of another store."""
    folder = tmp_path_factory.mktemp("copies")
    other = ModelStore(folder / "other", "m")
    export_small(other)
    place = open_place(parse_address(str(folder / "copies")))
    push_version(other, other.versions()[0], place)
    return place


@pytest.fixture
def memory_store():
    """A store of three versions, of which the second is champion."""
    return opened(prepared("promote"))
