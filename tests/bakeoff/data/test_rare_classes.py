"""Rare classes are left out, or lower the number of folds; strict refuses them."""

import numpy as np
import pandas as pd
import pytest

from bakeoff.config import TrainingConfig
from bakeoff.data.datasets import Dataset
from bakeoff.data.rare_classes import split_dataset
from bakeoff.errors import DataError
from bakeoff.tables.schema import Feature


def split(sizes, key=None, **config):
    y = pd.Series(np.repeat(list(sizes), list(sizes.values())), name="y")
    frame = pd.DataFrame({"a": np.arange(len(y)) * 1.0})
    dataset = Dataset(frame, y, (Feature("a", "float64", "number"),), key)
    return split_dataset(dataset, TrainingConfig.model_validate(config))


def test_enough_rows_are_left_as_they_are():
    """Nothing is said, and the folds are those of the config."""
    dataset, parts, folds = split({"u": 50, "v": 50})
    assert ((), 5, 100) == (dataset.tidied, folds, sum(map(len, parts.values())))


def test_single_rows_of_a_class_are_left_out():
    """They can't be both learned from and scored."""
    dataset, parts, folds = split({"u": 50, "v": 50, "w": 1, "z": 1})
    assert ["u", "v"] == dataset.classes
    assert ("2 rows are left out, since their classes have fewer than 2 rows: 'w' (1), 'z' (1)",) == dataset.tidied
    assert (100, 5) == (sum(map(len, parts.values())), folds)


def test_a_rare_class_lowers_the_folds():
    """To its training rows; it is learned from, though test or validation rows may lack it."""
    dataset, parts, folds = split({"u": 50, "v": 50, "w": 3})
    assert ["u", "v", "w"] == dataset.classes
    training = (dataset.y.iloc[parts["train"]] == "w").sum()
    assert 2 <= training == folds < 5
    assert f"cross_validation.folds lowered from 5 to {folds}, the training rows of class 'w'" in dataset.tidied[0]
    assert list(range(103)) == sorted(np.concatenate(list(parts.values())).tolist())


def test_the_config_decides_what_is_rare():
    """min_class_rows leaves classes out rather than lower the folds."""
    dataset, _, folds = split({"u": 50, "v": 50, "w": 7}, dataset={"min_class_rows": 20})
    assert (["u", "v"], 5) == (dataset.classes, folds)


def test_a_class_that_time_leaves_out_of_the_training_rows_is_left_out():
    """Its rows are the newest."""
    config = {"split": {"by": "time", "column": "when"}}
    config["dataset"] = {"source": "file", "path": "rows.csv", "target": "y"}
    key = np.r_[np.arange(0, 100, 2), np.arange(1, 100, 2), 200:205]
    dataset, parts, _ = split({"u": 50, "v": 50, "w": 5}, key=key, **config)
    assert ["u", "v"] == dataset.classes
    assert "5 rows are left out, since their classes have fewer than 2 training rows: 'w' (0)" in dataset.tidied[0]
    assert list(range(100)) == sorted(np.concatenate(list(parts.values())).tolist())


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"u": 50}, "the target 'y' has one class only, 'u'; a classifier needs two"),
        ({"u": 50, "v": 1}, r"fewer than two classes with 2 rows or more: 'v' \(1\) have fewer; add rows"),
        ({f"k{row}": 1 for row in range(30)}, r"fewer than two classes with 2 rows or more: 'k0' \(1\), 'k1' \(1\)"),
    ],
)
def test_fewer_than_two_classes_are_refused(sizes, sentence):
    """With the classes that are too rare."""
    with pytest.raises(DataError, match=sentence):
        split(sizes)


@pytest.mark.parametrize("sizes", [{"u": 50, "v": 50, "w": 1, "z": 4}, {"u": 50, "v": 50, "w": 5}])
def test_strict_refuses_rare_classes(sizes):
    """All of them at once."""
    with pytest.raises(
        DataError, match=r"fewer (training )?rows than the 5 folds of the cross-validation: 'w' \("
    ) as caught:
        split(sizes, strict=True)
    assert ("'z' (4)" in str(caught.value)) == ("z" in sizes)
