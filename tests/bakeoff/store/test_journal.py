"""A journal that was changed behind the store's back is found, and nothing of the model is used."""

import json
import math
import shutil

import pytest
from forging import rewrite_journal

from bakeoff.errors import IntegrityError, StoreError
from bakeoff.runtime.locks import locked
from bakeoff.store.journal import Journal
from bakeoff.store.model_store import ModelStore


@pytest.mark.parametrize("line", range(4))
@pytest.mark.parametrize("how", ["removed", "edited", "broken", "doubled"])
def test_a_changed_journal_is_found(store, line, how):
    """Each line holds the digest of the one before, and the head that of the last."""
    lines = store.journal.path.read_text().splitlines()
    if how == "removed":
        del lines[line]
    elif how == "doubled":
        lines.insert(line, lines[line])
    else:
        lines[line] = lines[line].replace("export", "exp0rt") if how == "broken" else lines[line].replace("20", "19", 1)
        lines[line] = lines[line].replace("promote", "promoted")
    store.journal.path.write_text("\n".join(lines) + "\n")
    assert any("journal" in finding.text for finding in store.verify())
    for act in (store.champion, store.versions, store.require_ready, lambda: store.rollback("x")):
        with pytest.raises(IntegrityError, match="the journal of 'classifier' is not used"):
            act()


def test_a_journal_that_is_gone_is_no_empty_store(store):
    """Versions without it are not used, and no new one is begun over them."""
    store.journal.path.unlink()
    for findings in (store.verify(), store.verify("latest")):
        assert ["the journal was cut: 0 of 4 lines are left; restore the model's folder from a backup"] == [
            finding.text[:84] for finding in findings if finding.version is None
        ]
    store.journal.head.unlink()
    for act in (store.champion, store.require_ready, lambda: store.resolve("latest")):
        with pytest.raises(IntegrityError, match="journal.jsonl is gone, or all that was in it"):
            act()
    assert "journal.jsonl is gone" in store.verify()[0].text


@pytest.mark.parametrize("content", [None, "", "99 x", "3 " + "0" * 64 + "\n"])
def test_a_head_that_is_gone_or_wrong_is_found(store, content):
    """It is as much a part of the journal as a line."""
    store.journal.head.unlink()
    if content is not None:
        store.journal.head.write_text(content)
    assert store.verify()
    with pytest.raises(IntegrityError, match="the journal of 'classifier' is not used"):
        store.champion()


def test_a_torn_last_line_is_left_out_and_cut_at_the_next_write(store):
    """As a crash in the middle of an append leaves it."""
    champion = store.champion()
    with store.journal.path.open("a") as file:
        file.write('{"time": "2026-01-01T00:00:00Z", "event": "promo')
    assert champion == store.champion()
    store.promote(store.versions()[2], "x")
    assert [] == store.verify()


def test_a_torn_line_may_be_cut_within_a_letter(store):
    """Half of an é is no reason to lose the store."""
    with store.journal.path.open("ab") as file:
        file.write('{"why": "é'.encode()[:-1])
    assert store.versions()[0] == store.champion()
    store.promote(store.versions()[1], "é")
    assert [] == store.verify()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"somebody"])
def test_a_damaged_pointer_is_found_and_mended(store, content):
    """The journal is the truth."""
    (store.folder / "champion").write_bytes(content)
    assert "the file champion says" in store.verify()[0].text
    store.promote(store.versions()[1], "x")
    assert [] == store.verify()


def entry(event, **more):
    """A line that is right but for what is asked for."""
    right = {"time": "2026-01-01T00:00:00Z", "version": "20260101T000000Z-00000", "why": "", "previous": None}
    return json.dumps({"event": event, **right, **more})


@pytest.mark.parametrize(
    "line",
    [
        entry("rollback"),
        entry("promote"),
        entry("export"),  # without the card's digest
        entry("prune", versions=["../../elsewhere"]),
        entry("prune", versions="20260101T000000Z-00000"),
        entry("promote", version="../../elsewhere"),
        entry("promote", version="99999999T999999Z-00000"),
        entry("export", card_sha256="0", key=[]),
        entry("export", card_sha256="0", by=7),
        entry("promote", time="2026-02-31T00:00:00Z"),
        entry("promote", why=None),
        entry("crown"),
        entry("rollback", holds="export"),
        entry("keep", challenger="20260101T000000Z-00000", holds="promotion"),
        entry("promote", by=float("nan")),
        "[]",
        "[" * 100_000,
        "é".encode("latin-1").decode("utf-8", "surrogateescape"),
    ],
)
def test_a_journal_that_makes_no_sense_is_a_finding(store, line):
    """No error but the store's own gets through."""
    store.journal.head.unlink()
    store.journal.path.write_bytes(line.encode("utf-8", "surrogateescape") + b"\n")
    assert store.verify()
    with pytest.raises(IntegrityError, match="the journal of 'classifier' is not used"):
        store.champion()


def test_a_journal_that_cannot_be_read_is_a_finding(store, tmp_path):
    """And below a file there is no store at all."""
    store.journal.path.unlink()
    store.journal.path.mkdir()
    assert "it can't be read: it is no file" == store.verify()[0].text
    with pytest.raises(IntegrityError, match="it can't be read"):
        store.champion()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="is a file; give a folder"):
        ModelStore(tmp_path / "file", "classifier").resolve("latest")


def test_a_line_that_is_cut_while_it_is_read_is_read_again(store, monkeypatch):
    """A reader takes no lock, and may see what a crash left just as the next writer puts its own line there."""
    whole, reads = store.journal.path.read_bytes(), []

    def mixed(journal):
        reads.append(journal)
        return whole if len(reads) > 1 else whole + b'{"time": "20" and the end of another line}\n'

    monkeypatch.setattr(Journal, "_read", mixed)
    assert 3 == len(store.versions())
    assert 2 == len(reads)


@pytest.mark.parametrize("left", ["nothing", "champion", "journal.head"])
def test_a_store_that_was_emptied_is_found(store, left):
    """As long as its folder stands; nothing is begun anew where a champion was."""
    for path in store.folder.iterdir():
        if path.name != left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert 1 == len(store.verify())
    if left != "nothing":
        with pytest.raises(IntegrityError, match="the journal of 'classifier' is not used"):
            store.require_ready()


def test_a_reader_does_not_wait_for_a_writer_that_hangs(store, monkeypatch):
    """Longer than two seconds, here a tenth of one; what is damaged is said."""
    monkeypatch.setattr("bakeoff.store.layout.PATIENCE_SECONDS", 0.1)
    with locked(store.folder / ".lock"):
        assert [] == store.verify()
        store.journal.head.unlink()
        with pytest.raises(IntegrityError, match="journal.head is missing"):
            store.champion()


@pytest.mark.parametrize(
    "more",
    [
        *({"figures": figures} for figures in ("text", {"a": [1]}, {"a": None}, {"a": {"b": 1}}, {"a": math.inf})),
        *({"versions": versions} for versions in (5, [{}])),
        {"challenger": "x"},
        {"unknown": 1},
        {"by": 5},
    ],
)
def test_entries_of_another_shape_are_none(store, more):
    """What is read later is there, and has the type that it should; nothing else is."""
    entry = json.loads(store.journal.path.read_text().splitlines()[-1])
    line = json.dumps(entry | more).replace("Infinity", "1e999")
    store.journal.path.write_text(line + "\n")
    assert any("is not what was written" in finding.text for finding in store.verify())


def test_a_decision_about_a_version_that_never_was_is_found(store):
    """Though every digest fits."""
    store.keep(store.champion(), store.versions()[2], "not better")
    assert [] == store.verify()
    lines = store.journal.path.read_text().splitlines()
    forged = json.loads(lines[-1]) | {"challenger": "20200101T000000Z-00000"}
    store.journal.path.write_text("\n".join([*lines[:-1], json.dumps(forged)]) + "\n")
    rewrite_journal(store)
    assert any("not both versions of it" in finding.text for finding in store.verify())
