"""Warnings of columns that give the class away: by their values, or by where values are missing."""

import numpy as np
import pandas as pd

from bakeoff.formatting import list_first

ROWS, CELLS = 5_000, 2_000_000  # most rows and cells of the sample
FEWEST_ROWS, FEWEST_OF_CLASS = 30, 5  # least rows of the sample, and of a class in it
PREDICTS = 0.98  # the balanced accuracy of one column, less its standard error, from which on it is warned of
FOLDS = 3
MANY = 5  # if more columns than this, and than a tenth of all, predict the class alone, it is merely easy to predict
CANDIDATES = 20  # most numeric columns that a tree is fitted on
UNMIXED = 0.15  # the other classes' share of the rows with (or without) a gap, relative to that of all rows, at most
CHANCE = 1e-3  # the probability of a false alarm of gaps, over all columns of a table
SHOWN = 3  # columns in a warning


def warn_of_leaks(X: pd.DataFrame, y: np.ndarray, train: np.ndarray) -> list[str]:
    """Return at most two warnings: of columns whose gaps, and of columns whose values, almost determine the class.

    Args:
        X: the features of all rows, shape (n_rows, n_features).
        y: their classes, shape (n_rows,).
        train: the positions of the training rows, of which a sample is examined.
    """
    names, codes = np.unique(y[train], return_inverse=True)
    rows = _sample(codes, min(ROWS, max(CELLS // X.shape[1], 10 * FEWEST_ROWS)))
    if len(rows) < FEWEST_ROWS:
        return []
    # Rows of small classes are left out; classes are numbered anew.
    kept, codes = np.unique(codes[rows], return_inverse=True)
    if len(kept) < 2:
        return []
    sample = X.iloc[train[rows]]
    warnings, warned_of = _warn_of_gaps(sample, codes, list(map(str, names[kept])))
    scores = {name: score for name, score in _telling_columns(sample, codes).items() if name not in warned_of}
    if scores and len(scores) <= max(MANY, X.shape[1] / 10):
        best = sorted(scores, key=lambda name: -scores[name])
        what = f"column {best[0]!r}"
        if len(best) > 1:
            what = f"each of the columns {list_first(list(map(repr, best)), SHOWN)}"
        figures = list_first([f"{scores[name]:.3f}" for name in best], SHOWN)
        warnings.append(
            f"{what} alone predicts the class almost perfectly (balanced "
            f"accuracy {figures} of a small tree, cross-validated on training rows): it may be the answer "
            f"under another name, or known only after it; if so, set dataset.ignore: {best[:SHOWN]}"
        )
    return warnings


def _sample(codes: np.ndarray, most: int) -> np.ndarray:
    """Draw the positions of at most `most` rows, in random order, classes in proportion; rare ones are left out."""
    rows = np.random.RandomState(0).permutation(len(codes))
    if len(rows) > most:
        by_class = rows[np.argsort(codes[rows], kind="stable")]
        drawn = by_class[np.linspace(0, len(rows) - 1, most).astype(int)]
        rows = np.random.RandomState(1).permutation(drawn)
    enough: np.ndarray = np.bincount(codes[rows], minlength=codes.max() + 1) >= FEWEST_OF_CLASS
    chosen: np.ndarray = rows[enough[codes[rows]]]
    return chosen


def _warn_of_gaps(X: pd.DataFrame, codes: np.ndarray, classes: list[str]) -> tuple[list[str], set[str]]:
    """Return at most one warning, and its columns, whose rows with (or without) a value are nearly all of one class."""
    gaps = X.isna().to_numpy()
    shares = np.bincount(codes) / len(codes)
    found: list[tuple[float, str, str]] = []
    for place in np.flatnonzero(gaps.any(axis=0) & ~gaps.all(axis=0)):
        for side, rows in (("is missing", gaps[:, place]), ("has a value", ~gaps[:, place])):
            counts = np.bincount(codes[rows], minlength=len(classes))
            most, n_rows = int(counts.argmax()), int(rows.sum())
            share, expected = counts[most] / n_rows, shares[most]
            # Minus the logarithm of Chernoff's bound on the probability that so few are of other classes by chance.
            evidence = n_rows * _divergence(share, expected)
            if 1 - share <= UNMIXED * (1 - expected) and evidence > np.log(2 * X.shape[1] / CHANCE):
                name = str(X.columns[int(place)])
                line = (
                    f"column {name!r} {side} in {n_rows:,} of {len(codes):,} training rows, and {100 * share:.1f} % of "
                    f"them are of class {classes[most]!r} ({100 * expected:.1f} % of all rows are)"
                )
                found.append((float(evidence), name, line))
    if not found:
        return [], set()
    found.sort(reverse=True)
    names = list(dict.fromkeys(name for _, name, _ in found))
    lines = {name: line for _, name, line in reversed(found)}
    more = f" (likewise {list_first(list(map(repr, names[1:])), SHOWN)})" if len(names) > 1 else ""
    warning = (
        f"{lines[names[0]]}{more}: its gaps give the class away; if it is filled in only when the class is known, set "
        f"dataset.ignore: {names[:SHOWN]}"
    )
    return [warning], set(names)


def _divergence(share: float, expected: float) -> float:
    """Return the Kullback-Leibler divergence, in nats, of a share from an expected one, which is neither 0 nor 1."""
    rest = 0.0 if share == 1 else (1 - share) * np.log((1 - share) / (1 - expected))
    return float(share * np.log(share / expected) + rest)


def _telling_columns(X: pd.DataFrame, codes: np.ndarray) -> dict[str, float]:
    """Return the balanced accuracy of each column that alone predicts the classes almost perfectly.

    Args:
        X: rows in random order.
        codes: the classes from 0, shape (n_rows,).
    """
    dates = X.columns[[dtype.kind == "M" for dtype in X.dtypes]]
    X = X.assign(**{name: (X[name] - X[name].min()) / pd.Timedelta(days=1) for name in dates})
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in X.dtypes]
    numbers = X.loc[:, numeric].to_numpy(dtype=np.float32, na_value=np.nan)
    names = X.columns[numeric]
    counts = np.bincount(codes)
    results: dict[str, tuple[float, float]] = {}
    for place in _promising(numbers, codes, counts):
        results[str(names[place])] = _score(codes, counts, _predict_by_tree(numbers[:, place], codes, len(counts)))
    for name in X.columns[np.logical_not(numeric)]:
        results[str(name)] = _score(codes, counts, _predict_by_category(pd.factorize(X[name])[0], codes, len(counts)))
    return {name: score for name, (score, error) in results.items() if score - error >= PREDICTS}


def _promising(numbers: np.ndarray, codes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the positions of columns that may predict the class: sorted by them, it changes seldom from row to row.

    Args:
        numbers: the numeric columns, shape (n_rows, n_columns).
        codes: the class codes from 0, shape (n_rows,).
        counts: the number of rows by class.

    Returns:
        At most `CANDIDATES` positions, the most promising first.
    """
    ordered = codes[np.argsort(numbers, axis=0, kind="stable")]
    changes = np.count_nonzero(ordered[1:] != ordered[:-1], axis=0)
    by_chance = len(codes) - (counts**2).sum() / len(codes)
    seldom = np.flatnonzero(changes <= 0.2 * by_chance + 4 * len(counts))
    places: np.ndarray = seldom[np.argsort(changes[seldom], kind="stable")][:CANDIDATES]
    return places


def _predict_by_tree(column: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Predict each row's class out of fold by a small tree on one column, shape (n_rows,)."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_leaf_nodes=2 * n_classes + 2, random_state=0)
    predicted: np.ndarray = cross_val_predict(tree, column[:, None], codes, cv=StratifiedKFold(FOLDS))
    return predicted


def _predict_by_category(column: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Predict each row's class as the most frequent one of the other rows in its category; -1 if there are none."""
    categories = column + 1  # 0: missing
    table = np.zeros((categories.max() + 1, n_classes), dtype=np.int32)
    np.add.at(table, (categories, codes), 1)
    others = table[categories]
    others[np.arange(len(codes)), codes] -= 1
    predicted: np.ndarray = np.where(others.any(axis=1), others.argmax(axis=1), -1)
    return predicted


def _score(codes: np.ndarray, counts: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Return the balanced accuracy and its standard error."""
    recalls = np.bincount(codes[predicted == codes], minlength=len(counts)) / counts
    return float(recalls.mean()), float(np.sqrt((recalls * (1 - recalls) / counts).sum()) / len(counts))
