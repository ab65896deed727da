"""Files of a store in an object store are those of a folder, and checked alike."""

import fsspec
import pytest

from bakeoff.errors import (
    IntegrityError,
)
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import names_in
from tests.support.memory_store import new_root, opened

pytestmark = pytest.mark.usefixtures("at_once")


def test_an_object_that_was_changed_is_found(memory_store):
    """As in a folder: files, cards, journal and head."""
    files, folder = fsspec.filesystem("memory"), f"/{memory_store.folder.path}"
    version = memory_store.versions()[0]
    for name, text in (
        (f"{version}/model.joblib", "model.joblib differs from its card"),
        (f"{version}/card.json", "card.json differs from the journal"),
        ("journal.jsonl", "journal line 1 is not what was written"),
        ("journal.head", "journal.head is not what was written"),
    ):
        content = files.cat_file(f"{folder}/{name}")
        files.pipe_file(f"{folder}/{name}", b"x" + content[1:])
        assert any(text in finding.text for finding in memory_store.verify()), name
        files.pipe_file(f"{folder}/{name}", content)
    files.pipe_file(f"{folder}/20260101T000000Z-00000/model.joblib", b"x")
    assert ["it is not in the journal: Bakeoff did not export it"] == [
        finding.text for finding in memory_store.verify()
    ]
    files.rm_file(f"{folder}/journal.jsonl")
    with pytest.raises(IntegrityError, match="the journal of 'm' is not used: "):
        memory_store.rollback("x")


def test_a_store_in_objects_is_that_of_a_folder(tmp_path, memory_store):
    """Copied to a disk, the objects are a store; and the other way."""
    files = fsspec.filesystem("memory")
    for path in files.find(f"/{memory_store.root.path}"):
        target = tmp_path / path.removeprefix(f"/{memory_store.root.path}/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files.cat_file(path))
    there = ModelStore(tmp_path, "m")
    assert memory_store.history() == there.history()
    assert [] == there.verify()
    there.promote(there.versions()[0], "on the disk")
    root = new_root()
    for path in there.folder.rglob("*"):
        if path.is_file():
            files.pipe_file(f"{root.removeprefix('memory:/')}/{path.relative_to(tmp_path)}", path.read_bytes())
    assert [] == opened(root).verify()
    opened(root).rollback("in objects")
    assert [] == opened(root).verify()


def test_a_report_is_written_again(memory_store):
    """It is the only object of a version that changes."""
    version = memory_store.versions()[0]
    assert f"{memory_store.root}/m/{version}/report.html" == str(memory_store.write_report(version, "<p>new</p>"))
    assert b"<p>new</p>" == memory_store.read_report(version)
    assert [] == memory_store.verify()
    assert ["m"] == names_in(memory_store.root)
