"""Changes of several processes at once are each made, once, on what is there; what failed is said as it is."""

import contextlib

import pytest

from bakeoff.errors import (
    BakeoffError,
    ChampionChangedError,
    WriteError,
)
from bakeoff.store.writers.journal_object import ConflictError, JournalObject
from bakeoff.store.writers.object_writer import ObjectWriter
from tests.support.memory_store import (
    KEYS,
    Requests,
    copy_root,
    dying,
    opened,
    requests_of,
)

pytestmark = pytest.mark.usefixtures("at_once")


def test_a_promotion_that_another_overtakes_is_made_again(monkeypatch, memory_store):
    """At whichever request: both have their line, and the later one is champion."""
    first, _, third = memory_store.versions()
    root, count = str(memory_store.root), 0
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


def test_an_automatic_decision_about_another_champion_is_refused(monkeypatch, memory_store):
    """It was compared with a champion that is none any more, as it turns out when the journal is replaced."""
    first, second, third = memory_store.versions()
    last = requests_of(
        monkeypatch, lambda: opened(copy_root(str(memory_store.root))).promote(third, "x", instead_of=second)
    )
    for number in range(1, last):
        root = copy_root(str(memory_store.root))
        with dying(monkeypatch, Requests()) as requests:
            requests.meanwhile[number] = lambda root=root: opened(root).promote(first, "by hand")
            promoted = [third, first]  # it was first: the other one decided by hand
            with contextlib.suppress(ChampionChangedError):
                opened(root).promote(third, "automatic", instead_of=second)
                assert promoted == [entry["version"] for entry in opened(root).history().entries[-2:]]
        assert first == opened(root).champion()


def test_signing_waits_for_nobody_who_writes_champion(monkeypatch, memory_store):
    """Between another's line and its `champion` the two differ, which is no finding."""
    update, count = JournalObject.update, 0
    first, template = memory_store.versions()[0], str(memory_store.root)

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


def test_what_is_not_answered_may_still_be_done(monkeypatch, memory_store):
    """A refused request can't; of one without an answer the message says so, without the endpoint's password."""
    last = requests_of(monkeypatch, lambda: opened(copy_root(str(memory_store.root))).rollback("x"))
    texts = set()
    for number in range(1, last + 1):
        root = copy_root(str(memory_store.root))
        with dying(monkeypatch, Requests()) as requests:
            requests.at, requests.error = number, OSError(5, "no answer from http://me:secret@host/b")
            try:
                opened(root).rollback("x")
            except BakeoffError as error:
                texts.add(str(error))
    assert any("the change was not made so far, but the request may still arrive" in text for text in texts)
    assert not any("secret" in text for text in texts)


def test_a_log_line_has_no_password(monkeypatch, memory_store, caplog):
    """What follows from the journal may fail, which is logged."""

    def update(_):
        raise OSError(5, "Could not connect to http://me:secret@host/b")

    monkeypatch.setattr(JournalObject, "update", update)
    memory_store.rollback("x")
    assert "the journal is ahead of the other objects: Could not connect to http://…@host/b" in caplog.text


def test_others_that_are_always_first_end_in_one_line(monkeypatch, memory_store):
    """After some tries; nothing was changed."""
    monkeypatch.setattr(ObjectWriter, "commit", lambda *_: overtaken())
    text = "could not be changed, 15 times: another process changed it first; nothing was changed"
    with pytest.raises(WriteError, match=text):
        memory_store.resume("x") or memory_store.rollback("x")


def overtaken():
    raise ConflictError
