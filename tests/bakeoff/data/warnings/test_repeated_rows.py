"""Test rows that were copied from training rows are counted; rows that are alike by nature are not warned of."""

import numpy as np
import pandas as pd
import pytest

from bakeoff.data.warnings.repeated_rows import warn_of_repeated_rows

SPLIT = {"train": np.arange(0, 400), "test": np.arange(400, 500), "validation": np.arange(500, 520)}


def rows(columns: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """520 rows, no two alike."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(rng.randn(520, columns).round(3)).add_prefix("x").assign(c=rng.choice(["n", "s", "w"], 520))
    return X, rng.choice(["a", "b"], 520)


def repeat(X: pd.DataFrame, y: np.ndarray, count: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Put copies of training rows in the place of the first test rows."""
    places = np.arange(520)
    places[400 : 400 + count] = places[:count]
    return X.iloc[places].reset_index(drop=True), y[places]


@pytest.mark.parametrize("columns", [3, 60])
@pytest.mark.parametrize("count", [5, 90])
def test_test_rows_that_repeat_training_rows_are_counted(columns, count):
    """Of narrow and of wide tables, with their share."""
    warning = warn_of_repeated_rows(*repeat(*rows(columns), count), SPLIT)
    assert warning is not None
    assert warning.startswith(f"{count} of 100 test rows ({count}.0 %) repeat training rows, features and class")


@pytest.mark.parametrize("columns", [3, 60])
def test_a_gap_is_like_a_gap(columns):
    """Rows with missing values repeat, too."""
    X, y = rows(columns)
    X.loc[:50, ["x0", "c"]] = np.nan
    assert "20 of 100 test rows" in (warn_of_repeated_rows(*repeat(X, y, 20), SPLIT) or "")


def test_few_copies_and_other_classes_are_not_warned_of():
    """Nor copies among training rows alone, or of columns but not all."""
    X, y = rows(12)
    assert warn_of_repeated_rows(X, y, SPLIT) is None
    assert warn_of_repeated_rows(*repeat(X, y, 4), SPLIT) is None
    copied, classes = repeat(X, y, 90)
    classes[400:490] = np.where(classes[400:490] == "a", "b", "a")
    assert warn_of_repeated_rows(copied, classes, SPLIT) is None
    copied, classes = repeat(X, y, 90)
    assert warn_of_repeated_rows(copied.assign(x11=np.arange(520)), classes, SPLIT) is None
    places = np.r_[np.zeros(400, dtype=int), np.arange(400, 520)]
    assert warn_of_repeated_rows(X.iloc[places].reset_index(drop=True), y[places], SPLIT) is None


def test_rows_that_are_alike_by_nature_are_not_warned_of():
    """Three answers of a questionnaire repeat without being copied."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(rng.choice(["yes", "no", "perhaps"], (520, 3))).add_prefix("q")
    assert warn_of_repeated_rows(X, rng.choice(["a", "b"], 520), SPLIT) is None


def test_rows_drawn_with_replacement_are_warned_of():
    """Sixty rows make 520, labels by chance: the classifier learns each by heart."""
    X, y = rows()
    places = np.random.RandomState(1).randint(60, size=520)
    assert "100 of 100 test rows" in (
        warn_of_repeated_rows(X.iloc[places].reset_index(drop=True), y[places], SPLIT) or ""
    )
