"""What a fitted Pipeline says of rows, its classes and probabilities in one pass over them."""

from copy import copy
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

Answer = tuple[np.ndarray, np.ndarray | None]


def predict_with_proba(model: Any, X: pd.DataFrame, probabilities: bool = True) -> Answer:
    """The classes that `model.predict` gives and the probabilities that `model.predict_proba` does.

    Asking for both would transform the rows twice, and go twice through a forest or an SVM's support vectors.

    Args:
        model: a fitted Pipeline.
        X: shape (n_rows, n_features), at least one row.
        probabilities: whether they are asked for at all.

    Returns:
        the classes' positions in `classes_`, shape (n_rows,), and the probabilities, shape (n_rows, n_classes), or None
        where the model has none.
    """
    from sklearn import config_context

    last = model[-1]
    with config_context(assume_finite=True, skip_parameter_validation=True):  # what is to be scored has been looked at
        rows = model[:-1].transform(X) if len(model.steps) > 1 else X
        calibrated = hasattr(last, "calibrate")
        if not probabilities:
            return predict_and_score(last.classifier if calibrated else last, rows, raw=True)[0], None
        if calibrated:
            codes, scores = predict_and_score(last.classifier, rows, raw=True)
            return codes, last.calibrate(scores)
        codes, scores = predict_and_score(last, rows, raw=False)
        return codes, scores if hasattr(last, "predict_proba") else None


def predict_and_score(classifier: Any, rows: Any, raw: bool) -> tuple[np.ndarray, np.ndarray]:
    """The classes that a fitted classifier predicts, and its probabilities or decision function.

    Args:
        rows: as the classifier takes them, shape (n_rows, n_features).
        raw: whether the decision function is wanted rather than the probabilities, where there are both: what
            calibrators are fitted on.

    Returns:
        the classes' positions in `classes_`, shape (n_rows,), and the other as scikit-learn gives it.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC
    from sklearn.utils.extmath import softmax

    from bakeoff.estimators.nystroem_svc import NystroemSVC

    if isinstance(classifier, RandomForestClassifier):
        shares = classifier.predict_proba(rows)
        return shares.argmax(axis=1), shares
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


def _vote_one_vs_one(classifier: Any, rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """An SVM's classes and decision function, both from what each pair of classes says of the rows.

    libsvm gives a pair's vote to the first class where the value is above 0, and takes the first class of those with
    the most votes; scikit-learn's decision function of one class against the rest is the votes, with ties broken by
    the sums of the values (`SVC.decision_function`).
    """
    pairwise = copy(classifier)
    pairwise.decision_function_shape = "ovo"
    said = pairwise.decision_function(rows)
    if said.ndim == 1:  # with the sign turned: above 0 speaks for the second class
        return (said >= 0).astype(int), said
    votes, ballots, sums = (np.zeros((len(said), len(classifier.classes_))) for _ in range(3))
    for (i, j), value in zip(combinations(range(votes.shape[1]), 2), said.T):
        votes[:, i] += value > 0
        votes[:, j] += value <= 0
        ballots[:, i] += value >= 0
        ballots[:, j] += value < 0
        sums[:, i] += value
        sums[:, j] -= value
    scores = said if classifier.decision_function_shape == "ovo" else ballots + sums / (3 * (np.abs(sums) + 1))
    return votes.argmax(axis=1), scores
