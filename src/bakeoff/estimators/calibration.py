"""Calibrate the scores of a fitted classifier to probabilities; exported models contain these classes."""

from typing import Any

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

HAS_TEMPERATURE = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8)  # in `CalibratedClassifierCV`


class GivenScores(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A classifier whose X is its precomputed decision function.

    `CalibratedClassifierCV` needs an estimator, and can't be fitted on scores alone.

    Attributes:
        classes_: the classes in scikit-learn's order, shape (n_classes,).
    """

    def fit(self, X: np.ndarray, y: np.ndarray) -> "GivenScores":  # noqa: ARG002  scikit-learn's signature
        """Store the classes that occur in y."""
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return X in scikit-learn's shape: for two classes (n_rows,), else (n_rows, n_classes)."""
        return X[:, 0] if X.shape[1] == 1 else X

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class with the highest score; scikit-learn requires this method."""
        codes = (X[:, 0] > 0).astype(int) if X.shape[1] == 1 else X.argmax(axis=1)
        predicted: np.ndarray = self.classes_[codes]
        return predicted


class CalibratedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A fitted classifier with calibrated probabilities; its predicted classes stay the same.

    Args:
        classifier: a fitted classifier, which is not refitted.
        method: "sigmoid" (Platt, Probabilistic outputs for support vector machines, 1999) or "isotonic" (Zadrozny and
            Elkan, Transforming classifier scores into accurate multiclass probability estimates, 2002): with more than
            two classes each is calibrated against the rest, and the probabilities are normalized. "temperature", for
            more than two classes: one factor for all scores, then the softmax (Guo et al., On calibration of modern
            neural networks, 2017), which keeps their order.

    Attributes:
        calibrator_: a `CalibratedClassifierCV` fitted on the scores, or a `TemperatureScaling` where that has none.
    """

    def __init__(self, classifier: Any, method: str = "sigmoid") -> None:
        self.classifier = classifier
        self.method = method

    @property
    def classes_(self) -> np.ndarray:
        """The classifier's classes."""
        classes: np.ndarray = self.classifier.classes_
        return classes

    def fit(self, X: Any, y: np.ndarray) -> "CalibratedClassifier":
        """Fit the calibrator on rows that the classifier was not fitted on."""
        return self.fit_scores(self.scores(X), y)

    def fit_scores(self, scores: np.ndarray, y: np.ndarray) -> "CalibratedClassifier":
        """Fit the calibrator on out-of-fold scores.

        Args:
            scores: as returned by `scores`, for rows that the classifiers were not fitted on.
            y: shape (n_rows,).

        Raises:
            ValueError: a class has no rows.
        """
        from sklearn.calibration import CalibratedClassifierCV

        if len(missing := np.setdiff1d(self.classes_, y)):
            raise ValueError(f"probabilities can't be calibrated: class {str(missing[0])!r} has no out-of-fold rows")
        rows, codes = np.arange(len(y)), np.searchsorted(self.classes_, y)
        if self.method == "temperature" and not HAS_TEMPERATURE:
            self.calibrator_ = TemperatureScaling().fit(self._columns(scores), codes)
            return self
        # One "fold" of all rows: the scores are out-of-fold already, and the default cv refuses rare classes.
        calibrator = CalibratedClassifierCV(GivenScores(), method=self.method, cv=[(rows, rows)], ensemble=False)
        # Of codes, since temperature takes integer labels for codes.
        self.calibrator_ = calibrator.fit(self._columns(scores), codes)
        self.calibrator_.cv = None  # as large as the training rows, and no longer needed
        return self

    def scores(self, X: Any) -> np.ndarray:
        """Return the scores that are calibrated; see `raw_scores`."""
        return raw_scores(self.classifier, X)

    def calibrate(self, scores: np.ndarray) -> np.ndarray:
        """Turn scores into probabilities, shape (n_rows, n_classes).

        If the calibrators give all classes of a row probability 0, they become equally likely.

        Args:
            scores: as returned by `scores` or by the classifier, shape (n_rows,) or (n_rows, n_scores).
        """
        check_is_fitted(self, "calibrator_")
        if not len(scores):
            return np.empty((0, len(self.classes_)))
        probabilities: np.ndarray = self.calibrator_.predict_proba(self._columns(scores))
        return probabilities

    def predict(self, X: Any) -> np.ndarray:
        """Return the classifier's predictions, shape (n_rows,)."""
        predicted: np.ndarray = self.classifier.predict(X)
        return predicted

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return calibrated probabilities, shape (n_rows, n_classes)."""
        return self.calibrate(self.scores(X))

    @available_if(lambda self: hasattr(self.classifier, "decision_function"))  # type: ignore[untyped-decorator]  # as above
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the classifier's decision function."""
        scores: np.ndarray = self.classifier.decision_function(X)
        return scores

    def _columns(self, scores: np.ndarray) -> np.ndarray:
        return score_columns(scores, len(self.classes_))


class TemperatureScaling(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """One factor for all scores, then the softmax; for scikit-learn 1.7, which has no temperature.

    Attributes:
        beta_: the factor, the inverse of the temperature.
        classes_: the class codes.
    """

    def fit(self, X: np.ndarray, y: np.ndarray) -> "TemperatureScaling":
        """Find the factor with the lowest log loss.

        Args:
            X: scores, or probabilities that add up to 1 in each row, shape (n_rows, n_classes).
            y: class codes from 0, shape (n_rows,).
        """
        from scipy.optimize import minimize_scalar
        from scipy.special import log_softmax

        logits, own = _to_logits(X), np.arange(len(y))

        def log_loss(log_beta: float) -> float:
            return -float(log_softmax(np.exp(log_beta) * logits, axis=1)[own, y].mean())

        tolerance = {"xatol": 64 * np.finfo(float).eps}
        found = minimize_scalar(log_loss, bounds=(-10.0, 10.0), method="bounded", options=tolerance)
        self.beta_ = float(np.exp(found.x))
        self.classes_ = np.arange(X.shape[1])
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities, shape (n_rows, n_classes)."""
        from scipy.special import softmax

        probabilities: np.ndarray = softmax(self.beta_ * _to_logits(X), axis=1)
        return probabilities

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the codes of the most probable classes, shape (n_rows,)."""
        codes: np.ndarray = self.predict_proba(X).argmax(axis=1)
        return codes


def _to_logits(scores: np.ndarray) -> np.ndarray:
    are_probabilities = ((scores >= 0) & (scores <= 1)).all() and np.isclose(scores.sum(axis=1), 1).all()
    return np.log(scores + 1e-12) if are_probabilities else scores


def raw_scores(classifier: Any, X: Any) -> np.ndarray:
    """Compute the scores that `CalibratedClassifierCV` calibrates: the decision function, or if absent probabilities.

    Returns:
        Shape (n_rows, n_classes); for two classes (n_rows, 1), the score of the second.
    """
    method = "decision_function" if hasattr(classifier, "decision_function") else "predict_proba"
    return score_columns(getattr(classifier, method)(X), len(classifier.classes_))


def score_columns(scores: np.ndarray, n_classes: int) -> np.ndarray:
    """Bring scores to shape (n_rows, n_classes), or for two classes (n_rows, 1), the score of the second."""
    scores = np.asarray(scores, dtype=float)
    scores = scores.reshape(len(scores), -1)
    return scores[:, -1:] if n_classes == 2 else scores


def out_of_fold_scores(classifier: Any, X: Any, y: np.ndarray, n_splits: int) -> np.ndarray:
    """Compute the `raw_scores` of rows by clones of a classifier, each fitted on the other folds of a stratified split.

    Args:
        classifier: any classifier.
        X: shape (n_rows, n_features), a data frame, an array or sparse.
        y: shape (n_rows,), with at least `n_splits` rows of each class.
        n_splits: the number of folds.
    """
    from sklearn.model_selection import StratifiedKFold

    rows = X.iloc if hasattr(X, "iloc") else X
    folds = list(StratifiedKFold(n_splits).split(y, y))
    scores = [raw_scores(clone(classifier).fit(rows[fitted], y[fitted]), rows[held_out]) for fitted, held_out in folds]
    order = np.concatenate([held_out for _, held_out in folds])
    return np.concatenate(scores)[order.argsort()]


def cross_fit(scores: np.ndarray, y: np.ndarray, folds: np.ndarray, n_classes: int, method: str) -> np.ndarray:
    """Calibrate out-of-fold scores by cross-fitting: those of a fold with a calibrator fitted on the other folds.

    Args:
        scores: the scores of one repeat as returned by `raw_scores`, shape (n_rows, n_scores); NaN if missing.
        y: class codes from 0, shape (n_rows,).
        folds: the fold in which each row was scored, shape (n_rows,).
        n_classes: the number of classes.
        method: as of `CalibratedClassifier`.

    Returns:
        Shape (n_rows, n_classes); NaN if the score is missing or the other folds lack a class.
    """
    probabilities = np.full((len(y), n_classes), np.nan)
    known = np.isfinite(scores).all(axis=1)
    for fold in np.unique(folds):
        held_out, others = known & (folds == fold), known & (folds != fold)
        if not held_out.any() or len(np.unique(y[others])) < n_classes:
            continue
        classifier = GivenScores().fit(scores[others], y[others])
        calibrated = CalibratedClassifier(classifier, method).fit_scores(scores[others], y[others])
        probabilities[held_out] = calibrated.calibrate(scores[held_out])
    return probabilities
