"""What was changed behind the store's back is found, and never used."""

import hashlib
import json
import os
import shutil
from contextlib import nullcontext, suppress
from pathlib import Path

import joblib
import pytest

from bakeoff import files
from bakeoff.cli import main
from bakeoff.errors import BakeoffError, IntegrityError, StoreError, WriteError
from bakeoff.journal import Journal
from bakeoff.loading import load_model
from bakeoff.locks import locked
from bakeoff.sealing import SEALED
from bakeoff.store import ModelStore
from benchmarks.store_crash import export_small
from tests.bakeoff.conftest import signed, trusting


def rewrite_card(folder):
    """Make a version's card fit its files, as an attacker would."""
    card = json.loads((folder / "card.json").read_text())
    for name, sealed in card["files"].items():
        sealed["sha256"] = files.sha256_file(folder / name)
    (folder / "card.json").write_text(json.dumps(card))


def rewrite_journal(store, unsigned=False):
    """Make journal and head fit the cards, as an attacker would who knows the format and has no key."""
    previous, lines = None, []
    for line in store.journal.path.read_text().splitlines():
        entry = json.loads(line) | {"previous": previous}
        if entry["event"] == "export":
            entry["card_sha256"] = files.sha256_file(store.path(entry["version"]) / "card.json")
        if unsigned:
            entry = {key: value for key, value in entry.items() if key not in ("key", "signature")}
        lines.append(json.dumps(entry))
        previous = hashlib.sha256(lines[-1].encode()).hexdigest()
    store.journal.path.write_text("\n".join(lines) + "\n")
    store.journal.head.write_text(f"{len(lines)} {previous}\n")


def test_an_untouched_store_has_no_findings(store):
    """Verify is quiet when all is well."""
    assert [] == store.verify()


@pytest.mark.parametrize(
    "name", ["model.joblib", "validation.parquet", "leaderboard.csv", "sample.parquet", "card.json"]
)
@pytest.mark.parametrize("how", ["changed", "missing"])
def test_a_touched_file_is_found_and_never_loaded(store, name, how):
    """Whichever file of a version it is."""
    version = store.versions()[1]
    path = store.folder / version / name
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b" ")
    assert [(version, name in finding.text) for finding in store.verify()] == [(version, True)]
    with pytest.raises(IntegrityError, match="is not used"):
        store.promote(version, "x")
    with pytest.raises(IntegrityError, match=f"version {version} is not used: {name}"):
        store.read(version, "model.joblib" if name == "card.json" else name)


@pytest.fixture
def hostile(tmp_path):
    """The bytes of a model that leaves a file when it is opened."""

    class Payload:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    joblib.dump(Payload(), tmp_path / "hostile.joblib")
    joblib.load(tmp_path / "hostile.joblib")
    (tmp_path / "executed").unlink()  # it works: what is not executed below was not opened
    yield (tmp_path / "hostile.joblib").read_bytes()
    assert not (tmp_path / "executed").exists()


def test_a_hostile_model_is_not_opened(store, hostile):
    """Its digest differs from the card's; the digest of a card that was rewritten to fit differs from the journal's."""
    version = store.versions()[0]
    folder = store.folder / version
    (folder / "model.joblib").write_bytes(hostile)
    with pytest.raises(IntegrityError, match="model.joblib differs from its card"):
        load_model(store, version)
    rewrite_card(folder)
    with pytest.raises(IntegrityError, match="card.json differs from the journal"):
        load_model(store, version, allow_version_skew=True)


def test_a_hostile_model_is_not_opened_though_all_digests_fit(store, hostile, keys):
    """With a public key configured: card, journal and head were rewritten, and nobody could sign them."""
    signed(store, keys).sign("all well", as_it_stands=True)
    version, reader = store.versions()[0], signed(store, trusting(keys))
    assert load_model(reader, version)
    (store.folder / version / "model.joblib").write_bytes(hostile)
    rewrite_card(store.folder / version)
    rewrite_journal(store)
    assert [] == store.verify()  # by digests alone nothing is wrong with it
    for allow_version_skew in (False, True):
        with pytest.raises(IntegrityError, match="the signature of its last line .5, sign. doesn't fit: it"):
            load_model(reader, version, allow_version_skew=allow_version_skew)
    rewrite_journal(store, unsigned=True)
    with pytest.raises(IntegrityError, match="its last line .5, sign. is not signed"):
        load_model(reader, version)


def test_a_folder_that_was_put_there_is_found_and_not_loaded(store):
    """A version that the journal doesn't know is none."""
    first = store.versions()[0]
    forged = "20990101T000000Z-00000"
    shutil.copytree(store.folder / first, store.folder / forged)
    assert "not in the journal" in store.verify()[0].text
    with pytest.raises(IntegrityError, match="not in the journal"):
        load_model(store, forged)
    assert forged not in (store.resolve("latest"), *store.versions())


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


def test_what_lies_in_a_version_and_is_not_in_its_card_is_found(store):
    """A second model beside the first, say; the report is written from the card and may be written again."""
    folder = store.path(store.versions()[0])
    (folder / "report.html").write_text("again")
    (folder / "model.pkl").write_text("")
    assert [(store.versions()[0], "model.pkl is not in its card")] == [
        (finding.version, finding.text) for finding in store.verify()
    ]


def test_a_torn_last_line_is_left_out_and_cut_at_the_next_write(store):
    """As a crash in the middle of an append leaves it."""
    champion = store.champion()
    with store.journal.path.open("a") as file:
        file.write('{"time": "2026-01-01T00:00:00Z", "event": "promo')
    assert champion == store.champion()
    store.promote(store.versions()[2], "x")
    assert [] == store.verify()


def test_a_card_of_another_format_is_refused(store):
    """Tomorrow's cards are not guessed at."""
    path = store.folder / store.versions()[0] / "card.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    rewrite_journal(store)
    with pytest.raises(IntegrityError, match="is of format 99, not 1: use a newer Bakeoff"):
        store.card(store.versions()[0])


def test_a_torn_line_may_be_cut_within_a_letter(store):
    """Half of an é is no reason to lose the store."""
    with store.journal.path.open("ab") as file:
        file.write('{"why": "é'.encode()[:-1])
    assert store.versions()[0] == store.champion()
    store.promote(store.versions()[1], "é")
    assert [] == store.verify()


def test_verify_tells_of_versions_that_are_gone(store):
    """All of them, even."""
    versions = store.versions()
    for version in versions:
        shutil.rmtree(store.folder / version)
    assert versions == [finding.version for finding in store.verify()]


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


def test_a_card_that_is_none_is_a_finding(store):
    """Though digests fit: nothing of it is looked for in vain."""
    folder = store.path(store.versions()[0])
    good = json.loads((folder / "card.json").read_text())
    for bad, expected in (
        ([], "is no card"),
        (good | {"files": ["model.joblib", "validation.parquet", "leaderboard.csv"]}, "must hold: files"),
        (good | {"environment": {}}, "must hold: environment"),
        (good | {"classifier": "nobody"}, "must hold: its winner"),
        (good | {"created": "yesterday"}, "must hold: its winner"),
        ({key: value for key, value in good.items() if key != "rows"}, "must hold: rows"),
        (good | {"files": dict.fromkeys(good["files"], 1)}, "differs from its card"),
    ):
        (folder / "card.json").write_text(json.dumps(bad))
        rewrite_journal(store)
        assert expected in store.verify()[0].text
        with pytest.raises(IntegrityError, match=f"{expected}.*restore it from a backup"):
            store.read(folder.name, "model.joblib")


def test_a_file_that_cannot_be_read_is_a_finding(store):
    """Not the end of verifying; here a pipe stands in its place, which a reader would wait at for ever."""
    versions = store.versions()
    for name in ("leaderboard.csv", "sample.parquet"):
        (store.path(versions[0]) / name).unlink()
        os.mkfifo(store.path(versions[0]) / name)
    (store.path(versions[2]) / "model.joblib").unlink()
    assert [
        (versions[0], "leaderboard.csv can't be read: it is no file"),
        (versions[0], "sample.parquet can't be read: it is no file"),
        (versions[2], "model.joblib is missing"),
    ] == [(finding.version, finding.text) for finding in store.verify()]


def test_a_journal_that_cannot_be_read_is_a_finding(store, tmp_path):
    """And below a file there is no store at all."""
    store.journal.path.unlink()
    store.journal.path.mkdir()
    assert "it can't be read: it is no file" == store.verify()[0].text
    with pytest.raises(IntegrityError, match="it can't be read"):
        store.champion()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="train first"):
        ModelStore(tmp_path / "file", "classifier").resolve("latest")


def test_a_file_that_changes_while_it_is_copied_is_not_exported(store, tmp_path, monkeypatch):
    """What is sealed is what was meant, not what lies in the store by then."""
    source = store.path(store.versions()[0])
    sources = {name: source / name for name in SEALED}

    def swapped(source, target):
        files.copy_file(source, target)
        target.write_bytes(b"another model")

    monkeypatch.setattr("bakeoff.sealing.copy_file", swapped)
    with pytest.raises(IntegrityError, match="model.joblib was changed while it was copied"):
        store.export(sources, lambda version, created: {}, "x")
    assert 3 == len(store.versions())
    assert [] == store.verify()
    assert [] == list(store.folder.glob(".incoming-*"))


def test_a_line_that_is_cut_while_it_is_read_is_read_again(store, monkeypatch):
    """A reader takes no lock, and may see what a crash left just as the next writer puts its own line there."""
    whole, reads = store.journal.path.read_bytes(), []

    def mixed(journal):
        reads.append(journal)
        return whole if len(reads) > 1 else whole + b'{"time": "20" and the end of another line}\n'

    monkeypatch.setattr(Journal, "_read", mixed)
    assert 3 == len(store.versions())
    assert 2 == len(reads)


def test_what_is_pruned_while_it_is_verified_is_no_finding(store, monkeypatch):
    """Its files are gone, and rightly so."""
    plan = store.plan_prune(0, 0)
    examine, looks = Journal.examine, []

    def pruning(journal, *arguments):
        seen = examine(journal, *arguments)
        looks.append(seen)
        if len(looks) == 1:
            with monkeypatch.context() as patch:
                patch.setattr(Journal, "examine", examine)
                patch.setattr("bakeoff.writing.locked", nullcontext)
                store.prune(0, 0, "meanwhile")
        return seen

    monkeypatch.setattr(Journal, "examine", pruning)
    assert [] == store.verify()
    assert 2 == len(looks)
    assert 2 == len(plan.pruned)


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


@pytest.mark.parametrize("name", ["journal.jsonl", ".lock", ".journal.head.aside"])
def test_nothing_is_written_through_a_link(store, tmp_path, name):
    """That somebody has put in a file's place, to have a trainer overwrite another of its files."""
    victim = tmp_path / "victim"
    victim.write_text("precious, without an end of line")
    shutil.rmtree(store.folder)
    store.folder.mkdir()
    (store.folder / name).symlink_to(victim)
    before = victim.stat().st_mtime_ns
    with suppress(BakeoffError):
        export_small(store)
    assert ("precious, without an end of line", before) == (victim.read_text(), victim.stat().st_mtime_ns)


def test_no_file_of_a_version_is_written_through_a_link(store, tmp_path, monkeypatch):
    """Put there while the version is being written."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    mkdir = Path.mkdir

    def planted(path, *arguments, **more):
        mkdir(path, *arguments, **more)
        if ".incoming" in path.name:
            (path / "report.html").symlink_to(victim)

    monkeypatch.setattr(Path, "mkdir", planted)
    with pytest.raises(WriteError, match="File exists .report.html."):
        export_small(store)
    assert "precious" == victim.read_text()
    assert [] == store.verify()


def test_a_reader_does_not_wait_for_a_writer_that_hangs(store, monkeypatch):
    """Longer than two seconds, here a tenth of one; what is damaged is said."""
    monkeypatch.setattr("bakeoff.layout.PATIENCE_SECONDS", 0.1)
    with locked(store.folder / ".lock"):
        assert [] == store.verify()
        store.journal.head.unlink()
        with pytest.raises(IntegrityError, match="journal.head is missing"):
            store.champion()


def test_a_version_that_was_pruned_is_not_called_damaged(store):
    """Also when it is pruned between finding and reading it."""
    history, gone = store.history(), store.versions()[2]
    store.prune(0, 0, "meanwhile")
    for act in (lambda: store.card(gone, history), lambda: store.read(gone, "model.joblib", history)):
        with pytest.raises(StoreError, match=f"version {gone} of 'classifier' was pruned at"):
            act()


def test_what_is_pruned_while_it_is_listed_is_left_out(store, monkeypatch, capsys):
    """And a plan to prune tells the size of what it sees."""
    before = store.history()
    kept, gone = store.versions()[0], store.versions()[1:]
    store.prune(0, 0, "meanwhile")
    monkeypatch.setattr(ModelStore, "history", lambda _: before)
    assert 0 == main(["models", "list", "--store", str(store.folder.parent), "--json"])
    assert [kept] == [row["version"] for row in json.loads(capsys.readouterr().out)]
    assert (gone, 0) == (store.plan_prune(0, 0).pruned, store.plan_prune(0, 0).bytes)
