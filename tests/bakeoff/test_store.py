"""The store: whole or absent, sealed, and a champion that moves only when told."""

import json
import multiprocessing
import os
import shutil
from pathlib import Path

import joblib
import pandas as pd
import pytest

from bakeoff import files
from bakeoff import store as store_module
from bakeoff.errors import IntegrityError, StoreError
from bakeoff.store import ModelStore
from tests.bakeoff.conftest import run_race


def test_a_version_holds_the_documented_files(version):
    """And nothing else; its name is UTC and the start of the model's digest."""
    card = json.loads((version / "card.json").read_text())
    assert ["card.json", "leaderboard.csv", "model.joblib", "report.html", "validation.parquet"] == sorted(
        path.name for path in version.iterdir()
    )
    digest = card["files"]["model.joblib"]["sha256"]
    assert f"{card['created'].replace('-', '').replace(':', '')}-{digest[:5]}" == version.name == card["version"]
    assert {"train": 140, "test": 40, "validation": 20} == card["rows"]
    assert 20 == len(pd.read_parquet(version / "validation.parquet"))
    assert [*(feature["name"] for feature in card["features"]), card["target"]] == list(
        pd.read_parquet(version / "validation.parquet").columns
    )
    assert (version / "model.joblib").stat().st_size == card["files"]["model.joblib"]["bytes"]


def test_the_card_has_every_documented_key(version):
    """Scripts rely on them."""
    card = json.loads((version / "card.json").read_text())
    assert {
        "format", "name", "version", "created", "classifier", "classifiers", "selection", "classes", "features",
        "target", "rows", "data_sha256", "config", "files", "environment",
    } <= set(card)  # fmt: skip
    contestant = card["classifiers"]["logistic_regression"]
    assert {
        "status",
        "reason",
        "cv_scores",
        "cv_mean",
        "cv_std",
        "test",
        "fit_seconds",
        "predict_rows_per_second",
    } <= set(contestant)
    assert {"accuracy", "precision_macro", "recall_macro", "f1_macro"} == set(contestant["test"])
    assert 5 == len(contestant["cv_scores"])
    assert {"rule", "why"} <= set(card["selection"])


def test_the_same_config_gives_the_same_model_scores_and_digests(tmp_path):
    """Every sealed byte but times."""
    cards = []
    for name in "ab":
        race = run_race(tmp_path / name, classifiers={"random_forest": {}, "svm": {}, "logistic_regression": {}})
        card = json.loads((race.export(tmp_path / "models") / "card.json").read_text())
        for scores in card["classifiers"].values():
            del scores["fit_seconds"], scores["predict_rows_per_second"]
        del card["version"], card["created"], card["files"]["leaderboard.csv"]
        cards.append(card)
    assert cards[0] == cards[1]


def test_the_first_version_becomes_champion_and_later_ones_do_not(store):
    """The champion moves only by promote and rollback."""
    first, _, third = store.versions()
    assert first == store.champion() == (store.folder / "champion").read_text().strip()
    assert store.promote(third, "better")
    assert third == store.champion() == (store.folder / "champion").read_text().strip()
    assert not store.promote(third, "again")


def test_rollback_goes_back_through_the_champions(store):
    """Step by step, and says when there is none before."""
    first, second, third = store.versions()
    store.promote(second, "x")
    store.promote(third, "x")
    assert second == store.rollback("x")
    assert first == store.rollback("x")
    with pytest.raises(StoreError, match="nothing to roll back to"):
        store.rollback("x")
    assert ["export", "promote", "export", "export", "promote", "promote", "rollback", "rollback"] == [
        entry["event"] for entry in store.journal.entries()
    ]


def test_versions_sort_in_order_of_export(race, tmp_path):
    """Within a second the next free one is taken, whatever the models' digests are."""
    names = [race.export(tmp_path / "models").name for _ in range(4)]
    assert sorted(set(names)) == names == ModelStore(tmp_path / "models", "classifier").versions()


def test_an_untouched_store_has_no_findings(store):
    """Verify is quiet when all is well."""
    assert [] == store.verify()


@pytest.mark.parametrize("name", ["model.joblib", "validation.parquet", "leaderboard.csv", "card.json"])
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
    if name in ("model.joblib", "card.json"):
        with pytest.raises(IntegrityError):
            store.load(version)
    else:
        with pytest.raises(IntegrityError, match=name):
            store.require_sealed(version, name)


def test_a_hostile_model_is_not_opened(store, tmp_path):
    """Its digest differs from the card's; the digest of a card that was rewritten to fit differs from the journal's."""

    class Payload:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    version = store.versions()[0]
    folder = store.folder / version
    joblib.dump(Payload(), folder / "model.joblib")
    with pytest.raises(IntegrityError, match="model.joblib differs from its card"):
        store.load(version)
    card = json.loads((folder / "card.json").read_text())
    card["files"]["model.joblib"]["sha256"] = files.sha256_file(folder / "model.joblib")
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(IntegrityError, match="card.json differs from the journal"):
        store.load(version)
    assert not (tmp_path / "executed").exists()


def test_a_folder_that_was_put_there_is_found_and_not_loaded(store):
    """A version that the journal doesn't know is none."""
    first = store.versions()[0]
    forged = "20990101T000000Z-00000"
    shutil.copytree(store.folder / first, store.folder / forged)
    assert "not in the journal" in store.verify()[0].text
    with pytest.raises(IntegrityError, match="not in the journal"):
        store.load(forged)


@pytest.mark.parametrize("line", [0, 2, 3])
@pytest.mark.parametrize("how", ["removed", "edited", "broken"])
def test_a_changed_journal_is_found(store, line, how):
    """Each line holds the digest of the one before. The last line alone can be cut off unseen."""
    lines = store.journal.path.read_text().splitlines()
    if how == "removed":
        if line == len(lines) - 1:
            return
        del lines[line]
    elif line == len(lines) - 1:
        return
    else:
        lines[line] = lines[line].replace("export", "exp0rt") if how == "broken" else lines[line].replace("T", "U", 1)
    store.journal.path.write_text("\n".join(lines) + "\n")
    assert any("journal" in finding.text for finding in store.verify())
    with pytest.raises(IntegrityError):
        store.load(store.versions()[0])


def test_a_torn_last_line_is_left_out_and_cut_at_the_next_write(store):
    """As a crash in the middle of an append leaves it."""
    champion = store.champion()
    with store.journal.path.open("a") as file:
        file.write('{"time": "2026-01-01T00:00:00Z", "event": "promo')
    assert champion == store.champion()
    store.promote(store.versions()[2], "x")
    assert [] == store.verify()


class Killed(BaseException):
    """Stands for the process's end at this very line."""


def die_at(monkeypatch, step, action):
    """Let the store's own writes work `step` times during the action, then end; all is as before afterwards."""
    with monkeypatch.context() as patch:
        _kill_at(patch, step)
        try:
            action()
        except Killed:
            pass


def _kill_at(monkeypatch, step):
    left = [step]

    def dying(function):
        def run(*args, **kwargs):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return function(*args, **kwargs)

        return run

    for module, name in (
        (store_module, "sync"),
        (store_module, "write_text"),
        (files.os, "fsync"),
        (shutil, "copyfile"),
    ):
        monkeypatch.setattr(module, name, dying(getattr(module, name)))
    monkeypatch.setattr(Path, "rename", dying(Path.rename))


@pytest.mark.parametrize("step", range(0, 26, 2))
def test_a_first_export_that_dies_anywhere_keeps_its_crown(race, tmp_path, monkeypatch, step):
    """If it was exported at all, the next export does not take the champion from it."""
    store = ModelStore(tmp_path / "models", "classifier")
    die_at(monkeypatch, step, lambda: race.export(tmp_path / "models"))
    exported = [entry["version"] for entry in store.journal.entries()]
    second = race.export(tmp_path / "models").name
    assert (exported[0] if exported else second) == store.champion()
    assert [] == store.verify()


@pytest.mark.parametrize("step", range(24))
def test_an_export_that_dies_anywhere_is_whole_or_absent(race, tmp_path, monkeypatch, step):
    """And the next writer finishes or clears what it left, with nothing found by verify."""
    first = race.export(tmp_path / "models").name
    store = ModelStore(tmp_path / "models", "classifier")
    die_at(monkeypatch, step, lambda: race.export(tmp_path / "models"))
    assert first == store.champion()
    for version in set(store.versions()) - {first}:
        assert [] == store.verify(version)
    race.export(tmp_path / "models")
    assert [] == store.verify()
    assert [] == list(store.folder.glob(".incoming-*"))
    assert len(store.versions()) in (2, 3)


@pytest.mark.parametrize("step", range(6))
def test_a_promotion_that_dies_anywhere_leaves_the_old_or_the_new(store, monkeypatch, step):
    """Never neither; the pointer is mended from the journal by the next writer."""
    old, new, other = store.versions()
    die_at(monkeypatch, step, lambda: store.promote(new, "x"))
    assert store.champion() in (old, new)
    assert (store.folder / "champion").read_text().strip() in (old, new)
    store.promote(other, "x")
    assert [] == store.verify()


def _promote_many(root, versions):
    store = ModelStore(root, "classifier")
    for version in versions:
        store.promote(version, f"by {os.getpid()}")


def test_writers_of_several_processes_take_turns(store):
    """Every promotion lands, the chain of the journal holds, and readers see a champion throughout."""
    versions = store.versions()
    before = len(store.journal.entries())
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_promote_many, args=(store.folder.parent, [versions[(i + k) % 3] for i in range(20)]))
        for k in (0, 1)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert store.champion() in versions
    assert [0, 0] == [writer.exitcode for writer in writers]
    assert [] == store.verify()
    assert len(store.journal.entries()) > before + 20


def test_resolving_says_what_there_is(store, tmp_path):
    """champion, latest, an id; and a clear sentence else."""
    assert store.versions()[0] == store.resolve("champion")
    assert store.versions()[-1] == store.resolve("latest")
    with pytest.raises(StoreError, match="has no version 'nope'; allowed: champion, latest or an id"):
        store.resolve("nope")
    with pytest.raises(StoreError, match="there is no model 'other' .* train first"):
        ModelStore(tmp_path / "models", "other").resolve("champion")


def test_a_store_below_a_file_is_refused(tmp_path):
    """Before anything is written."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="'file' is a file"):
        ModelStore(tmp_path / "file" / "models", "classifier").require_writable()


def test_a_card_of_another_format_is_refused(store):
    """Tomorrow's cards are not guessed at."""
    path = store.folder / store.versions()[0] / "card.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(IntegrityError, match="not of format 1"):
        store.card(store.versions()[0])


def test_a_torn_line_may_be_cut_within_a_letter(store):
    """Half of an é is no reason to lose the store."""
    with store.journal.path.open("ab") as file:
        file.write('{"why": "é'.encode()[:-1])
    assert store.versions()[0] == store.champion()
    store.promote(store.versions()[1], "é")
    assert [] == store.verify()


def test_a_full_disk_leaves_the_store_as_it_was(race, store, monkeypatch):
    """With the error of the system, and what was taken of the disk given back."""

    def full(*_):
        raise OSError(28, "No space left on device")

    before = store.versions()
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        race.export(store.folder.parent)
    assert before == store.versions()
    assert [] == list(store.folder.glob(".incoming-*"))
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


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "rollback", "version": "x", "time": "", "why": "", "previous": null}',
        '{"event": "export", "version": "x", "time": "", "why": "", "previous": null}',
        "[]",
    ],
)
def test_a_journal_that_makes_no_sense_is_a_finding(store, line):
    """No error but the store's own gets through."""
    store.journal.path.write_text(line + "\n")
    assert store.verify()
    with pytest.raises(IntegrityError):
        store.champion()
