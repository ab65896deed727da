"""Turn free text into numbers that classifiers can learn from."""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

MOST_TERMS = 20_000


class TextFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """TF-IDF of the words and pairs of words of one column, reduced by a truncated SVD (latent semantic analysis).

    Args:
        n_components: the number of components, fewer where there are fewer terms or rows.
        random_state: the seed of the SVD.
    """

    def __init__(self, n_components: int = 50, random_state: int = 42) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X: pd.Series, y: Any = None) -> Self:
        """Learn the terms and the components.

        Args:
            X: the texts, shape (n_rows,); missing ones have no words.
            y: not used.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.Series, y: Any = None) -> np.ndarray:  # noqa: ARG002  as scikit-learn has it
        """Fit to the texts, and return their components, shape (n_rows, n_components)."""
        self.vectorizer_ = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), max_features=MOST_TERMS)
        try:
            terms = self.vectorizer_.fit_transform(_texts(X))
        except ValueError:  # no text has a word
            self.vectorizer_ = self.svd_ = None
            return np.zeros((len(X), 1))
        components = min(self.n_components, *(size - 1 for size in terms.shape))
        if components < 1:
            self.svd_ = None
            counts: np.ndarray = terms.toarray()
            return counts
        self.svd_ = TruncatedSVD(components, random_state=self.random_state)
        reduced: np.ndarray = self.svd_.fit_transform(terms)
        return reduced

    @property
    def _n_features_out(self) -> int:
        if self.vectorizer_ is None:
            return 1
        return len(self.vectorizer_.vocabulary_) if self.svd_ is None else int(self.svd_.n_components)

    def transform(self, X: pd.Series) -> np.ndarray:
        """Return the components of the texts, shape (n_rows, n_components)."""
        check_is_fitted(self, "vectorizer_")
        if self.vectorizer_ is None:
            return np.zeros((len(X), 1))
        terms = self.vectorizer_.transform(_texts(X))
        reduced: np.ndarray = terms.toarray() if self.svd_ is None else self.svd_.transform(terms)
        return reduced


def _texts(X: pd.Series) -> list[str]:
    return ["" if missing else str(text) for text, missing in zip(X, X.isna())]
