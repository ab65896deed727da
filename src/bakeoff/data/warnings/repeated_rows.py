"""A warning of test rows that repeat training rows, features and class."""

import numpy as np
import pandas as pd

from bakeoff.data.split import Split

FEWEST, SHARE = 5, 0.01  # the least number and share of test rows that repeat training rows to be warned of
BEYOND_CHANCE = 10  # times as many as expected by chance, from which on they are warned of
GLANCE = 8  # columns by which rows are compared first, which is faster
ROWS = 5_000  # training rows from which the expected number is computed


def warn_of_repeated_rows(X: pd.DataFrame, y: np.ndarray, split: Split) -> str | None:
    """Return a warning if far more test rows repeat training rows than chance explains, else None.

    Rows of few columns with few values repeat by chance; others repeat if they were copied or drawn with replacement.

    Args:
        X: the features of all rows, shape (n_rows, n_features).
        y: their classes, shape (n_rows,).
        split: the positions of the rows by part.
    """
    codes, names = pd.factorize(y)
    train, test = split["train"], split["test"]
    least = max(FEWEST, SHARE * len(test))
    few = X.iloc[:, :GLANCE]
    train_digests, test_digests = _digest(few, codes, train), _digest(few, codes, test)
    if X.shape[1] > GLANCE and test_digests.isin(train_digests).sum() >= least:  # not so in most tables
        train, candidates = train[train_digests.isin(test_digests)], test[test_digests.isin(train_digests)]
        train_digests, test_digests = _digest(X, codes, train), _digest(X, codes, candidates)
    repeated = int(test_digests.isin(train_digests).sum())
    if repeated < least:
        return None
    drawn = np.random.RandomState(0).permutation(split["train"])[:ROWS]
    in_train, in_test = (np.bincount(codes[split[part]], minlength=len(names)) for part in ("train", "test"))
    alike = _chance_alike(X.iloc[drawn], codes[drawn], len(names))
    if repeated <= BEYOND_CHANCE * (in_test * np.minimum(1, in_train * alike)).sum():
        return None
    return (
        f"{repeated:,} of {len(test):,} test rows ({100 * repeated / len(test):.1f} %) repeat training rows, features "
        "and class, far more than by chance: scores on them show memory rather than skill; take repeated rows out, or "
        "keep them on one side with split.by: group"
    )


def _digest(X: pd.DataFrame, codes: np.ndarray, rows: np.ndarray) -> pd.Series:
    """Return a 64-bit digest of the features and the class of each row at the positions `rows`."""
    digests = pd.util.hash_pandas_object(X.iloc[rows], index=False)
    return pd.Series(digests.to_numpy() ^ pd.util.hash_array(codes[rows]))


def _chance_alike(X: pd.DataFrame, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return by class the probability that two of its rows are equal, if its columns are independent.

    Args:
        X: some rows, shape (n_rows, n_features).
        codes: their class codes from 0, shape (n_rows,).
        n_classes: the number of classes.
    """
    counts = np.bincount(codes, minlength=n_classes)
    pairs = np.maximum(counts * (counts - 1.0), 1)
    alike = np.ones(n_classes)
    for name in X.columns:
        values = pd.factorize(X[name], use_na_sentinel=False)[0]
        cells, sizes = np.unique(values * n_classes + codes, return_counts=True)
        alike *= np.bincount(cells % n_classes, sizes * (sizes - 1.0), n_classes) / pairs
    return alike
