"""Columns that give the class away are named, by value or by gap; columns that merely predict well are not."""

import numpy as np
import pandas as pd
import pytest

from bakeoff.data.warnings import leaks
from bakeoff.tables.cells import TEXT

N = 240


def rows(seed: int = 0, n_rows: int = N) -> tuple[pd.DataFrame, np.ndarray]:
    """A column that predicts well, one that hardly does, and the classes."""
    rng = np.random.RandomState(seed)
    y = np.where(rng.permutation(n_rows) % 2, "keep", "gone")
    X = pd.DataFrame({"a": (y == "keep") + 0.4 * rng.randn(n_rows), "b": rng.choice(["n", "s", "w"], n_rows)})
    return X, y


def warn_of_leaks(X: pd.DataFrame, y: np.ndarray) -> list[str]:
    """Where all rows are training rows."""
    return leaks.warn_of_leaks(X, y, np.arange(len(y)))


LEAKS = {
    "text": lambda y, rng: np.where(y == "keep", "yes", "no"),
    "boolean": lambda y, rng: y == "keep",
    "date": lambda y, rng: (
        np.datetime64("2024-01-01", "us") + (np.where(y == "keep", 900, 0) + rng.permutation(len(y))).astype("m8[s]")
    ),
    "threshold": lambda y, rng: np.where(y == "keep", rng.uniform(3, 9, len(y)), rng.uniform(-9, 3, len(y))),
    "interval": lambda y, rng: np.where(y == "keep", rng.uniform(3, 9, len(y)), rng.choice([-5, 15.0], len(y))),
    "categories": lambda y, rng: np.char.add(np.where(y == "keep", "k", "g"), rng.choice(list("abcdefgh"), len(y))),
    "one odd row": lambda y, rng: np.where((y == "keep") & (np.arange(len(y)) > np.argmax(y == "keep")), "yes", "no"),
}  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
def test_a_column_that_predicts_almost_perfectly_is_named(leak):
    """Whatever it holds, with its figure and with what to do."""
    X, y = rows()
    X["leak"] = LEAKS[leak](y, np.random.RandomState(1))
    (warning,) = warn_of_leaks(X, y)
    figure = "0.996" if leak == "one odd row" else "1.000"
    assert warning.startswith(f"column 'leak' alone predicts the class almost perfectly (balanced accuracy {figure}")
    assert warning.endswith("set dataset.ignore: ['leak']")


def test_a_leak_is_found_among_many_classes_and_rows():
    """Of 40,000 rows a sample is enough; a class's number is a leak, too."""
    rng = np.random.RandomState(0)
    codes = rng.randint(12, size=40_000)
    X = pd.DataFrame({"a": rng.randn(40_000), "code": codes * 10})
    assert "column 'code' alone predicts" in warn_of_leaks(X, np.char.add("c", codes.astype(str)))[0]


def test_columns_that_predict_well_are_not_named():
    """Nor are ids, constant columns, and columns of noise, of which many are many chances."""
    X, y = rows()
    assert [] == warn_of_leaks(X.assign(id=np.arange(N).astype(str), one=1.0), y)
    rng = np.random.RandomState(0)
    assert [] == warn_of_leaks(pd.DataFrame(rng.randn(60, 2000)), y[:60])
    assert [] == warn_of_leaks(pd.DataFrame(rng.rand(60, 2000) > 0.5), y[:60])
    assert [] == warn_of_leaks(X[:20].assign(leak=y[:20]), y[:20])  # of 20 rows too few to tell


def test_a_class_that_many_columns_tell_is_just_easy():
    """A warning of all columns would say nothing."""
    X, y = rows()
    for number in range(8):
        X[f"easy {number}"] = (y == "keep") + 0.1 * np.random.RandomState(number).rand(N)
    assert [] == warn_of_leaks(X, y)


@pytest.mark.parametrize(
    ("side", "rows_of_class"),
    [
        ("gap", "is missing in 120 of 240 training rows, and 100.0 % of them are of class 'keep'"),
        ("value", "has a value in 40 of 240 training rows, and 100.0 % of them are of class 'gone'"),
        ("noisy", "is missing in 118 of 240 training rows, and 96.6 % of them are of class 'keep'"),
    ],
)
@pytest.mark.parametrize("kind", ["text", "numbers"])
def test_a_column_whose_gaps_give_the_class_away_is_named(side, rows_of_class, kind):
    """On either side: where it is missing, or where it is not; once, though its values may tell, too."""
    X, y = rows()
    rng = np.random.RandomState(2)
    column = pd.Series(rng.choice(["dear", "late"], N) if kind == "text" else rng.randn(N))
    gaps = y == "keep"
    if side == "value":
        gaps = gaps | (np.arange(N) >= np.flatnonzero(y == "gone")[40])
    if side == "noisy":
        gaps = gaps ^ np.isin(np.arange(N), [*np.flatnonzero(gaps)[:6], *np.flatnonzero(~gaps)[:4]])
    X["reason"] = column.mask(gaps)
    (warning,) = warn_of_leaks(X, y)
    assert warning.startswith(f"column 'reason' {rows_of_class} (50.0 % of all rows are): its gaps give the class away")
    assert warning.endswith("set dataset.ignore: ['reason']")


def test_gaps_that_tell_little_are_not_named():
    """Nor are a few gaps of one class, which chance explains, be it in one of 2,000 columns."""
    X, y = rows()
    rng = np.random.RandomState(3)
    likelier = rng.rand(N) < np.where(y == "keep", 0.5, 0.2)
    few = np.isin(np.arange(N), np.flatnonzero(y == "keep")[:4])
    X["likelier"], X["few"] = X["a"].mask(likelier), X["b"].astype(TEXT).mask(few)
    assert [] == warn_of_leaks(X, y)
    gappy = pd.DataFrame(rng.randn(N, 2000)).mask(rng.rand(N, 2000) < 0.05)
    assert [] == warn_of_leaks(gappy, y)


def test_test_rows_are_not_looked_at():
    """A column that is only right in test rows is no leak, and one that is only wrong there is."""
    X, y = rows()
    train = np.arange(0, N, 2)
    right = np.where(y == "keep", "yes", "no")
    for column, found in ((np.where(np.arange(N) % 2, right, "no"), 0), (np.where(np.arange(N) % 2, "no", right), 1)):
        assert found == len(leaks.warn_of_leaks(X.assign(c=column), y, train))
