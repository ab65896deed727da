"""Versions that several processes add at once, or that a process left half written, touch no other version."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from bakeoff.cli.main import main
from bakeoff.errors import (
    IntegrityError,
    StoreError,
    WriteError,
)
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.conditional_place import ConditionalPlace
from bakeoff.runtime.objects.place import open_place
from bakeoff.store.card import SEALED
from bakeoff.store.copies.pull import pull_version
from bakeoff.store.copies.push import push_version
from bakeoff.store.journal import JOURNAL
from bakeoff.store.model_store import ModelStore
from bakeoff.store.writers.addition import Addition
from bakeoff.store.writers.object_writer import ObjectWriter
from benchmarks.store_crash import describe, export_small
from tests.support.memory_store import (
    DiedError,
    Requests,
    copy_root,
    dying,
    new_root,
    opened,
    requests_of,
)

pytestmark = pytest.mark.usefixtures("at_once")


FILES = {"champion", "journal.jsonl", "journal.head", ".conditions"}


def test_exports_at_once_both_get_there(monkeypatch, memory_store):
    """Under ids in the order of their lines, whichever is first; nothing of a second attempt is left."""
    last = requests_of(monkeypatch, lambda: export_small(opened(copy_root(str(memory_store.root)))))
    for number in range(1, last, 3):
        root = copy_root(str(memory_store.root))
        with dying(monkeypatch, Requests()) as requests:
            requests.meanwhile[number] = lambda root=root: export_small(opened(root), "theirs")
            export_small(opened(root), "ours")
        history = opened(root).history()
        exports = [entry["version"] for entry in history.entries if entry["event"] == "export"]
        assert 5 == len(exports)
        assert sorted(exports) == exports
        assert [] == opened(root).verify()
        files = opened(root)._layout.files
        assert {*exports, *FILES} == {name for name in files.names() if files.exists(name)} | {".conditions"}


def export_same(store, why, text=b"same"):
    """Export a version whose model is always the same, so that ids of one second are the same, too."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in SEALED}
        for name, path in files.items():
            path.write_bytes(b"same" if name == "model.joblib" else text)
        return store.export(files, lambda version, created: describe(store.name, version, created), why).name


def test_exports_of_one_model_at_once_take_two_ids(monkeypatch, memory_store):
    """The latest id is ahead of the clock here, so that both want the next second; nobody removes the other's files."""
    template = str(memory_store.root)
    last = requests_of(monkeypatch, lambda: export_same(opened(copy_root(template)), "ours"))
    for number in range(1, last + 1):
        root, theirs = copy_root(template), []
        with dying(monkeypatch, Requests()) as requests:
            requests.meanwhile[number] = lambda root=root, theirs=theirs: theirs.append(
                export_same(opened(root), "theirs")
            )
            ours = export_same(opened(root), "ours")
        assert {ours, *theirs} == {*opened(root).versions()} - {*memory_store.versions()}, f"request {number}"
        assert [] == opened(root).verify(), f"request {number}"
        assert not [name for name in opened(root)._layout.files.names() if name.startswith(".incoming-")]


def test_a_dead_export_takes_its_second_alone(monkeypatch, memory_store):
    """While the latest id is ahead of the clock, the same model would get the dead one's id again and again."""
    with dying(monkeypatch, Requests()) as requests:
        requests.at = requests_of(monkeypatch, lambda: export_same(opened(copy_root(str(memory_store.root))), "x")) - 8
        with pytest.raises(DiedError):
            export_same(opened(memory_store.root), "dies")
    (marker,) = (name for name in memory_store._layout.files.names() if name.startswith(".incoming-"))
    assert marker.removeprefix(".incoming-") < export_same(memory_store, "lives")
    assert [] == memory_store.verify()


def test_a_marker_whose_answer_was_lost_is_the_own_one(monkeypatch, memory_store):
    """The client sends the request again, and then the condition fails by its own first try."""
    really = ConditionalPlace.replace_if

    def replace_if(place, key, content, version):
        return really(place, key, content, version) and not key.startswith(".incoming-")

    monkeypatch.setattr(ConditionalPlace, "replace_if", replace_if)
    version = export_small(memory_store).name
    assert version == memory_store.versions()[-1]
    assert [] == [name for name in memory_store._layout.files.names() if name.startswith(".incoming-")]


def test_copies_of_one_id_that_differ_do_not_mix(monkeypatch, tmp_path):
    """One is added as it is, and the other is refused before it writes one file."""
    monkeypatch.setattr("bakeoff.store.exports._next_id", lambda *_: "20260101T000000Z-00000")
    places = []
    for number in (1, 2):
        other = ModelStore(tmp_path / f"store{number}", "m")
        version = export_same(other, "x", b"content %d" % number)
        places.append(open_place(parse_address(str(tmp_path / f"copies{number}"))))
        push_version(other, version, places[-1])
    last = requests_of(monkeypatch, lambda: pull_version(opened(new_root()), "latest", places[0]))
    for number in range(1, last + 1, 2):
        root, refused = new_root(), []

        def pull(place, root=root, refused=refused):
            try:
                pull_version(opened(root), "latest", place)
            except (IntegrityError, StoreError) as error:
                refused.append(str(error))

        with dying(monkeypatch, Requests()) as requests:
            requests.meanwhile[number] = lambda pull=pull: pull(places[1])
            pull(places[0])
        assert [] == opened(root).verify(), f"request {number}"
        assert 1 == len(opened(root).versions()), f"request {number}"
        assert 1 == len(refused), f"request {number}"
        assert "another" in refused[0]


def test_pulls_of_one_version_at_once_make_it_once(monkeypatch, copies):
    """Both write the same objects."""
    last = requests_of(monkeypatch, lambda: pull_version(opened(new_root()), "latest", copies))
    for number in range(1, last, 4):
        root = new_root()
        with dying(monkeypatch, Requests()) as requests:
            requests.meanwhile[number] = lambda root=root: pull_version(opened(root), "latest", copies)
            pull_version(opened(root), "latest", copies)
        assert ["import", "promote"] == [entry["event"] for entry in opened(root).history().entries]
        assert [] == opened(root).verify()


def test_what_a_dead_export_left_is_pruned_after_a_day(monkeypatch, memory_store, capsys):
    """Not before: it may still be at work. Whoever is that slow is refused then."""
    count = requests_of(monkeypatch, lambda: export_small(opened(copy_root(str(memory_store.root)))))
    with dying(monkeypatch, Requests()) as requests:
        requests.at = count - 8
        with pytest.raises(DiedError):
            export_small(opened(memory_store.root))
    (marker,) = (name for name in memory_store._layout.files.names() if name.startswith(".incoming-"))
    version = marker.removeprefix(".incoming-")
    assert [] == memory_store.verify()
    assert [] == memory_store.prune(9, 9, "x").pruned
    assert memory_store._layout.files.is_folder(version)
    assert [] == memory_store.plan_prune(9, 9).abandoned
    monkeypatch.setattr("bakeoff.store.layout.ABANDONED", -timedelta(days=1))
    command = ["models", "prune", "--store", str(memory_store.root), "--name", "m", "--keep", "9"]
    assert 0 == main(command)
    assert f"removes  {version}  an export that was never finished" in capsys.readouterr().out
    assert [version] == memory_store.plan_prune(9, 9).abandoned
    assert [version] == memory_store.prune(9, 9, "x").abandoned
    assert [] == memory_store.prune(9, 9, "x").abandoned
    assert not memory_store._layout.files.is_folder(version)
    assert [version] == memory_store.history().entries[-1]["versions"]
    assert 3 == len(memory_store.versions())
    assert [] == memory_store.verify()


def test_a_bucket_that_lets_nobody_delete_takes_changes(monkeypatch, memory_store, caplog):
    """With a warning: markers stay, and say nothing once the journal has the version."""
    with monkeypatch.context() as patch:

        def refuse(*_):
            raise PermissionError(13, "Access Denied")

        patch.setattr(ConditionalPlace, "remove", refuse)
        for _ in range(2):
            export_small(memory_store)
        memory_store.rollback("x")
    assert 5 == len(memory_store.versions())
    assert [] == memory_store.verify()
    warned = [line for line in caplog.messages if ".incoming-* can't be removed: Access Denied" in line]
    assert len(warned) == len(caplog.messages) <= 5  # one behind each export, and before each change but the first


def test_a_refusal_for_a_while_makes_one_change(monkeypatch, memory_store):
    """S3 answers 409 to a request while one that was sent before is under way, and that one may win."""
    before = memory_store.champion()
    really, answers = ConditionalPlace.replace_if, iter([False, False])

    def refuse_twice(place, key, content, version):
        if key == JOURNAL and (answer := next(answers, None)) is not None:
            late.append((key, content, version))
            return answer
        if key == JOURNAL:
            assert late[0] == late[1] == (key, content, version)
            really(place, *late[0])
        return really(place, key, content, version)

    late = []
    monkeypatch.setattr(ConditionalPlace, "replace_if", refuse_twice)
    memory_store.rollback("once")
    assert 1 == sum(entry["event"] == "rollback" for entry in memory_store.history().entries)
    assert before != memory_store.champion()


def test_a_slow_export_that_was_pruned_is_refused(monkeypatch, memory_store):
    """Its files are gone by then, so its line must not come."""
    upload = ObjectWriter._upload
    monkeypatch.setattr("bakeoff.store.layout.ABANDONED", -timedelta(days=1))

    def slow(writer, addition):
        digest = upload(writer, addition)
        opened(memory_store.root).prune(9, 9, "x")
        return digest

    monkeypatch.setattr(ObjectWriter, "_upload", slow)
    with pytest.raises(StoreError, match="was pruned while it was written; try again"):
        export_small(memory_store)
    assert 3 == len(memory_store.versions())
    assert [] == memory_store.verify()


def test_a_temporary_folder_that_can_not_be_written_is_named(monkeypatch, memory_store, copies, tmp_path):
    """It is neither the bucket's fault nor that of the credentials."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("bakeoff.runtime.workspace.tempfile.mkdtemp", refuse)
    place = open_place(parse_address(str(tmp_path / "copies")))
    text = "the folder for temporary files could not be written: Permission denied; TMPDIR chooses another"
    for change in (
        lambda: memory_store._change(
            lambda writer: writer.add(Addition("20990101T000000Z-00000", lambda _: "", "export", "x", None))
        ),
        lambda: push_version(memory_store, memory_store.versions()[0], place),
        lambda: pull_version(memory_store, "latest", copies),
    ):
        with pytest.raises(WriteError, match=text):
            change()
