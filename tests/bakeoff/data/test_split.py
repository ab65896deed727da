"""Splits and folds by time and by group: no row teaches what it, its moment or its group is asked about."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bakeoff.config import CrossValidationConfig, SplitConfig, TrainingConfig
from bakeoff.data.datasets import Dataset
from bakeoff.data.parts import read_folds, read_groups, read_part
from bakeoff.data.prepare import check_dataset, prepare_dataset
from bakeoff.data.split import nearest_boundaries, split_rows
from bakeoff.errors import DataError
from bakeoff.tables.schema import Feature
from tests.bakeoff.conftest import run_race
from tests.bakeoff.data.conftest import DAYS, table

KEYS = st.lists(st.integers(0, 30), min_size=60, max_size=150)


def keyed(key, classes=2):
    y = pd.Series(np.arange(len(key)) % classes, name="y")
    return Dataset(
        pd.DataFrame({"a": np.arange(len(key)) * 1.0}), y, (Feature("a", "float64", "number"),), np.array(key)
    )


def split(dataset, by, **config):
    return split_rows(dataset, SplitConfig(by=by, column="when", **config))


@given(KEYS, st.floats(0.15, 0.6), st.floats(0.2, 0.8))
def test_by_time_what_is_held_out_is_newer_than_all_that_is_learned_from(times, test_size, share):
    """Training, test, validation: each part is later than the one before, and parts no moment."""
    try:
        parts = split(keyed(times), "time", test_size=test_size, holdout_share=share)
    except DataError:
        assume(False)
    times = np.array(times)
    train, test, validation = (times[parts[part]] for part in ("train", "test", "validation"))
    assert train.max() < test.min()
    assert test.max() < validation.min()
    assert np.all(np.diff(train) >= 0)
    assert list(range(len(times))) == sorted(np.concatenate(list(parts.values())).tolist())


@given(KEYS, st.integers(0, 99))
def test_by_group_no_group_is_on_two_sides(groups, seed):
    """And every row is on one."""
    groups = np.array(groups)
    parts = None
    try:
        parts = split(keyed(groups), "group", random_state=seed)
    except DataError:
        assume(False)
    seen = [set(groups[rows]) for rows in parts.values()]
    assert sum(map(len, seen)) == len(set(groups))
    assert list(range(len(groups))) == sorted(np.concatenate(list(parts.values())).tolist())


def test_by_group_the_shares_are_of_rows_and_another_seed_draws_others():
    """As near as whole groups can come."""
    groups = np.repeat(np.arange(100), np.arange(1, 101))
    parts = split(keyed(groups), "group")
    assert 0.3 == pytest.approx(1 - len(parts["train"]) / len(groups), abs=0.02)
    assert 0.33 == pytest.approx(len(parts["validation"]) / (len(groups) - len(parts["train"])), abs=0.04)
    assert parts["test"].tolist() == split(keyed(groups), "group")["test"].tolist()
    assert parts["test"].tolist() != split(keyed(groups), "group", random_state=1)["test"].tolist()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.lists(st.integers(0, 40), min_size=1, max_size=3))
def test_cuts_part_no_equal_times(times, wanted):
    """As many as asked for, in growing order; none where there are too few different times."""
    times, wanted = np.sort(times), sorted(wanted)
    cuts = nearest_boundaries(times, wanted)
    if len(np.unique(times)) <= len(wanted):
        assert [] == cuts
    else:
        assert len(wanted) == len(set(cuts))
        assert cuts == sorted(cuts)
        assert all(times[cut - 1] < times[cut] for cut in cuts)


def test_groups_of_very_unequal_sizes_leave_no_fold_empty(tmp_path):
    """scikit-learn would hand one out: it is refused, in the words of the config."""
    sizes, refused = [1, 1, 2, 28, 52, 18, 18], 0
    for seed in range(60):
        config = {
            "dataset": table(tmp_path, when=np.repeat(np.arange(7), sizes)),
            "split": {"by": "group", "column": "when", "random_state": seed, "test_size": 0.3},
            "cross_validation": {"folds": 5},
        }
        try:
            prepared = prepare_dataset(TrainingConfig.model_validate(config), tmp_path / str(seed))
        except DataError as error:
            refused += "would have no rows: the groups of 'when' are too few or too unequal for 5 folds" in str(error)
            continue
        folds = read_folds(prepared, CrossValidationConfig())
        assert all(len(scored) for _, scored in folds)
    assert refused


def test_a_split_by_a_column_that_is_not_there_is_refused(tmp_path):
    """With what it is for, and the nearest name."""
    config = {"dataset": table(tmp_path, when=DAYS), "split": {"by": "time", "column": "whem"}}
    with pytest.raises(
        DataError, match=r"there is no column 'whem' \(split.by: time follows it\).*did you mean 'when'"
    ):
        check_dataset(TrainingConfig.model_validate(config))


def test_rows_of_one_class_in_a_row_of_time_are_refused(tmp_path):
    """A fold has nothing to learn from them, and an AUC nothing to rank."""
    y = ["u"] * 40 + ["v", "u"] * 22 + ["v"] * 36
    dataset = table(tmp_path, when=np.arange(120)) | {"ignore": []}
    pd.DataFrame({"a": np.arange(120.0), "y": y, "when": np.arange(120)}).to_parquet(tmp_path / "rows.parquet")
    config = {"dataset": dataset, "split": {"by": "time", "column": "when"}}
    with pytest.raises(DataError, match="the rows that fold 1 is fitted on are all of class 'u'"):
        check_dataset(TrainingConfig.model_validate(config))
    config["cross_validation"] = {"scoring": "roc_auc_ovr"}
    with pytest.raises(DataError, match="the test rows are all of class 'v'"):
        check_dataset(TrainingConfig.model_validate(config))


@pytest.mark.parametrize("by", ["time", "group"])
@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc_ovr"])
def test_a_race_runs_by_time_and_by_group(tmp_path, by, scoring):
    """To an exported version whose folds, test and validation rows are as promised."""
    key = np.repeat(np.arange(30), 4)
    config = {"dataset": table(tmp_path, when=key), "split": {"by": by, "column": "when"}}
    classifiers = {"logistic_regression": {}, "svm": {}}
    race = run_race(
        tmp_path / "race", **config, cross_validation={"scoring": scoring, "folds": 3}, classifiers=classifiers
    )
    assert race.export(tmp_path / "models").is_dir()
    _, y = read_part(race.ref, "train")
    for fitted, scored in read_folds(race.ref, race.config.cross_validation):
        assert not set(fitted) & set(scored)
        assert by == "group" or max(fitted) < min(scored)
    assert len(y) == race.ref.rows["train"]


def test_a_random_split_flatters_what_is_retrained_on_a_stream(tmp_path):
    """Rows of a group are alike: who has seen some of a group knows the others, and nothing of the next one."""
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 10)
    frame = pd.DataFrame(
        generator.normal(size=(60, 3))[groups] + generator.normal(0, 0.05, (600, 3)), columns=list("abc")
    )
    frame["y"], frame["when"] = generator.integers(0, 2, 60)[groups], groups
    frame.to_parquet(tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"}
    reached = {}
    for by, more in (("random", {}), ("group", {"column": "when"})):
        classifiers = {"random_forest": {"n_estimators": 20}}
        source = dataset if more else dataset | {"ignore": ["when"]}
        race = run_race(tmp_path / by, dataset=source, split={"by": by, **more}, classifiers=classifiers)
        reached[by] = race.scorecards[0].cv_mean
    assert reached["random"] > 0.95
    assert reached["group"] < 0.7


def test_prepared_folds_are_those_of_the_split(tmp_path):
    """References carry what they follow."""
    config = TrainingConfig.model_validate(
        {"dataset": table(tmp_path, when=np.repeat(np.arange(40), 3)), "split": {"by": "group", "column": "when"}}
    )
    ref = prepare_dataset(config, tmp_path / "data")
    assert "group" == ref.split_by
    positions = np.load(ref.folder / "positions.npz")
    for part in ("train", "test"):
        assert (positions[part] // 3).tolist() == read_groups(ref, part).tolist()
