"""Signatures: with a public key, only what a trusted key has vouched for is used."""

import json
import shutil
from functools import partial

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.errors import ConfigError, IntegrityError, StoreError
from bakeoff.loading import load_model
from bakeoff.opening import open_store
from bakeoff.prediction import check_prediction, find_version
from bakeoff.signing import find_keys, generate_keys
from bakeoff.store import ModelStore
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


def test_what_is_unsigned_is_refused(store, keys):
    """By readers and by writers; the sentence says what to do."""
    for opened in (signed(store, keys), signed(store, trusting(keys))):
        for act in (opened.champion, opened.require_ready, partial(opened.promote, "latest", "x")):
            with pytest.raises(IntegrityError, match="its last line .4, export. is not signed; check what happened"):
                act()


def test_what_another_key_has_signed_is_refused(signed_store, keys, other_keys):
    """With both fingerprints; so is a writer with another key."""
    for opened in (signed(signed_store, other_keys), signed(signed_store, trusting(other_keys))):
        with pytest.raises(IntegrityError, match=f"is signed by the key {keys.own}, trusted is {other_keys.own}"):
            opened.require_ready()


def test_an_unsigned_line_behind_signed_ones_is_refused(signed_store, keys):
    """As somebody would add it who wants another champion; an honest writer without a key is told that it takes one."""
    second = signed_store.versions()[1]
    with pytest.raises(StoreError, match="takes the private key"):
        signed(signed_store, trusting(keys)).promote(second, "x")
    with pytest.raises(StoreError, match="takes the private key"):
        ModelStore(signed_store.folder.parent, "classifier").require_ready()
    lines = signed_store.journal.path.read_bytes()
    forged = ModelStore(signed_store.folder.parent, "classifier")
    previous = forged.history().digest
    entry = {"time": "2026-01-01T00:00:00Z", "event": "promote", "version": second, "why": "x", "previous": previous}
    signed_store.journal.path.write_bytes(lines + json.dumps(entry).encode() + b"\n")
    assert second == forged.champion()
    with pytest.raises(IntegrityError, match="its last line .4, promote. is not signed"):
        signed(signed_store, trusting(keys)).champion()


def test_a_signature_serves_for_its_model_alone(signed_store, keys):
    """A whole folder that is copied under another name was not signed for it."""
    shutil.copytree(signed_store.folder, signed_store.folder.with_name("other"))
    with pytest.raises(IntegrityError, match="the signature of its last line"):
        ModelStore(signed_store.folder.parent, "other", trusting(keys)).champion()


def test_a_signature_that_was_put_on_another_line_does_not_fit(signed_store, keys):
    """Each one is of its own line's content."""
    lines = [json.loads(line) for line in signed_store.journal.path.read_text().splitlines()]
    lines[-1]["signature"] = lines[0]["signature"]
    signed_store.journal.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    signed_store.journal.head.unlink()
    assert signed_store.verify()
    with pytest.raises(IntegrityError):
        signed_store.champion()


def test_signing_vouches_for_what_stands(store, keys, other_keys):
    """An unsigned store becomes a signed one, and a key takes over from another, when its holder says so."""
    signed(store, keys).sign("begun")
    assert store.versions() == signed(store, trusting(keys)).versions()
    signed(store, other_keys).sign("a new key", "ann")
    assert [] == signed(store, trusting(other_keys)).verify()
    with pytest.raises(IntegrityError, match="is signed by the key"):
        signed(store, trusting(keys)).champion()


def test_nobody_vouches_for_what_is_damaged(store, keys):
    """Signing looks at every file first."""
    (store.path(store.versions()[1]) / "leaderboard.csv").write_text("x")
    with pytest.raises(IntegrityError, match="nothing was signed: .*leaderboard.csv differs from its card"):
        signed(store, keys).sign("begun")
    assert not store.history().is_signed
    with pytest.raises(StoreError, match="takes the private key"):
        signed(store, trusting(keys)).sign("begun")


def test_several_public_keys_are_trusted_at_once(signed_store, key_files, other_keys, tmp_path):
    """While one replaces the other, all readers have a file with both."""
    both = tmp_path / "both.pem"
    both.write_bytes(key_files[1].read_bytes() + (tmp_path / "other" / "public.pem").read_bytes())
    reader = ModelStore(signed_store.folder.parent, "classifier", find_keys(None, both))
    assert 2 == len(reader.keys.public)
    before = reader.champion()
    signed(signed_store, other_keys).sign("a new key")
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
    with pytest.raises(ConfigError, match="signing.public_key is .* but the environment's BAKEOFF_SIGNING_PUBLIC_KEY"):
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
    assert ["the journal was cut: 3 of 4 lines are left"] == [
        finding.text for finding in signed_store.verify(noted=noted)
    ]
    signed_store.promote(second, "another reason")
    assert ["journal line 4 is not the one that was written"] == [
        finding.text for finding in signed_store.verify(noted=noted)
    ]


def test_prediction_asks_for_the_signature_before_anything_else(signed_store, key_files, tmp_path):
    """The config's public key is enough; an unsigned store is refused before the flow is entered."""
    config = {
        "store": signed_store.folder.parent,
        "output": str(tmp_path / "out"),
        "signing": {"public_key": key_files[1]},
    }
    check_prediction(PredictionConfig.model_validate(config))
    text = signed_store.journal.path.read_text()
    signed_store.journal.path.write_text(text.replace('"signature"', '"sign"'))
    with pytest.raises(IntegrityError):
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
        (tmp_path / "empty", "it is none"),
        (public, "it is none"),
        (tmp_path / "elliptic", "not an Ed25519 key"),
        (tmp_path / "locked", "it has a password"),
    ):
        with pytest.raises(ConfigError, match=f"{expected}.*bakeoff keys generate DIR makes a pair"):
            find_keys(name, None)
    for name, expected in (
        (tmp_path / "missing", "can't be read: No such file"),
        (tmp_path / "empty", "holds no public key"),
        (private, "holds no public key"),
        (tmp_path / "elliptic_public", "not an Ed25519 key"),
        (tmp_path / "broken_public", "it is none"),
    ):
        with pytest.raises(ConfigError, match=f"{expected}.*bakeoff keys generate DIR makes a pair"):
            find_keys(None, name)
    with pytest.raises(ConfigError, match="doesn't belong to the private key"):
        find_keys(private, generate_keys(tmp_path / "other")[1])


def test_training_with_a_key_is_refused_early_where_the_journal_is_unsigned(store, key_files):
    """Not after the race."""
    config = {"store": store.folder.parent, "signing": {"private_key": key_files[0]}}
    with pytest.raises(IntegrityError, match="bakeoff models sign"):
        open_store(TrainingConfig.model_validate(config)).require_ready()
