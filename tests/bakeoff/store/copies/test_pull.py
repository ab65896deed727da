"""Copies that were changed, aren't signed, or break off."""

import itertools
import json
import shutil

import pytest

from bakeoff.errors import IntegrityError, StoreError, UserError
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.place import open_place
from bakeoff.store.copies.pull import pull_version
from bakeoff.store.copies.push import push_version
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small
from tests.bakeoff.conftest import trusting
from tests.support.dying_writer import dies_at


@pytest.fixture
def place(tmp_path):
    """An empty folder for copies."""
    return open_place(parse_address(str(tmp_path / "copies")))


@pytest.fixture
def small(tmp_path):
    """A store of one version of a few kilobytes."""
    store = ModelStore(tmp_path / "models", "m")
    export_small(store)
    return store


@pytest.fixture
def there(tmp_path):
    """An empty store."""
    return ModelStore(tmp_path / "there", "m")


def copy_of(place, store):
    folder = place._root / store.name / store.versions()[0]
    assert folder.is_dir()
    return folder


def rewrite_card(folder, change):
    """Change the card, and its digest in the seal to match."""
    import hashlib

    card = json.loads((folder / "card.json").read_text())
    change(card)
    (folder / "card.json").write_text(json.dumps(card))
    entry = json.loads((folder / "seal.jsonl").read_text())
    entry["card_sha256"] = hashlib.sha256((folder / "card.json").read_bytes()).hexdigest()
    (folder / "seal.jsonl").write_text(json.dumps(entry) + "\n")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "another byte": (lambda folder: flip(folder / "model.joblib"), "model.joblib differs from its card"),
    "another byte of the card": (lambda folder: flip(folder / "card.json"), "card.json differs from its seal"),
    "a longer file": (
        lambda folder: (folder / "model.joblib").write_bytes(bytes(10_000_000)),
        "model.joblib differs from its card",
    ),
    "a missing file": (lambda folder: (folder / "leaderboard.csv").unlink(), "leaderboard.csv is missing"),
    "an empty seal": (lambda folder: (folder / "seal.jsonl").write_bytes(b""), "its seal is not what was written"),
    "half a seal": (
        lambda folder: (folder / "seal.jsonl").write_bytes((folder / "seal.jsonl").read_bytes()[:-9]),
        "its seal is not what was written",
    ),
    "a path": (
        lambda folder: rewrite_card(folder, lambda card: card["files"].update({"../x": {"sha256": "", "bytes": 0}})),
        "files of its own folder",
    ),
    "another model": (
        lambda folder: rewrite_card(folder, lambda card: card.update(name="other")),
        "card.json is of another model, 'other'",
    ),
    "no card": (lambda folder: rewrite_card(folder, lambda card: card.pop("classes")), "classes"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_refused(small, place, there, damage):
    """By both commands that meet it, in one line; the store gets nothing of it."""
    push_version(small, small.versions()[0], place)
    change, text = DAMAGES[damage]
    change(copy_of(place, small))
    with pytest.raises(IntegrityError) as error:
        pull_version(there, "latest", place)
    assert text in str(error.value)
    assert not there.folder.exists()
    if damage not in {"another model", "an empty seal", "half a seal"}:
        with pytest.raises(IntegrityError, match="remove it there"):
            push_version(small, small.versions()[0], place)


def test_a_link_is_not_followed(small, place, there, tmp_path):
    """Not even to a file with the right content."""
    push_version(small, small.versions()[0], place)
    path = copy_of(place, small) / "model.joblib"
    shutil.move(path, tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="could not be read"):
        pull_version(there, "latest", place)
    assert not there.folder.exists()


def test_a_signed_version_is_pulled_with_its_key(tmp_path, place, keys):
    """Its own line of the journal is signed: whoever pushes needs no key, and whoever pulls trusts no other line."""
    signed = ModelStore(tmp_path / "models", "m", keys)
    export_small(signed)
    version = signed.versions()[0]
    assert push_version(ModelStore(tmp_path / "models", "m", trusting(keys)), version, place)
    assert f"seal.{keys.own}.jsonl" in {path.name for path in copy_of(place, signed).iterdir()}
    assert (version, True) == pull_version(ModelStore(tmp_path / "there", "m", keys), "latest", place)
    assert [] == ModelStore(tmp_path / "there", "m", trusting(keys)).verify()


def test_an_unsigned_copy_is_refused_with_a_key(small, tmp_path, place, keys):
    """Until the store that it comes from is signed and the version is pushed again, which uploads the seal alone."""
    version = small.versions()[0]
    push_version(small, version, place)
    there = ModelStore(tmp_path / "there", "m", keys)
    with pytest.raises(IntegrityError, match="its seal is not signed by"):
        pull_version(there, "latest", place)
    assert not there.folder.exists()
    source = ModelStore(tmp_path / "models", "m", keys)
    source.sign("new", as_it_stands=True)
    before = {path.name: path.stat().st_ino for path in copy_of(place, small).iterdir()}
    assert push_version(source, version, place)
    after = {path.name: path.stat().st_ino for path in copy_of(place, small).iterdir()}
    assert {f"seal.{keys.own}.jsonl"} == {*after} - {*before}
    assert before.items() <= after.items()
    assert (version, True) == pull_version(there, "latest", place)


def test_a_line_between_seal_and_signature_can_not_be_changed(small, tmp_path, place, keys):
    """Its digest is in the next."""
    source = ModelStore(tmp_path / "models", "m", keys)
    source.sign("new", as_it_stands=True)
    version = source.versions()[0]
    push_version(source, version, place)
    path = copy_of(place, small) / f"seal.{keys.own}.jsonl"
    lines = path.read_bytes().split(b"\n")
    assert 4 == len(lines)  # export, promotion, signature
    path.write_bytes(b"\n".join([lines[0].replace(b"small", b"other"), *lines[1:]]))
    with pytest.raises(IntegrityError, match="does not follow from the line before"):
        pull_version(ModelStore(tmp_path / "there", "m", keys), "latest", place)


def test_another_models_copy_is_refused_with_a_key(tmp_path, place, keys):
    """The signature covers the model's name."""
    signed = ModelStore(tmp_path / "models", "m", keys)
    export_small(signed)
    push_version(signed, signed.versions()[0], place)
    shutil.move(place._root / "m", place._root / "other")
    with pytest.raises(IntegrityError, match="for the model 'other'"):
        pull_version(ModelStore(tmp_path / "there", "other", keys), "latest", place)


def test_an_older_version_that_is_pulled_later_is_not_the_latest(small, place, there):
    """Ids sort by export, wherever that was; the champion stays."""
    export_small(small)
    older, newer = small.versions()
    for version in (newer, older):
        push_version(small, version, place)
        pull_version(there, version, place)
    assert ([older, newer], newer, newer) == (there.versions(), there.resolve("latest"), there.champion())


def test_a_pruned_version_does_not_come_back(small, place):
    """Whoever pruned it had a reason."""
    version = small.versions()[0]
    push_version(small, version, place)
    export_small(small)
    small.promote("latest", "new")
    small.prune(1, 0, "new")
    with pytest.raises(StoreError, match="was pruned at"):
        pull_version(small, version, place)


def test_a_push_may_die_at_any_line(small, place, there, tmp_path):
    """A copy is whole or not there, and the next push leaves nothing of the one that died."""
    version, points = small.versions()[0], 0
    for point in itertools.count(1, 7):
        shutil.rmtree(place._root, ignore_errors=True)
        if not dies_at(point, lambda: push_version(small, version, place)):
            break
        points += 1
        shutil.rmtree(there.folder, ignore_errors=True)
        try:
            pull_version(there, "latest", place)
        except UserError:  # there is no copy
            assert not there.folder.exists()
        else:
            assert [] == there.verify()
        push_version(small, version, place)
        files = {path.name for path in copy_of(place, small).iterdir()} - {".lock"}
        assert {"card.json", "seal.jsonl", *small.card(version).files} == files
        pull_version(there, version, place)
    assert points > 20
