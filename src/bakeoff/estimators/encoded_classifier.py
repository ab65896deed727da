"""A classifier of another library behind scikit-learn's interface; exported models contain this class."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted


def _inner(model: "EncodedClassifier") -> Any:
    return getattr(model, "classifier_", model.classifier)


def _has_probabilities(model: "EncodedClassifier") -> bool:
    return hasattr(_inner(model), "predict_proba")


def _has_scores(model: "EncodedClassifier") -> bool:
    return hasattr(_inner(model), "decision_function") or not _has_probabilities(model)


class EncodedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Fits a classifier on numbers alone: columns as an array of floats, classes as codes from 0.

    So the classifier needs to understand neither text labels, as XGBoost doesn't, nor column names and sparse matrices.
    Its predictions are the original labels.

    Args:
        classifier: any classifier with `fit` and `predict`; it is cloned.

    Attributes:
        classifier_: the fitted classifier.
        classes_: the labels, sorted, shape (n_classes,).
    """

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier

    def fit(self, X: Any, y: np.ndarray) -> Self:
        """Fit the classifier.

        Raises:
            ValueError: it raises an error of any kind.
        """
        self.classes_, codes = np.unique(y, return_inverse=True)
        classifier = clone(self.classifier)
        weights = classifier.get_params().get("class_weight")
        if isinstance(weights, Mapping):
            classifier.set_params(class_weight=self._by_code(weights))
        try:
            classifier.fit(_to_floats(X), codes)
        except ValueError:
            raise
        except Exception as error:  # every library has errors of its own
            raise ValueError(f"{type(error).__name__}: {error}") from error
        self.classifier_ = classifier
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted labels, shape (n_rows,)."""
        codes = self._predict_codes(X)
        predicted: np.ndarray = self.classes_[codes]
        return predicted

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]  # as above
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the classifier's probabilities, shape (n_rows, n_classes), which add up to 1 in double precision."""
        check_is_fitted(self)
        probabilities: np.ndarray = np.array(self.classifier_.predict_proba(_to_floats(X)), dtype=float)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities

    @available_if(_has_scores)  # type: ignore[untyped-decorator]  # as above
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the scores in scikit-learn's shape; of a classifier without, 1 for the predicted class, else -1."""
        check_is_fitted(self)
        if hasattr(self.classifier_, "decision_function"):
            scores = np.asarray(self.classifier_.decision_function(_to_floats(X)), dtype=float)
        else:
            scores = np.where(self._predict_codes(X)[:, None] == np.arange(len(self.classes_)), 1.0, -1.0)
        scores = scores.reshape(len(scores), -1)
        return scores[:, -1] if len(self.classes_) == 2 else scores

    def _predict_codes(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        codes = np.asarray(self.classifier_.predict(_to_floats(X)))
        return codes.reshape(len(codes), -1)[:, 0].astype(int)  # CatBoost gives a column

    def _by_code(self, weights: Mapping[Any, Any]) -> dict[int, Any]:
        codes = {str(label): code for code, label in enumerate(self.classes_.tolist())}
        return {codes[str(label)]: weight for label, weight in weights.items() if str(label) in codes}


def _to_floats(X: Any) -> np.ndarray:
    dense = X.toarray() if hasattr(X, "toarray") else X
    return np.asarray(dense, dtype=float)
