"""A version that was changed behind the store's back is found, and never used."""

import json
import os
import shutil

import pytest
from forging import rewrite_journal

from bakeoff.errors import IntegrityError


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


def test_what_lies_in_a_version_and_is_not_in_its_card_is_found(store):
    """A second model beside the first, say; the report is written from the card and may be written again."""
    folder = store.path(store.versions()[0])
    (folder / "report.html").write_text("again")
    (folder / "model.pkl").write_text("")
    assert [(store.versions()[0], "model.pkl is not in its card")] == [
        (finding.version, finding.text) for finding in store.verify()
    ]


def test_a_card_of_another_format_is_refused(store):
    """Tomorrow's cards are not guessed at."""
    path = store.folder / store.versions()[0] / "card.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    rewrite_journal(store)
    with pytest.raises(IntegrityError, match="is of format 99, not 1: use a newer Bakeoff"):
        store.card(store.versions()[0])


def test_verify_tells_of_versions_that_are_gone(store):
    """All of them, even."""
    versions = store.versions()
    for version in versions:
        shutil.rmtree(store.folder / version)
    assert versions == [finding.version for finding in store.verify()]


def test_a_card_that_is_none_is_a_finding(store):
    """Though digests fit: nothing of it is looked for in vain."""
    folder = store.path(store.versions()[0])
    good = json.loads((folder / "card.json").read_text())
    for bad, expected in (
        ([], "is no card"),
        (good | {"files": ["model.joblib", "validation.parquet", "leaderboard.csv"]}, "must hold: files"),
        (good | {"environment": {}}, "must hold: environment"),
        (good | {"classifier": "nobody"}, "must hold: its winner"),
        (good | {"created": "yesterday"}, "must hold: created"),
        ({key: value for key, value in good.items() if key != "rows"}, "must hold: rows"),
        (good | {"files": dict.fromkeys(good["files"], 1)}, "must hold: files.model.joblib"),
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
