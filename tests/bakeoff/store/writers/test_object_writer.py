"""A store in an object store keeps a disk's promises; the objects are in memory, and requests fail or are the last."""

import contextlib
import tempfile
from datetime import timedelta
from pathlib import Path

import fsspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bakeoff.errors import (
    BakeoffError,
    ChampionChangedError,
    IntegrityError,
    StoreError,
    UserError,
    WriteError,
)
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.conditional_place import NOBODYS, ConditionalPlace
from bakeoff.runtime.objects.place import open_place
from bakeoff.store.card import SEALED
from bakeoff.store.copies.pull import pull_version
from bakeoff.store.copies.push import push_version
from bakeoff.store.history import FIRST
from bakeoff.store.keys import NO_KEYS, Keys, fingerprint
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import names_in
from bakeoff.store.writers import journal_object
from bakeoff.store.writers.addition import Addition
from bakeoff.store.writers.journal_object import ConflictError, JournalObject
from bakeoff.store.writers.object_writer import ObjectWriter
from benchmarks.store_crash import describe, export_small
from tests.support.dying_writer import state
from tests.support.memory_store import DiedError, Requests, copy_root, dying, new_root, opened, points

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = Keys(PRIVATE, {fingerprint(PRIVATE.public_key()): PRIVATE.public_key()})


@pytest.fixture(autouse=True)
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


CHANGES = {
    "first": lambda store, _: export_small(store, "new"),
    "export": lambda store, _: export_small(store, "new"),
    "promote": lambda store, _: store.promote(store.versions()[2], "new"),
    "keep": lambda store, _: store.keep(store.champion(), store.versions()[2], "new", figures={"gain": -0.01}),
    "rollback": lambda store, _: store.rollback("new"),
    "resume": lambda store, _: store.resume("new"),
    "prune": lambda store, _: store.prune(0, 1, "new"),
    "sign": lambda store, _: store.sign("new", as_it_stands=True),
    "signed": lambda store, _: store.promote(store.versions()[2], "new"),
    "pull": lambda store, copies: pull_version(store, "latest", copies),
}


FAILING = ("export", "promote", "prune", "signed")
FILES = {"champion", "journal.jsonl", "journal.head", ".conditions"}


def keys_of(change, reader=False):
    """The keys of those who make a change; a reader of a store that is only now signed asks for no signature."""
    return KEYS if change == "signed" or (change == "sign" and not reader) else NO_KEYS


def prepared(change):
    """A store of three versions, of which the first and then the second were champion; none for a first export."""
    root = new_root()
    store = opened(root, KEYS if change == "signed" else NO_KEYS)
    if change != "first":
        for _ in range(3):
            export_small(store)
        store.promote(store.versions()[1], "old")
        if change == "resume":
            store.rollback("old")
    return root


def look(root, change, before):
    """What a reader sees must be the store before the change, or a whole change; returns whether that was made."""
    store = opened(root, keys_of(change, reader=True))
    versions, champion, why = state(store)
    made = (versions, champion, why) != before
    if made:
        assert why in {"new", FIRST} or change == "pull"
        assert champion in versions
    else:
        assert (versions, champion) == before[:2]
    assert [] == [finding for finding in store.verify() if finding.version not in {None, *store.history().pruned}]
    return made


@pytest.mark.parametrize(
    ("change", "error"),
    [*((change, None) for change in CHANGES), *((change, OSError(5, "no answer")) for change in FAILING)],
)
def test_any_request_may_be_the_last_or_fail(monkeypatch, copies, change, error):
    """Before it takes effect, or after: the change is made or not, and can be made again; one that failed says so."""
    template, made = prepared(change), set()
    before = state(opened(template, keys_of(change, reader=True)))
    for number, after in points(both=error is not None):
        root = copy_root(template)
        requests = Requests()
        requests.at, requests.after, requests.error = number, after, error or DiedError()
        acknowledged = True
        with dying(monkeypatch, requests):
            try:
                CHANGES[change](opened(root, keys_of(change)), copies)
            except DiedError if error is None else BakeoffError:  # noqa: B030
                acknowledged = False
        if requests.count < number:
            break
        done = look(root, change, before)
        made.add(done)
        assert done or not acknowledged, f"request {number} {after}: acknowledged, and not there"
        store = opened(root, keys_of(change))
        if not done:
            CHANGES[change](store, copies)
            assert look(root, change, before), f"request {number} {after}: not made by the next process"
        store.record_labels([], "nothing new: but the next writer finishes what is left")
        assert [] == store.verify(), f"request {number} {after}"
        files = store._layout.files
        left = {name for name in files.names() if files.exists(name)} - FILES
        incoming = {name for name in left if name.startswith(".incoming-")}
        assert left - incoming <= {*store.versions(), *store.history().pruned, *(name[10:] for name in incoming)}
    assert {True, False} == made
    assert number > 10


@pytest.fixture
def store():
    """A store of three versions, of which the second is champion."""
    return opened(prepared("promote"))


def requests_of(monkeypatch, change):
    """The number of requests that a change sends."""
    with dying(monkeypatch, Requests()) as requests:
        change()
    return requests.count


def test_a_promotion_that_another_overtakes_is_made_again(monkeypatch, store):
    """At whichever request: both have their line, and the later one is champion."""
    first, _, third = store.versions()
    root, count = str(store.root), 0
    while True:
        count += 1
        ours, theirs = opened(copy_root(root)), None
        requests = Requests()
        theirs = opened(ours.root)
        before = len(ours.history().entries)
        with dying(monkeypatch, requests):
            ours_first = opened(ours.root)
            assert ours_first._layout.files.objects  # opened with these requests
            requests.meanwhile[requests.count + count] = lambda theirs=theirs: theirs.promote(first, "theirs")
            assert ours_first.promote(third, "ours")
        if requests.meanwhile:
            break
        entries = opened(ours.root).history().entries[before:]
        assert {"ours", "theirs"} == {entry["why"] for entry in entries}, f"request {count}"
        assert 2 == len(entries)
        assert [] == opened(ours.root).verify()
    assert count > 10


def test_an_automatic_decision_about_another_champion_is_refused(monkeypatch, store):
    """It was compared with a champion that is none any more, as it turns out when the journal is replaced."""
    first, second, third = store.versions()
    last = requests_of(monkeypatch, lambda: opened(copy_root(str(store.root))).promote(third, "x", instead_of=second))
    for number in range(1, last):
        root = copy_root(str(store.root))
        with dying(monkeypatch, Requests()) as requests:
            requests.meanwhile[number] = lambda root=root: opened(root).promote(first, "by hand")
            promoted = [third, first]  # it was first: the other one decided by hand
            with contextlib.suppress(ChampionChangedError):
                opened(root).promote(third, "automatic", instead_of=second)
                assert promoted == [entry["version"] for entry in opened(root).history().entries[-2:]]
        assert first == opened(root).champion()


def test_exports_at_once_both_get_there(monkeypatch, store):
    """Under ids in the order of their lines, whichever is first; nothing of a second attempt is left."""
    last = requests_of(monkeypatch, lambda: export_small(opened(copy_root(str(store.root)))))
    for number in range(1, last, 3):
        root = copy_root(str(store.root))
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


def test_exports_of_one_model_at_once_take_two_ids(monkeypatch, store):
    """The latest id is ahead of the clock here, so that both want the next second; nobody removes the other's files."""
    template = str(store.root)
    last = requests_of(monkeypatch, lambda: export_same(opened(copy_root(template)), "ours"))
    for number in range(1, last + 1):
        root, theirs = copy_root(template), []
        with dying(monkeypatch, Requests()) as requests:
            requests.meanwhile[number] = lambda root=root, theirs=theirs: theirs.append(
                export_same(opened(root), "theirs")
            )
            ours = export_same(opened(root), "ours")
        assert {ours, *theirs} == {*opened(root).versions()} - {*store.versions()}, f"request {number}"
        assert [] == opened(root).verify(), f"request {number}"
        assert not [name for name in opened(root)._layout.files.names() if name.startswith(".incoming-")]


def test_a_dead_export_takes_its_second_alone(monkeypatch, store):
    """While the latest id is ahead of the clock, the same model would get the dead one's id again and again."""
    with dying(monkeypatch, Requests()) as requests:
        requests.at = requests_of(monkeypatch, lambda: export_same(opened(copy_root(str(store.root))), "x")) - 8
        with pytest.raises(DiedError):
            export_same(opened(store.root), "dies")
    (marker,) = (name for name in store._layout.files.names() if name.startswith(".incoming-"))
    assert marker.removeprefix(".incoming-") < export_same(store, "lives")
    assert [] == store.verify()


def test_a_marker_whose_answer_was_lost_is_the_own_one(monkeypatch, store):
    """The client sends the request again, and then the condition fails by its own first try."""
    really = ConditionalPlace.replace_if

    def replace_if(place, key, content, version):
        return really(place, key, content, version) and not key.startswith(".incoming-")

    monkeypatch.setattr(ConditionalPlace, "replace_if", replace_if)
    version = export_small(store).name
    assert version == store.versions()[-1]
    assert [] == [name for name in store._layout.files.names() if name.startswith(".incoming-")]


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


def test_signing_waits_for_nobody_who_writes_champion(monkeypatch, store):
    """Between another's line and its `champion` the two differ, which is no finding."""
    update, count = JournalObject.update, 0
    first, template = store.versions()[0], str(store.root)

    def theirs(root):
        with monkeypatch.context() as patch:
            patch.setattr(JournalObject, "update", lambda _: None)
            opened(root).promote(first, "theirs")

    last = requests_of(monkeypatch, lambda: opened(copy_root(template), KEYS).sign("x", as_it_stands=True))
    for number in range(1, last):
        root = copy_root(template)
        with dying(monkeypatch, Requests()) as requests:
            requests.meanwhile[number] = lambda root=root: theirs(root)
            opened(root, KEYS).sign("ours", as_it_stands=True)
        assert JournalObject.update is update
        assert [] == opened(root, KEYS).verify(), f"request {number}"
        count += "sign" == opened(root).history().entries[-1]["event"]
    assert count > 1


def test_what_is_not_answered_may_still_be_done(monkeypatch, store):
    """A refused request can't; of one without an answer the message says so, without the endpoint's password."""
    last = requests_of(monkeypatch, lambda: opened(copy_root(str(store.root))).rollback("x"))
    texts = set()
    for number in range(1, last + 1):
        root = copy_root(str(store.root))
        with dying(monkeypatch, Requests()) as requests:
            requests.at, requests.error = number, OSError(5, "no answer from http://me:secret@host/b")
            try:
                opened(root).rollback("x")
            except BakeoffError as error:
                texts.add(str(error))
    assert any("the change was not made so far, but the request may still arrive" in text for text in texts)
    assert not any("secret" in text for text in texts)


def test_a_log_line_has_no_password(monkeypatch, store, caplog):
    """What follows from the journal may fail, which is logged."""

    def update(_):
        raise OSError(5, "Could not connect to http://me:secret@host/b")

    monkeypatch.setattr(JournalObject, "update", update)
    store.rollback("x")
    assert "the journal is ahead of the other objects: Could not connect to http://…@host/b" in caplog.text


def test_a_temporary_folder_that_can_not_be_written_is_named(monkeypatch, store, copies, tmp_path):
    """It is neither the bucket's fault nor that of the credentials."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("bakeoff.runtime.workspace.tempfile.mkdtemp", refuse)
    place = open_place(parse_address(str(tmp_path / "copies")))
    text = "the folder for temporary files could not be written: Permission denied; TMPDIR chooses another"
    for change in (
        lambda: store._change(
            lambda writer: writer.add(Addition("20990101T000000Z-00000", lambda _: "", "export", "x", None))
        ),
        lambda: push_version(store, store.versions()[0], place),
        lambda: pull_version(store, "latest", copies),
    ):
        with pytest.raises(WriteError, match=text):
            change()


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


def test_others_that_are_always_first_end_in_one_line(monkeypatch, store):
    """After some tries; nothing was changed."""
    monkeypatch.setattr(ObjectWriter, "commit", lambda *_: overtaken())
    text = "could not be changed, 15 times: another process changed it first; nothing was changed"
    with pytest.raises(WriteError, match=text):
        store.resume("x") or store.rollback("x")


def overtaken():
    raise ConflictError


@pytest.mark.parametrize(("version", "condition"), [(None, "If-None-Match"), (NOBODYS, "If-Match")])
def test_a_server_that_ignores_conditions_is_refused(monkeypatch, store, version, condition):
    """Before anything is written but the object to try them with."""
    really = ConditionalPlace.replace_if

    def replace_if(place, key, content, given):
        return (given == version) or really(place, key, content, given)

    monkeypatch.setattr(ConditionalPlace, "replace_if", replace_if)
    before = store.history()
    for change in (store.require_ready, lambda: store.rollback("x")):
        with pytest.raises(UserError, match=f"can't be a store: its server ignores {condition}; use a newer one"):
            change()
    assert before == store.history()


def test_what_a_dead_export_left_is_pruned_after_a_day(monkeypatch, store):
    """Not before: it may still be at work. Whoever is that slow is refused then."""
    count = requests_of(monkeypatch, lambda: export_small(opened(copy_root(str(store.root)))))
    with dying(monkeypatch, Requests()) as requests:
        requests.at = count - 8
        with pytest.raises(DiedError):
            export_small(opened(store.root))
    (marker,) = (name for name in store._layout.files.names() if name.startswith(".incoming-"))
    version = marker.removeprefix(".incoming-")
    assert [] == store.verify()
    assert [] == store.prune(9, 9, "x").pruned
    assert store._layout.files.is_folder(version)
    monkeypatch.setattr("bakeoff.store.writers.object_writer.ABANDONED", -timedelta(days=1))
    store.prune(9, 9, "x")
    assert not store._layout.files.is_folder(version)
    assert [version] == store.history().entries[-1]["versions"]
    assert 3 == len(store.versions())
    assert [] == store.verify()


def test_a_slow_export_that_was_pruned_is_refused(monkeypatch, store):
    """Its files are gone by then, so its line must not come."""
    upload = ObjectWriter._upload
    monkeypatch.setattr("bakeoff.store.writers.object_writer.ABANDONED", -timedelta(days=1))

    def slow(writer, addition):
        digest = upload(writer, addition)
        opened(store.root).prune(9, 9, "x")
        return digest

    monkeypatch.setattr(ObjectWriter, "_upload", slow)
    with pytest.raises(StoreError, match="was pruned while it was written; try again"):
        export_small(store)
    assert 3 == len(store.versions())
    assert [] == store.verify()


def test_an_object_that_was_changed_is_found(store):
    """As in a folder: files, cards, journal and head."""
    files, folder = fsspec.filesystem("memory"), f"/{store.folder.path}"
    version = store.versions()[0]
    for name, text in (
        (f"{version}/model.joblib", "model.joblib differs from its card"),
        (f"{version}/card.json", "card.json differs from the journal"),
        ("journal.jsonl", "journal line 1 is not what was written"),
        ("journal.head", "journal.head is not what was written"),
    ):
        content = files.cat_file(f"{folder}/{name}")
        files.pipe_file(f"{folder}/{name}", b"x" + content[1:])
        assert any(text in finding.text for finding in store.verify()), name
        files.pipe_file(f"{folder}/{name}", content)
    files.pipe_file(f"{folder}/20260101T000000Z-00000/model.joblib", b"x")
    assert ["it is not in the journal: Bakeoff did not export it"] == [finding.text for finding in store.verify()]
    files.rm_file(f"{folder}/journal.jsonl")
    with pytest.raises(IntegrityError, match="the journal of 'm' is not used: "):
        store.rollback("x")


def test_a_store_in_objects_is_that_of_a_folder(tmp_path, store):
    """Copied to a disk, the objects are a store; and the other way."""
    files = fsspec.filesystem("memory")
    for path in files.find(f"/{store.root.path}"):
        target = tmp_path / path.removeprefix(f"/{store.root.path}/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files.cat_file(path))
    there = ModelStore(tmp_path, "m")
    assert store.history() == there.history()
    assert [] == there.verify()
    there.promote(there.versions()[0], "on the disk")
    root = new_root()
    for path in there.folder.rglob("*"):
        if path.is_file():
            files.pipe_file(f"{root.removeprefix('memory:/')}/{path.relative_to(tmp_path)}", path.read_bytes())
    assert [] == opened(root).verify()
    opened(root).rollback("in objects")
    assert [] == opened(root).verify()


def test_a_report_is_written_again(store):
    """It is the only object of a version that changes."""
    version = store.versions()[0]
    assert f"{store.root}/m/{version}/report.html" == str(store.write_report(version, "<p>new</p>"))
    assert b"<p>new</p>" == store.read_report(version)
    assert [] == store.verify()
    assert ["m"] == names_in(store.root)
