"""Permutation importance: how far a model's score falls when one column's values are shuffled among the rows.

All preprocessing works row by row, so the rows are preprocessed once, and what became of a column is shuffled.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import isfinite, log2
from typing import Any

import numpy as np

from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_groups, read_part
from bakeoff.estimators.inference import predict_with_proba
from bakeoff.evaluation.intervals import drop_interval, jackknife_blocks
from bakeoff.evaluation.predictions import encode_labels
from bakeoff.evaluation.results import ColumnImportance, Importance
from bakeoff.metrics import METRICS, MetricName
from bakeoff.runtime.threads import cpu_count, limit_openmp_threads, map_in_order

VALUES = 4_000_000  # of preprocessed rows in memory at once, for each core: 32 MB

# Seconds on one core: of a row; of a coefficient; of a level of a tree, in forests and in gradient boosting; of a
# support vector and of each of its values; of a landmark; and of a row for other classes, as of 400 boosted trees.
ROW, COEFFICIENT, LEVEL, BOOSTED_LEVEL = 1e-6, 2e-9, 1.3e-8, 3.1e-8
SUPPORT, SUPPORT_VALUE, LANDMARK, OTHER = 5.5e-8, 4e-10, 3e-9, 9e-5
FITTED = ("sklearn", "lightgbm", "xgboost", "catboost")  # packages whose classifiers take longer to fit than to predict
LAZY = ("sklearn.gaussian_process", "sklearn.neighbors", "sklearn.semi_supervised")  # but for these
UNLIMITED = 1_000  # leaves of a boosted tree, taken where they have no limit


def permutation_importance(
    ref: DatasetRef, model: Any, scoring: MetricName, rows: int, repeats: int, names: Sequence[str] | None = None
) -> Importance | None:
    """Measure how far the score on the test rows falls if a column is shuffled (Breiman, Random forests, 2001).

    Args:
        ref: the dataset.
        model: a fitted Pipeline.
        scoring: the metric.
        rows: the number of test rows that are used at most, drawn at random.
        repeats: the number of shuffles of each column.
        names: the columns to shuffle; None for all.

    Returns:
        The columns, the most important first; None if the metric is not defined on these rows.
    """
    X, y = read_part(ref, "test")
    groups, generator = read_groups(ref, "test"), np.random.default_rng(0)
    if len(X) > rows:
        drawn = np.sort(generator.choice(len(X), rows, replace=False))
        X, y, groups = X.iloc[drawn], y[drawn], None if groups is None else groups[drawn]
    codes, orders = encode_labels(y, ref.classes), np.array([generator.permutation(len(X)) for _ in range(repeats)])
    blocks, by_column = jackknife_blocks(codes, groups), column_blocks(model, X)
    prepared, predict = X, partial(_predict, model, ref.classes, scoring)
    if by_column is not None:
        prepared, predict = model[:-1].transform(X), partial(_predict, model[-1:], ref.classes, scoring)
    whole, copies = predict(prepared), max(1, VALUES // (len(X) * max(1, prepared.shape[1])))

    places = {name: place for place, name in enumerate(X.columns)}

    def measure(name: str) -> ColumnImportance:
        columns = np.array([places[name]]) if by_column is None else by_column[places[name]]
        shuffled = [
            predict(shuffle(prepared, columns, orders[first : first + copies])).reshape(-1, *whole.shape)
            for first in range(0, repeats, copies)
        ]
        return ColumnImportance(name, *drop_interval(scoring, codes, whole, np.concatenate(shuffled), orders, blocks))

    workers = cpu_count()
    with ThreadPoolExecutor(workers, initializer=limit_openmp_threads) as pool:
        measured = [*map_in_order(pool, measure, X.columns if names is None else names, ahead=workers)]
    if not all(isfinite(value) for column in measured for value in (column.drop, *column.interval)):
        return None
    return Importance(len(X), repeats, sorted(measured, key=lambda column: -column.drop))


def _predict(model: Any, classes: Sequence[str], scoring: MetricName, rows: Any) -> np.ndarray:
    """Return the same as `response_values`, faster."""
    wanted, known = METRICS[scoring].of_probabilities, encode_labels(model.classes_, classes)
    codes, probabilities = predict_with_proba(model, rows, wanted)
    if probabilities is None:
        return known[codes]
    values = np.zeros((len(codes), len(classes)))
    values[:, known] = probabilities
    return values


def shuffle(rows: Any, columns: np.ndarray, orders: np.ndarray) -> Any:
    """Return a copy of the rows for each order, one below the other, with some columns in that order.

    Args:
        rows: a DataFrame, an array, or a sparse matrix, shape (n_rows, n_columns).
        columns: the positions of the columns to shuffle.
        orders: shape (n_copies, n_rows).
    """
    places, order = np.tile(np.arange(rows.shape[0]), len(orders)), orders.ravel()
    if hasattr(rows, "iloc"):
        copies = rows.iloc[places].reset_index(drop=True)
        for column in columns:
            copies.isetitem(int(column), rows.iloc[order, column].reset_index(drop=True))
        return copies
    if isinstance(rows, np.ndarray):
        copies = rows[places]
        copies[:, columns] = rows[order[:, None], columns]
        return copies
    from scipy import sparse

    of_columns = np.zeros(rows.shape[1])
    of_columns[columns] = 1
    part = rows.tocsr() @ sparse.diags_array(of_columns)
    rest = rows.tocsr() @ sparse.diags_array(1 - of_columns)
    return sparse.csr_matrix(rest[places] + part[order])


def column_blocks(model: Any, X: Any) -> list[np.ndarray] | None:
    """Find which columns of the preprocessed rows each column became.

    Args:
        model: a fitted Pipeline.
        X: rows for it.

    Returns:
        For each column of X the positions; None without preprocessing, or with one of an older release.
    """
    preprocessing = model.steps[0][1]
    if len(model.steps) != 2 or not hasattr(preprocessing, "output_indices_"):
        return None
    blocks = [np.array([], dtype=int)] * X.shape[1]
    for name, transformer, columns in preprocessing.transformers_:
        outputs = preprocessing.output_indices_[name]
        if outputs.start == outputs.stop:
            continue
        each = [columns] if isinstance(columns, (str, int)) else list(columns)
        widths = _widths(transformer, len(each), outputs.stop - outputs.start)
        if sum(widths) != outputs.stop - outputs.start or len(widths) != len(each):
            return None
        ends = outputs.start + np.cumsum(widths)
        for column, end, width in zip(each, ends, widths):
            blocks[X.columns.get_loc(column) if isinstance(column, str) else column] = np.arange(end - width, end)
    return blocks


def _widths(transformer: Any, columns: int, outputs: int) -> list[int]:
    """Return how many outputs a transformer makes of each of its columns."""
    from sklearn.preprocessing import OneHotEncoder

    from bakeoff.estimators.date_features import DateFeatures

    steps = [step for _, step in getattr(transformer, "steps", [("", transformer)])]
    if isinstance(steps[0], DateFeatures):
        return [len(names) for names in steps[0].names_by_column]
    if isinstance(encoder := steps[-1], OneHotEncoder):
        rare = encoder.infrequent_categories_
        return [len(known) - (0 if few is None else len(few) - 1) for known, few in zip(encoder.categories_, rare)]
    return [outputs] if columns == 1 else [1] * columns


def row_seconds(model: Any) -> float | None:
    """Predict the seconds of predicting a preprocessed row, and of scoring it, from the size of the fitted model.

    Args:
        model: a fitted Pipeline.

    Returns:
        None for classes that may take longer to predict a row than to fit it.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    from bakeoff.estimators.calibration import CalibratedClassifier
    from bakeoff.estimators.encoded_classifier import EncodedClassifier
    from bakeoff.estimators.nystroem_svc import NystroemSVC

    classifier = model[-1].classifier if isinstance(model[-1], CalibratedClassifier) else model[-1]
    if isinstance(classifier, EncodedClassifier):
        classifier = classifier.classifier_
    if isinstance(classifier, RandomForestClassifier):
        return ROW + LEVEL * sum(log2(1 + tree.tree_.node_count) for tree in classifier.estimators_)
    if isinstance(classifier, HistGradientBoostingClassifier):
        levels = log2(2 * (classifier.max_leaf_nodes or UNLIMITED))
        return float(ROW + BOOSTED_LEVEL * classifier.n_iter_ * classifier.n_trees_per_iteration_ * levels)
    if isinstance(classifier, SVC):
        vectors = classifier.support_vectors_
        values = vectors.nnz if hasattr(vectors, "nnz") else vectors.size
        return float(ROW + SUPPORT * vectors.shape[0] + SUPPORT_VALUE * values)
    if isinstance(classifier, NystroemSVC):
        return ROW + LANDMARK * classifier.n_components
    if isinstance(classifier, LogisticRegression):
        return float(ROW + COEFFICIENT * classifier.coef_.size)
    module = type(classifier).__module__
    return OTHER if module.startswith(FITTED) and not module.startswith(LAZY) else None
