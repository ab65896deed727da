"""A run that would make a sealed version again is recognized."""

from dataclasses import replace

import pytest

from bakeoff.store.load import open_store
from bakeoff.training.earlier_runs.unchanged import find_exported, find_unchanged, is_decided

CHANGED = {
    "setting": {"class_weight": "balanced"},
    "promotion rule": {"promotion": {"rule": "always"}},
    "deep report": {"report": "deep"},
    "order to train": {"retrain": "always"},
}


def changed(race, root, **values):
    """The race's config for a store, with some values changed."""
    return type(race.config).model_validate(race.config.model_dump() | {"store": root} | values)


@pytest.fixture
def first(race, root):
    """The store's only version."""
    return race.export(root).name


def test_the_same_rows_split_and_settings_name_the_version(race, root, first):
    """Wherever the run works and whatever runs it."""
    for values in ({}, {"workspace": root / "elsewhere"}, {"runner": "dask", "dask": {"address": "tcp://there:8786"}}):
        assert first == find_unchanged(changed(race, root, **values), race.ref)


@pytest.mark.parametrize("values", CHANGED.values(), ids=CHANGED)
def test_anything_else_that_changed_is_something_new(race, root, first, values):
    """And so is an order to train all the same."""
    assert first
    assert find_unchanged(changed(race, root, **values), race.ref) is None


@pytest.mark.parametrize("digest", ["sha256", "split_sha256"])
def test_other_rows_and_another_split_are_new(race, root, first, digest):
    """By their digests, whatever the file is called."""
    assert first
    assert find_unchanged(changed(race, root), replace(race.ref, **{digest: "0" * 64})) is None


def test_other_libraries_are_new(race, root, first, monkeypatch):
    """They may fit another model."""
    assert first
    monkeypatch.setattr("bakeoff.training.earlier_runs.unchanged.describe_environment", lambda: {"python": "4.0"})
    assert find_unchanged(changed(race, root), race.ref) is None


def test_a_damaged_version_is_made_again(race, root, first, caplog):
    """One that could not be used is no reason to train nothing."""
    (root / "classifier" / first / "model.joblib").write_bytes(b"damaged")
    assert find_unchanged(changed(race, root), race.ref) is None
    assert first in caplog.text


def test_a_version_counts_as_decided_once_it_was_compared(race, root, first):
    """A run may have ended between its export and the comparison; `never` compares nothing."""
    second, config = race.export(root).name, changed(race, root)
    assert [True, False] == [is_decided(config, version) for version in (first, second)]
    assert is_decided(changed(race, root, promotion={"rule": "never"}), second)
    open_store(config).keep(first, second, "no better")
    assert is_decided(config, second)


def test_the_newest_of_several_is_named(race, root):
    """Versions that were made again in spite of it are alike."""
    versions = [race.export(root).name for _ in range(3)]
    assert versions[-1] == find_unchanged(changed(race, root), race.ref)


def test_what_a_run_has_exported_is_found_by_its_name(race, root):
    """Whatever the order to train; not another run's version, nor a damaged one."""
    versions = [race.export(root, by).name for by in ("flow run 1", "flow run 1", "flow run 2")]
    config = changed(race, root, retrain="always")
    assert (versions[1], versions[2]) == (find_exported(config, "flow run 1"), find_exported(config, "flow run 2"))
    assert find_exported(config, "flow run 3") is None
    (root / "classifier" / versions[2] / "model.joblib").write_bytes(b"damaged")
    assert find_exported(config, "flow run 2") is None
