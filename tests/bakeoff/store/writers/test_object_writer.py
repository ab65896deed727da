"""A store in an object store keeps a disk's promises; the objects are in memory, and requests fail or are the last."""

import pytest

from bakeoff.errors import (
    BakeoffError,
    UserError,
)
from bakeoff.runtime.objects.conditional_place import NOBODYS, ConditionalPlace
from bakeoff.store.copies.pull import pull_version
from bakeoff.store.history import FIRST
from benchmarks.store_crash import export_small
from tests.support.dying_writer import state
from tests.support.memory_store import DiedError, Requests, copy_root, dying, keys_of, opened, points, prepared

pytestmark = pytest.mark.usefixtures("at_once")


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


@pytest.mark.parametrize(("version", "condition"), [(None, "If-None-Match"), (NOBODYS, "If-Match")])
def test_a_server_that_ignores_conditions_is_refused(monkeypatch, memory_store, version, condition):
    """Before anything is written but the object to try them with."""
    really = ConditionalPlace.replace_if

    def replace_if(place, key, content, given):
        return (given == version) or really(place, key, content, given)

    monkeypatch.setattr(ConditionalPlace, "replace_if", replace_if)
    before = memory_store.history()
    for change in (memory_store.require_ready, lambda: memory_store.rollback("x")):
        with pytest.raises(UserError, match=f"can't be a store: its server ignores {condition}; use a newer one"):
            change()
    assert before == memory_store.history()
