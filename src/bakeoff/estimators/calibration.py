"""Probabilities from a classifier's scores; part of exported models, so it keeps to scikit-learn's conventions."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted


class GivenScores(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Stands for a classifier whose scores are known: what it is given for X is its decision function.

    scikit-learn fits calibrators behind an estimator only.

    Attributes:
        classes_: shape (n_classes,), in scikit-learn's order.
    """

    def fit(self, X: np.ndarray, y: np.ndarray) -> "GivenScores":  # noqa: ARG002  scikit-learn's signature
        """Learn which classes there are."""
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """The scores themselves, in the shape that scikit-learn expects: (n_rows,) for two classes."""
        return X[:, 0] if X.shape[1] == 1 else X

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The class with the highest score; scikit-learn asks that there be such a method."""
        codes = (X[:, 0] > 0).astype(int) if X.shape[1] == 1 else X.argmax(axis=1)
        named: np.ndarray = self.classes_[codes]
        return named


class CalibratedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A fitted classifier with a calibrator over its scores: what it predicts is the classifier's, and stays so.

    Args:
        classifier: fitted; it is never fitted here.
        method: "sigmoid" (Platt, Probabilistic outputs for support vector machines, 1999) or "isotonic" (Zadrozny and
            Elkan, Transforming classifier scores into accurate multiclass probability estimates, 2002); of more than
            two classes each against the rest, brought to a sum of 1.

    Attributes:
        calibrator_: scikit-learn's `CalibratedClassifierCV` over the scores.
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
        """Fit the calibrator on the scores of rows that the scoring classifiers were not fitted on.

        Args:
            scores: as `scores` gives them.
            y: shape (n_rows,); each class occurs.

        Raises:
            ValueError: a class has no rows.
        """
        from sklearn.calibration import CalibratedClassifierCV

        if len(missing := np.setdiff1d(self.classes_, y)):
            raise ValueError(f"probabilities can't be calibrated: class {str(missing[0])!r} has no out-of-fold rows")
        rows = np.arange(len(y))
        # One "fold" of all rows: the scores are out-of-fold already, and by default rare classes would be refused.
        calibrator = CalibratedClassifierCV(GivenScores(), method=self.method, cv=[(rows, rows)], ensemble=False)
        self.calibrator_ = calibrator.fit(self._columns(scores), y)
        self.calibrator_.cv = None  # as many numbers as there are rows, and of no use any more
        return self

    def scores(self, X: Any) -> np.ndarray:
        """What is calibrated: the decision function, else the probabilities, as `CalibratedClassifierCV` has it.

        Returns:
            shape (n_rows, n_classes); for two classes (n_rows, 1), of the second.
        """
        return raw_scores(self.classifier, X)

    def calibrate(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities from scores, shape (n_rows, n_classes).

        Where every class against the rest is given probability 0, all classes are equally likely.

        Args:
            scores: as `scores` gives them, or as the classifier does: shape (n_rows,) or (n_rows, n_classes).
        """
        check_is_fitted(self, "calibrator_")
        if not len(scores):
            return np.empty((0, len(self.classes_)))
        probabilities: np.ndarray = self.calibrator_.predict_proba(self._columns(scores))
        return probabilities

    def predict(self, X: Any) -> np.ndarray:
        """The classifier's own predictions, shape (n_rows,)."""
        predicted: np.ndarray = self.classifier.predict(X)
        return predicted

    def predict_proba(self, X: Any) -> np.ndarray:
        """Calibrated probabilities, shape (n_rows, n_classes)."""
        return self.calibrate(self.scores(X))

    @available_if(lambda self: hasattr(self.classifier, "decision_function"))  # type: ignore[untyped-decorator]  # as above
    def decision_function(self, X: Any) -> np.ndarray:
        """The classifier's own."""
        scores: np.ndarray = self.classifier.decision_function(X)
        return scores

    def _columns(self, scores: np.ndarray) -> np.ndarray:
        return score_columns(scores, len(self.classes_))


def raw_scores(classifier: Any, X: Any) -> np.ndarray:
    """A fitted classifier's decision function, else its probabilities, which `CalibratedClassifierCV` takes, too.

    Returns:
        shape (n_rows, n_classes); for two classes (n_rows, 1), of the second.
    """
    method = "decision_function" if hasattr(classifier, "decision_function") else "predict_proba"
    return score_columns(getattr(classifier, method)(X), len(classifier.classes_))


def score_columns(scores: np.ndarray, n_classes: int) -> np.ndarray:
    """A classifier's scores in one form: shape (n_rows, n_classes), and for two classes (n_rows, 1), of the second."""
    scores = np.asarray(scores, dtype=float)
    scores = scores.reshape(len(scores), -1)
    return scores[:, -1:] if n_classes == 2 else scores


def cross_fit(scores: np.ndarray, y: np.ndarray, folds: np.ndarray, n_classes: int, method: str) -> np.ndarray:
    """Calibrated probabilities of out-of-fold scores, from calibrators that never saw the rows that they are judged on.

    The calibrator of a fold's rows is fitted on the scores of the other folds, of the same repeat: in another one, rows
    of this fold would stand among the others'.

    Args:
        scores: as `CalibratedClassifier.scores` gives them, shape (n_rows, n_scores); NaN where there are none.
        y: classes counted from 0, shape (n_rows,).
        folds: in which fold each row was scored, shape (n_rows,).
        method: "sigmoid" or "isotonic".

    Returns:
        shape (n_rows, n_classes); NaN where there are no scores, or where the other folds lack a class.
    """
    from bakeoff.estimators.calibration import CalibratedClassifier, GivenScores

    probabilities = np.full((len(y), n_classes), np.nan)
    known = np.isfinite(scores).all(axis=1)
    for fold in np.unique(folds):
        judged, others = known & (folds == fold), known & (folds != fold)
        if not judged.any() or len(np.unique(y[others])) < n_classes:
            continue
        known_by = GivenScores().fit(scores[others], y[others])
        model = CalibratedClassifier(known_by, method).fit_scores(scores[others], y[others])
        probabilities[judged] = model.calibrate(scores[judged])
    return probabilities
