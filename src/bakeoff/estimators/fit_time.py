"""Predict the time of a fit from the numbers of rows, columns and classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakeoff.tables.schema import MAX_CATEGORIES, Feature

if TYPE_CHECKING:
    from bakeoff.data.dataset_ref import DatasetRef


LEAST_SECONDS = 0.005  # of any fit
SVM_SECONDS = 0.03  # of an SVM's Pipeline, however few the rows
CELL = 2.2e-6  # seconds of encoding a category


@dataclass(frozen=True)
class ProblemSize:
    """The size of a fit.

    Attributes:
        rows: the number of rows that are fitted on.
        columns: the number of columns after preprocessing, one-hot encoded ones included.
        classes: the number of classes.
        categories: the number of columns of categories before preprocessing.
    """

    rows: int
    columns: int
    classes: int
    categories: int = 0

    @classmethod
    def of(cls, ref: "DatasetRef") -> "ProblemSize":
        """Return the size of the training part of a dataset."""
        columns = sum(map(_width, ref.features))
        return cls(ref.rows["train"], columns, len(ref.classes), count_categories(ref.features))


@dataclass(frozen=True)
class CostTerm:
    """A term `seconds * rows^r * columns^p * classes^k * categories^c * landmarks^m`; the others are exponents."""

    seconds: float
    rows: float = 0.0
    columns: float = 0.0
    classes: float = 0.0
    categories: float = 0.0
    landmarks: float = 0.0

    def of(self, size: ProblemSize, landmarks: int = 1) -> float:
        """Compute the term in seconds on one core."""
        growth = size.rows**self.rows * size.columns**self.columns * size.classes**self.classes
        return float(self.seconds * growth * size.categories**self.categories * landmarks**self.landmarks)


# A fit takes the sum of these terms; they were fitted by least squares on random tables (python -m benchmarks.costs).
# They are constants, so that the choices that depend on them are the same on every machine.
FORMULAS = {
    ("logistic_regression", "scikit-learn"): (
        CostTerm(4.7e-8, rows=1, columns=1),
        CostTerm(3.6e-7, rows=1, classes=1),
    ),
    ("logistic_regression", "sklearnex"): (
        CostTerm(4.2e-8, rows=1, columns=1),
        CostTerm(2.5e-7, rows=1, classes=1),
    ),
    ("random_forest", "scikit-learn"): (CostTerm(1.7e-5, rows=1.15, columns=0.5),),
    ("random_forest", "sklearnex"): (
        CostTerm(7.4e-6, rows=1, columns=0.5),
        CostTerm(1.4e-6, rows=1, columns=0.5, classes=1),
    ),
    ("svm", "exact"): (
        CostTerm(SVM_SECONDS),
        CostTerm(CELL, rows=1, categories=1),
        CostTerm(2.4e-7, rows=1, columns=1, classes=1),
        CostTerm(9.0e-10, rows=2),
        CostTerm(2.9e-10, rows=2, classes=1),
    ),
    ("svm", "nystroem"): (
        CostTerm(SVM_SECONDS),
        CostTerm(CELL, rows=1, categories=1),
        CostTerm(2.1e-10, landmarks=3),
        CostTerm(1.8e-9, rows=1, landmarks=1),
        CostTerm(7.2e-10, rows=1, columns=1, landmarks=1),
        CostTerm(4.2e-9, rows=1, classes=1, landmarks=1),
    ),
}


def predict_fit_seconds(classifier: str, way: str, size: ProblemSize, landmarks: int = 1) -> float | None:
    """Predict the seconds of a fit on one core; None if there is no formula.

    Args:
        classifier: a key of `CLASSIFIERS`.
        way: the engine, or for the SVM "exact" or "nystroem".
        size: the size of the fit.
        landmarks: the number of landmarks, for "nystroem".
    """
    terms = FORMULAS.get((classifier, way))
    return None if terms is None else max(LEAST_SECONDS, sum(term.of(size, landmarks) for term in terms))


def count_categories(features: Sequence[Feature]) -> int:
    """Count the columns of categories."""
    return sum(feature.kind == "category" for feature in features)


def _width(feature: Feature) -> int:
    if feature.kind != "category":
        return 1
    categories = MAX_CATEGORIES if feature.categories is None else len(feature.categories) + feature.missing
    return max(1, min(categories, MAX_CATEGORIES))
