"""Signatures: with a public key, only what a trusted key has vouched for is used."""

import hashlib
import json
import shutil
from functools import partial

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from forging import rewrite_journal

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.errors import ConfigError, IntegrityError, StoreError
from bakeoff.prediction.preflight import check_prediction
from bakeoff.store.key_files import find_keys, find_public_keys, generate_keys
from bakeoff.store.keys import Keys
from bakeoff.store.load import find_version, load_model, open_store
from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import signed, trusting


@pytest.fixture
def signed_store(race, tmp_path, keys, key_files):
    """Two versions, exported with a private key."""
    for _ in range(2):
        race.export(tmp_path / "models", private_key=key_files[0])
    return ModelStore(tmp_path / "models", "classifier", keys)


@pytest.fixture
def other_keys(tmp_path):
    """Another pair."""
    return find_keys(*generate_keys(tmp_path / "other")[:2])


def test_every_entry_of_a_signed_journal_is_signed(signed_store, keys):
    """Exports, promotions, rollbacks and prunings; a reader needs the public key alone."""
    first, second = signed_store.versions()
    signed_store.promote(second, "x")
    signed_store.rollback("x")
    signed_store.prune(0, 0, "x")
    reader = signed(signed_store, trusting(keys))
    assert 6 == len(reader.history().entries)
    assert {keys.own} == {entry["key"] for entry in reader.history().entries}
    assert [] == reader.verify()
    assert load_model(reader, first) is not None


def add_line(store, **entry):
    """Append a line without a signature that follows from the last one, as an attacker would."""
    content = store.journal.path.read_bytes()
    previous = hashlib.sha256(content.splitlines()[-1]).hexdigest()
    line = json.dumps({"time": "2026-11-23T00:00:00Z", "why": "x", **entry, "previous": previous}).encode()
    store.journal.path.write_bytes(content + line + b"\n")


def test_what_is_unsigned_is_refused(store, keys):
    """By readers and by writers; the sentence says what to do."""
    for opened in (signed(store, keys), signed(store, trusting(keys))):
        for act in (opened.champion, opened.require_ready, partial(opened.promote, "latest", "x")):
            with pytest.raises(IntegrityError, match="its last line .4, export. is not signed; look at it"):
                act()


def test_what_another_key_has_signed_is_refused(signed_store, keys, other_keys):
    """With both fingerprints; so is a writer with another key."""
    for opened in (signed(signed_store, other_keys), signed(signed_store, trusting(other_keys))):
        with pytest.raises(IntegrityError, match=f"is signed by the key {keys.own}, trusted is {other_keys.own}"):
            opened.require_ready()


def test_an_unsigned_line_behind_signed_ones_is_refused(signed_store, keys):
    """As somebody would add it who wants another champion; an honest writer without a key is told that it takes one."""
    second = signed_store.versions()[1]
    for opened in (signed(signed_store, trusting(keys)), ModelStore(signed_store.folder.parent, "classifier")):
        for act in (opened.require_ready, partial(opened.promote, second, "x"), partial(opened.prune, 0, 0, "x")):
            with pytest.raises(StoreError, match="is signed by [0-9a-f]{16}: changing it needs a private key"):
                act()
    add_line(signed_store, event="promote", version=second)
    unsigned = ModelStore(signed_store.folder.parent, "classifier")
    for opened in (signed(signed_store, trusting(keys)), signed_store, unsigned):
        with pytest.raises(IntegrityError, match="line 4 is not signed, and the line before it is; look at it"):
            opened.champion()
        assert "line 4 is not signed" in opened.verify()[0].text


def test_a_signature_serves_for_its_model_alone(signed_store, keys):
    """A whole folder that is copied under another name was not signed for it."""
    shutil.copytree(signed_store.folder, signed_store.folder.with_name("other"))
    with pytest.raises(IntegrityError, match="the signature of its last line"):
        ModelStore(signed_store.folder.parent, "other", trusting(keys)).champion()


def test_a_signature_that_was_put_on_another_line_does_not_fit(signed_store, keys):
    """Each one is of its own line's content; chain and head were made to fit."""
    lines = [json.loads(line) for line in signed_store.journal.path.read_text().splitlines()]
    lines[-1]["signature"] = lines[0]["signature"]
    signed_store.journal.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rewrite_journal(signed_store)
    assert "the signature of its last line (3, export) doesn't fit" in signed_store.verify()[0].text
    with pytest.raises(IntegrityError, match="the signature of its last line .3, export. doesn't fit"):
        signed_store.champion()


def test_verify_looks_at_every_signature(signed_store, keys):
    """Not at the last one alone, which vouches for the others as its signer saw them."""
    lines = [json.loads(line) for line in signed_store.journal.path.read_text().splitlines()]
    lines[1]["signature"] = lines[0]["signature"]
    signed_store.journal.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rewrite_journal(signed_store)
    signed_store.sign("as it stands", as_it_stands=True)
    assert ["journal line 2: the signature doesn't fit"] == [finding.text for finding in signed_store.verify()][:1]


def cut_back(store, head):
    """Take off the journal's last line, and put a head in its place that fits, as an attacker would."""
    lines = store.journal.path.read_bytes().splitlines(keepends=True)[:-1]
    store.journal.path.write_bytes(b"".join(lines))
    store.journal.head.write_text(head or f"{len(lines)} {hashlib.sha256(lines[-1][:-1]).hexdigest()}\n")
    (store.folder / "champion").write_text(f"{ModelStore(store.folder.parent, store.name).champion()}\n")


def test_a_journal_that_was_cut_back_is_refused(signed_store, keys):
    """The head is signed too: a rollback, say, can't be made undone."""
    second = signed_store.versions()[1]
    signed_store.promote(second, "x")
    signed_store.rollback("worse")
    cut_back(signed_store, None)
    assert second == ModelStore(signed_store.folder.parent, "classifier").champion()
    for opened in (signed_store, signed(signed_store, trusting(keys))):
        with pytest.raises(IntegrityError, match="journal.head is not signed by .*: lines may have been cut off"):
            opened.champion()
        assert "journal.head is not signed" in opened.verify()[0].text


def test_a_journal_can_be_cut_back_by_who_kept_an_old_head_and_only_a_noted_one_tells(signed_store):
    """A limit, which docs/store.md names: what was signed once is signed."""
    old = signed_store.journal.head.read_text()
    signed_store.promote("latest", "x")
    later = signed_store.journal.head.read_text()
    cut_back(signed_store, old)
    assert [] == signed_store.verify(noted=old)
    assert "the journal was cut: 3 of 4 lines are left" in signed_store.verify(noted=later)[0].text


def test_a_head_that_a_crash_left_behind_is_still_signed(signed_store, keys):
    """Its writer died between the journal's line and the new head."""
    old = signed_store.journal.head.read_text()
    signed_store.promote("latest", "x")
    signed_store.journal.head.write_text(old)
    assert signed_store.versions()[1] == signed(signed_store, trusting(keys)).champion()
    signed_store.rollback("x")
    assert [] == signed_store.verify()


def test_who_has_no_key_does_not_touch_a_signed_store(signed_store):
    """Not even to mend it."""
    before = {path: path.stat().st_mtime_ns for path in signed_store.folder.rglob("*")}
    with pytest.raises(StoreError, match="changing it needs a private key"):
        ModelStore(signed_store.folder.parent, "classifier").promote("latest", "x")
    assert before == {path: path.stat().st_mtime_ns for path in signed_store.folder.rglob("*")}


def test_a_public_key_alone_begins_no_store(race, tmp_path, keys, key_files):
    """What it would write, it could not read."""
    with pytest.raises(StoreError, match="with a public key the store must be signed: changing it needs a private key"):
        race.export(tmp_path / "models", public_key=key_files[1])
    assert [] == ModelStore(tmp_path / "models", "classifier").versions()
    with pytest.raises(StoreError, match="needs a private key"):
        ModelStore(tmp_path / "models", "new", trusting(keys)).require_ready()


def test_signing_vouches_for_what_stands(store, keys, other_keys):
    """An unsigned store becomes a signed one; a key takes over from another when its holder trusts that one too."""
    with pytest.raises(IntegrityError, match="is not signed; look at it"):
        signed(store, keys).sign("begun")
    signed(store, keys).sign("begun", as_it_stands=True)
    assert store.versions() == signed(store, trusting(keys)).versions()
    with pytest.raises(IntegrityError, match="is signed by the key"):
        signed(store, other_keys).sign("a new key")
    both = Keys(other_keys.private, {**keys.public, **other_keys.public})
    signed(store, both).sign("a new key", "ann")
    assert [] == signed(store, trusting(other_keys)).verify()
    with pytest.raises(IntegrityError, match="is signed by the key"):
        signed(store, trusting(keys)).champion()


def test_nobody_vouches_for_a_forged_line_unawares(signed_store, keys):
    """A line without a signature behind signed ones is vouched for only when that is said."""
    second = signed_store.versions()[1]
    add_line(signed_store, event="promote", version=second)
    with pytest.raises(IntegrityError, match="line 4 is not signed"):
        signed_store.sign("looked")
    (signed_store.folder / "champion").write_text(f"{second}\n")
    signed_store.sign("looked", as_it_stands=True)
    assert second == signed(signed_store, trusting(keys)).champion()
    assert [] == signed_store.verify()


def test_nobody_vouches_for_what_is_damaged(store, keys):
    """Signing looks at every file first, and writes nothing then."""
    before = store.journal.path.read_bytes()
    (store.path(store.versions()[1]) / "leaderboard.csv").write_text("x")
    with pytest.raises(IntegrityError, match="nothing was signed: .*leaderboard.csv differs from its card"):
        signed(store, keys).sign("begun", as_it_stands=True)
    assert before == store.journal.path.read_bytes()
    with pytest.raises(StoreError, match="needs a private key"):
        signed(store, trusting(keys)).sign("begun")


def test_several_public_keys_are_trusted_at_once(signed_store, key_files, other_keys, tmp_path):
    """While one replaces the other, all readers have a file with both."""
    both = tmp_path / "both.pem"
    both.write_bytes(key_files[1].read_bytes() + (tmp_path / "other" / "public.pem").read_bytes())
    reader = ModelStore(signed_store.folder.parent, "classifier", find_keys(None, both))
    assert 2 == len(reader.keys.public)
    before = reader.champion()
    signed(signed_store, Keys(other_keys.private, reader.keys.public)).sign("a new key")
    assert before == reader.champion()


def test_keys_come_from_the_config_or_the_environment(key_files, monkeypatch, tmp_path):
    """Which can't contradict each other, so that a run's config does not undo what its worker asks for."""
    private, public = key_files
    assert find_keys(None, None).private is None
    assert dict(find_keys(private, None).public) == dict(find_keys(None, public).public)
    monkeypatch.setenv("BAKEOFF_SIGNING_PUBLIC_KEY", str(public))
    monkeypatch.setenv("BAKEOFF_SIGNING_PRIVATE_KEY", "")
    config = PredictionConfig(store=tmp_path)
    assert {find_keys(private, None).own} == set(open_store(config).keys.public)
    assert open_store(config).keys.private is None
    other = generate_keys(tmp_path / "other")[1]
    config = PredictionConfig.model_validate({"store": tmp_path, "signing": {"public_key": other}})
    with pytest.raises(ConfigError, match="the public key is .* here, and .* by the environment's BAKEOFF"):
        open_store(config)


def test_an_old_copy_of_a_whole_store_is_told_by_a_head_that_was_noted(signed_store, keys, tmp_path):
    """It is in order by itself, signatures and all; what a prediction's summary notes shows that it has gone back."""
    shutil.copytree(signed_store.folder, tmp_path / "copy")
    second = signed_store.versions()[1]
    signed_store.promote(second, "x")
    config = PredictionConfig(store=signed_store.folder.parent)
    noted = find_version(config).head
    assert [] == signed_store.verify(noted=noted)
    signed_store.promote("latest", "x")
    signed_store.rollback("x")
    assert [] == signed_store.verify(noted=noted)
    shutil.rmtree(signed_store.folder)
    shutil.copytree(tmp_path / "copy", signed_store.folder)
    assert [] == signed_store.verify()
    assert "the journal was cut: 3 of 4 lines are left" in signed_store.verify(noted=noted)[0].text
    signed_store.promote(second, "another reason")
    assert "journal line 4 is not the one that was written" in signed_store.verify(noted=noted)[0].text


def test_prediction_asks_for_the_signature_before_anything_else(signed_store, key_files, tmp_path):
    """The config's public key is enough; an unsigned store is refused before the flow is entered."""
    config = {
        "store": signed_store.folder.parent,
        "output": str(tmp_path / "out"),
        "signing": {"public_key": key_files[1]},
    }
    check_prediction(PredictionConfig.model_validate(config))
    rewrite_journal(signed_store, unsigned=True)
    with pytest.raises(IntegrityError, match="its last line .3, export. is not signed"):
        check_prediction(PredictionConfig.model_validate(config))


def _pem(key):
    encoding, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, private, serialization.NoEncryption())


def test_a_file_that_is_no_such_key_is_refused(tmp_path, key_files):
    """Missing, empty, of another kind, with a password, or the wrong half: one sentence each, and the way out."""
    private, public = key_files
    elliptic = generate_private_key(SECP256R1())
    key = serialization.load_pem_private_key(private.read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    files = {
        "empty": b"",
        "elliptic": _pem(elliptic),
        "locked": locked,
        "elliptic_public": elliptic.public_key().public_bytes(serialization.Encoding.PEM, form),
        "broken_public": public.read_bytes().replace(b"MCow", b"MCox"),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for name, expected in (
        (tmp_path / "missing", "can't be read: No such file"),
        (tmp_path / "empty", "it holds none"),
        (public, "it is a public key; private.pem is the other one"),
        (tmp_path / "elliptic", "not of the kind Ed25519"),
        (tmp_path / "locked", "it has a password, and none may be set"),
    ):
        with pytest.raises(ConfigError, match=f"{expected}.*bakeoff keys generate DIR makes a pair"):
            find_keys(name, None)
    for name, expected in (
        (tmp_path / "missing", "can't be read: No such file"),
        (tmp_path / "empty", "it holds none"),
        (private, "it is a private key; public.pem is the other one"),
        (tmp_path / "elliptic_public", "not of the kind Ed25519"),
        (tmp_path / "broken_public", "it is broken"),
    ):
        with pytest.raises(ConfigError, match=f"{expected}.*whoever trains the model has it"):
            find_public_keys(name)
    with pytest.raises(ConfigError, match="belongs to none of the public keys"):
        find_keys(private, generate_keys(tmp_path / "other")[1])


def test_prediction_needs_no_private_key(tmp_path, key_files, monkeypatch):
    """Not even one that the environment names, and it may not read."""
    monkeypatch.setenv("BAKEOFF_SIGNING_PRIVATE_KEY", str(tmp_path / "secret.pem"))
    assert open_store(PredictionConfig(store=tmp_path)).keys.private is None
    with pytest.raises(ConfigError, match=r"secret.pem' \(by BAKEOFF_SIGNING_PRIVATE_KEY\) can't be read"):
        open_store(TrainingConfig(store=tmp_path))


def test_training_with_a_key_is_refused_early_where_the_journal_is_unsigned(store, key_files):
    """Not after the race."""
    config = {"store": store.folder.parent, "signing": {"private_key": key_files[0]}}
    with pytest.raises(IntegrityError, match="bakeoff models sign"):
        open_store(TrainingConfig.model_validate(config)).require_ready()
