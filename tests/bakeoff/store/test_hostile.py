"""Somebody who can write to the store: what they put there is neither opened nor written through."""

import copy
import json
import os
import random
import shutil
from contextlib import suppress
from pathlib import Path

import joblib
import pytest
from forging import rewrite_card, rewrite_journal

from bakeoff.cli.main import main
from bakeoff.cli.ui.pages import NotFoundError, find_page
from bakeoff.errors import BakeoffError, IntegrityError, WriteError
from bakeoff.runtime import files
from bakeoff.store.card import SEALED
from bakeoff.store.load import load_model
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import names_in
from benchmarks.store_crash import export_small
from tests.bakeoff.conftest import signed, trusting


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


def test_a_file_that_changes_while_it_is_copied_is_not_exported(store, tmp_path, monkeypatch):
    """What is sealed is what was meant, not what lies in the store by then."""
    source = store.path(store.versions()[0])
    sources = {name: source / name for name in SEALED}

    def swapped(source, target):
        files.copy_file(source, target)
        target.write_bytes(b"another model")

    monkeypatch.setattr("bakeoff.store.manifest.copy_file", swapped)
    with pytest.raises(IntegrityError, match="model.joblib was changed while it was copied"):
        store.export(sources, lambda version, created: {}, "x")
    assert 3 == len(store.versions())
    assert [] == store.verify()
    assert [] == list(store.folder.glob(".incoming-*"))


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
            (path / "card.json").symlink_to(victim)

    monkeypatch.setattr(Path, "mkdir", planted)
    with pytest.raises(WriteError, match="File exists .card.json."):
        export_small(store)
    assert "precious" == victim.read_text()
    assert [] == store.verify()


ODD = (
    None,
    "x",
    "",
    [],
    {},
    ["x"],
    {"x": 1},
    10**400,
    -1,
    1.5,
    float("nan"),
    float("inf"),
    True,
    "../../x",
    "\x1b[31m",
)


def places_in(value, place=()):
    """Every place of nested lists and mappings, the whole included."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places_in(each, (*place, key))


def put(value, place, odd):
    """A copy with something else at a place."""
    if not place:
        return odd
    changed = copy.deepcopy(value)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = odd
    return changed


def test_whatever_a_forged_card_holds_is_one_line(version, capsys):
    """Numbers of 400 digits, other types, at any place, though card and journal fit each other."""
    store, whole = ModelStore(version.parent.parent, version.parent.name), (version / "card.json").read_text()
    places, drawn = [*places_in(json.loads(whole))], random.Random(0)
    where = ["--store", str(store.folder.parent), "--name", store.name]
    for _ in range(150):
        place, odd = drawn.choice(places), drawn.choice(ODD)
        (version / "card.json").write_text(json.dumps(put(json.loads(whole), place, odd)))
        rewrite_journal(store)
        for command in (["models", "list"], ["models", "show"], ["models", "log"], ["report"]):
            status = main([*command, *where])
            out, err = capsys.readouterr()
            assert (0 if status == 0 else 1) == len(err.splitlines()), (place, odd, err)
            assert "\x1b" not in out + err, (place, odd)


def test_whatever_forged_figures_hold_is_one_line(version, capsys):
    """Those that a report's pictures are drawn from, with digests that fit."""
    store, whole = ModelStore(version.parent.parent, version.parent.name), (version / "evaluation.json").read_text()
    places, drawn = [*places_in(json.loads(whole))], random.Random(0)
    for _ in range(60):
        place, odd = drawn.choice(places), drawn.choice(ODD)
        (version / "evaluation.json").write_text(json.dumps(put(json.loads(whole), place, odd)))
        rewrite_card(version)
        rewrite_journal(store)
        status = main(["report", "--store", str(store.folder.parent), "--name", store.name])
        _, err = capsys.readouterr()
        assert (0 if status == 0 else 1) == len(err.splitlines()), (place, odd, err)


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname", "a/b", "x" * 300])
def test_a_card_names_files_of_its_own_folder_alone(store, name):
    """Another's is neither read nor compared, so that nothing is told of it."""
    path = store.path(store.versions()[0]) / "card.json"
    card = json.loads(path.read_text())
    card["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    path.write_text(json.dumps(card))
    rewrite_journal(store)
    assert ["card.json doesn't hold what a card must hold: files of its own folder"] == [
        finding.text for finding in store.verify()
    ]


@pytest.mark.parametrize("name", ["card.json", "journal.jsonl", "champion", "journal.head", "model.joblib"])
@pytest.mark.parametrize("how", ["pipe", "folder", "loop", "huge"])
def test_what_stands_in_a_files_place_is_a_finding(store, name, how):
    """A pipe is not waited at, and a terabyte of nothing not read."""
    version = store.versions()[0]
    path = store.folder / name if (store.folder / name).exists() else store.path(version) / name
    path.unlink()
    if how == "pipe":
        os.mkfifo(path)
    elif how == "folder":
        path.mkdir()
    elif how == "loop":
        path.symlink_to(path.name)
    else:
        path.touch()
        os.truncate(path, 1 << 40)
    found = store.verify()
    where = {version} if path.parent.name == version else {None}
    assert where <= {finding.version for finding in found}
    assert all(1 == len(finding.text.splitlines()) for finding in found)


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (b"\n" * (1 << 22), "it has more lines than entries fit in its 4,194,304 bytes"),
        (b"[" + b"[]," * (1 << 21) + b"[]]\n", "journal line 1 is not what was written"),
        (b"x" * 120 + b"\n", "journal line 1 is not what was written"),
    ],
)
def test_a_journal_of_anything_is_one_finding(store, capsys, content, finding):
    """However many lines it is, or lists of nothing; models beside it are listed."""
    shutil.copytree(store.folder, store.folder.parent / "other")
    store.journal.path.write_bytes(content)
    assert 1 == main(["models", "list", "--store", str(store.folder.parent)])
    out, err = capsys.readouterr()
    assert "\nclassifier\n" not in f"\n{out}"
    assert "other\n" in out
    assert (1, True) == (err.count("\n"), finding in err), err


def test_a_journal_has_no_more_findings_than_somebody_reads(store):
    """Though each of its lines is wrong."""
    store.journal.path.write_bytes((b"x" * 120 + b"\n") * 1000)
    assert 20 == len([finding for finding in store.verify() if finding.version is None])


def test_json_that_unfolds_to_gigabytes_is_not_parsed(version, capsys):
    """Lists of nothing, in a card and in figures whose digests fit."""
    store = ModelStore(version.parent.parent, version.parent.name)
    where = ["--store", str(store.folder.parent)]
    bomb = "[" + "{}," * (1 << 21) + "{}]"
    (version / "evaluation.json").write_text(bomb)
    rewrite_card(version)
    rewrite_journal(store)
    assert 1 == main(["report", *where])
    assert "0.6 GB of memory, and 0.5 are the most" in capsys.readouterr().err
    card = (version / "card.json").read_text()
    (version / "card.json").write_text(f'{card.rstrip()[:-1]}, "more": {bomb}}}')
    rewrite_journal(store)
    assert 1 == main(["models", "show", *where])
    assert "card.json can't be read: it would take 0.6 GB of memory" in capsys.readouterr().err


@pytest.mark.parametrize("created", ["2026-02-31T00:00:00Z", "2026-99-99T99:99:99Z", "0000-01-01T00:00:00Z"])
def test_a_card_of_a_day_that_never_was_is_damaged(version, created, capsys):
    """Though its digits stand where a time has them."""
    store, path = ModelStore(version.parent.parent, version.parent.name), version / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"created": created}))
    rewrite_journal(store)
    for command, status in (("list", 0), ("show", 1)):
        assert status == main(["models", command, "--store", str(store.folder.parent)])
        assert "doesn't hold what a card must hold: created" in "".join(capsys.readouterr())


def test_a_report_of_a_terabyte_is_no_page(version):
    """It is not sealed, so anything may stand there."""
    (version / "report.html").unlink()
    (version / "report.html").touch()
    os.truncate(version / "report.html", 1 << 40)
    with pytest.raises(NotFoundError, match="has no report that can be read"):
        find_page(version.parent.parent, f"/classifier/{version.name}")


def test_a_folder_whose_name_ends_a_line_is_no_model(store):
    """Its name would be printed."""
    shutil.copytree(store.folder, store.folder.parent / "other\n")
    assert ["classifier"] == names_in(store.folder.parent)
