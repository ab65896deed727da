"""A store in an object store keeps a disk's promises; the objects are in memory, and requests fail or are the last."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bakeoff.errors import BakeoffError
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.place import open_place
from bakeoff.store.copies.pull import pull_version
from bakeoff.store.copies.push import push_version
from bakeoff.store.history import FIRST
from bakeoff.store.keys import NO_KEYS, Keys, fingerprint
from bakeoff.store.model_store import ModelStore
from bakeoff.store.writers import journal_object
from benchmarks.store_crash import export_small
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
