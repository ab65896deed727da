"""Predict classes and probabilities with a fitted Pipeline in one pass over the rows."""

from collections.abc import Callable, Iterable
from copy import copy
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

Answer = tuple[np.ndarray, np.ndarray | None]
Mapper = Callable[[Callable[[int], None], Iterable[int]], Iterable[None]]  # `map`, or a thread pool's

FOREST_ROWS = 1 << 12  # rows that all trees of a forest predict before the next ones: they fit a core's cache


def predict_with_proba(model: Any, X: pd.DataFrame, probabilities: bool = True, mapper: Mapper = map) -> Answer:
    """Return the same as `model.predict` and `model.predict_proba` in about half the time.

    Calling both would transform the rows twice, and evaluate the forest or the support vectors twice.

    Args:
        model: a fitted Pipeline.
        X: shape (n_rows, n_features), at least one row.
        probabilities: whether to compute probabilities.
        mapper: runs the blocks of rows of a forest, in any order.

    Returns:
        The codes of the predicted classes, shape (n_rows,), and the probabilities, shape (n_rows, n_classes), or None
        if the model has none or they are not wanted.
    """
    from sklearn import config_context

    last = model[-1]
    with config_context(assume_finite=True, skip_parameter_validation=True):  # the rows are validated already
        rows = model[:-1].transform(X) if len(model.steps) > 1 else X
        calibrated = hasattr(last, "calibrate")
        if not probabilities:
            return predict_and_score(last.classifier if calibrated else last, rows, True, mapper)[0], None
        if calibrated:
            codes, scores = predict_and_score(last.classifier, rows, True, mapper)
            return codes, last.calibrate(scores)
        codes, scores = predict_and_score(last, rows, False, mapper)
        return codes, scores if hasattr(last, "predict_proba") else None


def predict_and_score(classifier: Any, rows: Any, raw: bool, mapper: Mapper = map) -> tuple[np.ndarray, np.ndarray]:
    """Predict classes, and probabilities or the decision function, with a fitted classifier.

    Args:
        classifier: a fitted classifier without preprocessing.
        rows: the preprocessed rows, shape (n_rows, n_features).
        raw: whether to return the decision function, which calibrators take, if the classifier has both.
        mapper: as for `predict_with_proba`.

    Returns:
        The codes of the predicted classes, shape (n_rows,), and probabilities or decision function in scikit-learn's
        shape.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC
    from sklearn.utils.extmath import softmax

    from bakeoff.estimators.nystroem_svc import NystroemSVC

    if isinstance(classifier, RandomForestClassifier):
        probabilities = _predict_forest(classifier, rows, mapper)
        return probabilities.argmax(axis=1), probabilities
    if isinstance(classifier, (LogisticRegression, NystroemSVC)):
        scores = classifier.decision_function(rows)
        codes = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        if raw or not hasattr(classifier, "predict_proba"):
            return codes, scores
        return codes, classifier.predict_proba(rows) if scores.ndim == 1 else softmax(scores, copy=False)
    has_probabilities = hasattr(classifier, "predict_proba")
    if isinstance(classifier, SVC) and not classifier.break_ties and (raw or not has_probabilities):
        return _vote_one_vs_one(classifier, rows)
    codes = pd.Index(classifier.classes_).get_indexer(classifier.predict(rows))
    if (raw and hasattr(classifier, "decision_function")) or not has_probabilities:
        return codes, classifier.decision_function(rows)
    return codes, classifier.predict_proba(rows)


def _predict_forest(forest: Any, rows: Any, mapper: Mapper) -> np.ndarray:
    """Return the same as `forest.predict_proba`, by blocks of rows.

    All rows at once would leave the cache with each tree; and trees that run in threads, as with `n_jobs`, are summed
    in the order in which they end, so that the last digits would differ from run to run.
    """
    from sklearn.ensemble import RandomForestClassifier

    if type(forest) is not RandomForestClassifier or hasattr(rows, "tocsr"):
        probabilities: np.ndarray = forest.predict_proba(rows)
        return probabilities
    X = np.asarray(rows, dtype=np.float32, order="C")  # as scikit-learn's trees take them
    trees = [tree.tree_ for tree in forest.estimators_]
    step = max(FOREST_ROWS, *(tree.node_count for tree in trees))  # it takes long to bring a large tree to the cache
    sums = np.zeros((len(X), forest.n_classes_))

    def predict_block(start: int) -> None:
        block, block_sums = (array[start : start + step] for array in (X, sums))
        for tree in trees:
            block_sums += tree.predict(block)[:, : forest.n_classes_]
        block_sums /= len(trees)

    for _ in (mapper if len(X) > step else map)(predict_block, range(0, len(X), step)):
        pass  # an error in a block is raised here
    return sums


def _vote_one_vs_one(classifier: Any, rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """Compute an SVC's predicted codes and decision function from its one-vs-one decision function.

    The codes follow libsvm: a pair votes for its first class if the value is above 0, and of the classes with the most
    votes the first wins. The one-vs-rest decision function follows scikit-learn (`SVC.decision_function`): it is the
    number of votes, where a value of 0 counts for the first class, with ties broken by the sums of the values.
    """
    pairwise = copy(classifier)
    pairwise.decision_function_shape = "ovo"
    values = pairwise.decision_function(rows)
    if values.ndim == 1:  # for two classes the sign is reversed: positive values are for the second class
        return (values >= 0).astype(int), values
    libsvm_votes, votes, sums = (np.zeros((len(values), len(classifier.classes_))) for _ in range(3))
    for (i, j), value in zip(combinations(range(votes.shape[1]), 2), values.T):
        libsvm_votes[:, i] += value > 0
        libsvm_votes[:, j] += value <= 0
        votes[:, i] += value >= 0
        votes[:, j] += value < 0
        sums[:, i] += value
        sums[:, j] -= value
    scores = values if classifier.decision_function_shape == "ovo" else votes + sums / (3 * (np.abs(sums) + 1))
    return libsvm_votes.argmax(axis=1), scores
