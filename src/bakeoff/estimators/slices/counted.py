"""Predict the time of an exact SVM from fits on slices of the training rows.

How long libsvm takes depends on how hard the rows are: on rows that are mostly support vectors it takes ten times as
long as on rows that a margin separates. So the SVM is fitted on two slices, and what libsvm counted there, support
vectors and iterations, is extrapolated to all rows. The seconds follow from counts and constants alone: the choice
between the exact SVM and its approximation is the same in every run and on every machine.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, Any

from bakeoff.classifiers import weigh_classes
from bakeoff.config import TrainingConfig
from bakeoff.estimators.contestant import Contestant, Search
from bakeoff.estimators.fit_time import CELL, SVM_SECONDS, ProblemSize, count_categories
from bakeoff.tables.schema import Feature

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from bakeoff.data.dataset_ref import DatasetRef

LARGEST_SLICE = 3000  # rows, and a third of all at most
SMALLER = 3  # times, the other slice
LEAST_ROWS = 1000  # that a slice is taken of
CACHE_BYTES = 200e6  # of SVC's kernel cache, for rows of 4-byte numbers
WORK, MOST_ITERATIONS = 1e9, 500  # a slice's fit is stopped after: iterations times rows, and iterations a row
MOST_ITERATIONS_A_ROW = 8.0  # of SVMs with ordinary parameters on scaled rows, seen on published tables
# Seconds (python -m benchmarks.costs): of an iteration, for each row; and of a value of the kernel.
ITERATION = 1.0e-9
VALUE, VALUE_OF_COLUMN = 2.6e-8, 3.1e-10
SPARSE_VALUE, COMMON_COLUMN, OTHER_COLUMN = 2.1e-8, 6.3e-10, 4.5e-9  # columns that both rows have, or only one
AGAIN = 0.25  # of the values that would be computed again if no iteration found any in the cache
CANDIDATES = 5  # of a search, at most
GROWTH = (0.3, 1.0)  # the exponents of the rows by which support vectors may grow
ITERATIONS_GROWTH = (0.5, 1.1)
UNFINISHED_GROWTH = 3.0  # of iterations that were stopped

SKIP_BELOW = 3.0  # seconds


@dataclass(frozen=True)
class PairCounts:
    """What libsvm counted in separating two classes.

    Attributes:
        rows: of both classes.
        iterations: of its solver.
        support: the number of support vectors.
    """

    rows: float
    iterations: float
    support: float

    def grow(self, times: float, support: float, iterations: float) -> "PairCounts":
        """Extrapolate to so many times the rows, by the exponents of growth."""
        grown = min(self.support * times**support, self.rows * times)
        return PairCounts(self.rows * times, self.iterations * times**iterations, grown)


def needs_slice(config: TrainingConfig, size: ProblemSize) -> bool:
    """Whether the race depends on the SVM's time so much that it is worth a fit on slices.

    If even rows that are all support vectors take no longer than `SKIP_BELOW` and the SVM's budget, a prediction
    decides nothing, unless the race has a budget.
    """
    if "svm" not in config.classifiers or config.svm.approximation == "nystroem" or size.rows < LEAST_ROWS:
        return False
    if config.time_budget is not None or not _is_ordinary(config):
        return True
    return worst_seconds(size) > min(SKIP_BELOW, config.svm.budget_seconds)


def worst_seconds(size: ProblemSize) -> float:
    """Predict the time of an ordinary SVM if all rows are support vectors of all their pairs of classes."""
    rows = 2 * size.rows / size.classes
    pair = PairCounts(rows, MOST_ITERATIONS_A_ROW * rows, rows)
    return size.classes * (size.classes - 1) / 2 * _seconds_of(pair, VALUE + VALUE_OF_COLUMN * size.columns)


def predict_race_svm(ref: "DatasetRef", config: TrainingConfig) -> float | None:
    """Predict the seconds of a fit of the race's exact SVM on the training rows, on average over a search's candidates.

    Returns:
        None if the race doesn't depend on it, or the SVM can't be fitted on slices.
    """
    if not needs_slice(config, ProblemSize.of(ref)):
        return None
    from bakeoff.data.parts import read_part
    from bakeoff.estimators.search import list_candidates

    parameters = weigh_classes("svm", config.classifiers["svm"], config.class_weight)
    scoring = config.cross_validation.scoring
    contestant = Contestant("svm", parameters, config.preprocessing, scoring, config.calibration)
    search = Search.of(config, "svm")
    values = list_candidates(replace(search, budget=min(search.budget, CANDIDATES))) if search else [{}]
    candidates = [replace(contestant, parameters={**parameters, **each}) for each in values]
    seconds = [predict_exact_svm(candidate, ref.features, *read_part(ref, "train")) for candidate in candidates]
    known = [each for each in seconds if each is not None]
    return sum(known) / len(known) if known else None


def predict_exact_svm(
    contestant: Contestant, features: Sequence[Feature], X: "pd.DataFrame", y: "np.ndarray"
) -> float | None:
    """Predict the seconds of an exact SVM on one core, to two digits; None if it can't be fitted on slices.

    Args:
        contestant: the SVM.
        features: the columns.
        X: the training rows, shape (n_rows, n_features).
        y: shape (n_rows,).
    """
    import numpy as np
    from sklearn.base import clone

    from bakeoff.estimators.pipeline import build_pipeline

    if len(y) < LEAST_ROWS:
        return None
    order = np.random.RandomState(0).permutation(len(y))[: min(LARGEST_SLICE, len(y) // 3)]
    try:
        parameters = {**contestant.parameters}
        fits = 6 if parameters.pop("probability", False) else 1  # five more for libsvm's own probabilities
        pipeline = build_pipeline(replace(contestant, parameters=parameters), features)
        classifier, most = pipeline[-1], pipeline[-1].max_iter
        values = pipeline[0].fit_transform(X.iloc[order]) if len(pipeline) > 1 else X.iloc[order].to_numpy()

        def fit(rows: int) -> Any:
            pairs_of_a_row = max(1, len(np.unique(y[order[:rows]])) - 1)
            stop = int(min(WORK / rows / pairs_of_a_row, MOST_ITERATIONS * rows))
            svm = clone(classifier).set_params(max_iter=stop if most < 0 else most)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a fit that was stopped has not converged
                return svm.fit(values[:rows], y[order[:rows]])

        small, large = fit(len(order) // SMALLER), fit(len(order))
    except (TypeError, ValueError):  # the fit on all rows says why, if it can't be done either
        return None
    seconds = fits * extrapolate(
        list(count_pairs(small, y[order[: len(order) // SMALLER]])),
        list(count_pairs(large, y[order])),
        len(X) / len(order),
        value_seconds(values),
        stopped=bool(most < 0 and (large.n_iter_ >= large.max_iter).any()),
    )
    return float(f"{SVM_SECONDS + CELL * len(X) * count_categories(features) + seconds:.2g}")


def extrapolate(
    small: list[PairCounts], large: list[PairCounts], times: float, value: float, *, stopped: bool = False
) -> float:
    """Predict the seconds of a fit from the counts of two slices.

    Args:
        small: the counts of the smaller slice, by pair of classes.
        large: the counts of the larger slice, of `SMALLER` times as many rows.
        times: how many times the rows of the larger slice are fitted.
        value: the seconds of a value of the kernel.
        stopped: whether the larger slice's fit was stopped before it had converged.
    """
    support = _growth(sum(pair.support for pair in small), sum(pair.support for pair in large), GROWTH)
    iterations = _growth(
        sum(pair.iterations for pair in small), sum(pair.iterations for pair in large), ITERATIONS_GROWTH
    )
    if stopped:
        iterations = UNFINISHED_GROWTH
    return sum(_seconds_of(pair.grow(times, support, iterations), value) for pair in large)


def value_seconds(X: Any) -> float:
    """Predict the seconds of a value of the kernel, which depends on the columns that two rows have beside 0."""
    if not hasattr(X, "nnz"):
        return VALUE + VALUE_OF_COLUMN * float(X.shape[1])
    import numpy as np

    filled = np.asarray((X != 0).mean(axis=0)).ravel()
    common = float((filled**2).sum())
    return SPARSE_VALUE + COMMON_COLUMN * common + OTHER_COLUMN * 2 * (float(filled.sum()) - common)


def count_pairs(svm: Any, y: "np.ndarray") -> Iterator[PairCounts]:
    """Read what libsvm counted, by pair of classes.

    Args:
        svm: a fitted SVC.
        y: the classes it was fitted on, shape (n_rows,).
    """
    import numpy as np

    rows = np.unique(y, return_counts=True)[1]
    dual = svm._dual_coef_.toarray() if hasattr(svm._dual_coef_, "toarray") else svm._dual_coef_  # in libsvm's order
    own = np.split(dual != 0, np.cumsum(svm.n_support_)[:-1], axis=1)
    pairs = ((one, other) for one in range(len(rows)) for other in range(one + 1, len(rows)))
    for (one, other), iterations in zip(pairs, svm.n_iter_):
        support = own[one][other - 1].sum() + own[other][one].sum()
        yield PairCounts(int(rows[one] + rows[other]), int(iterations), int(support))


def _seconds_of(pair: PairCounts, value: float) -> float:
    cached = CACHE_BYTES / 4 / pair.rows  # rows of the kernel
    missed = max(0.0, 2 * pair.iterations - pair.support) * max(0.0, 1 - cached / max(pair.support, 1.0))
    return pair.rows * (ITERATION * pair.iterations + value * (pair.support + AGAIN * missed))


def _growth(small: float, large: float, bounds: tuple[float, float]) -> float:
    exponent = log(max(large, 1.0) / max(small, 1.0)) / log(SMALLER)
    return min(max(exponent, bounds[0]), bounds[1])


def _is_ordinary(config: TrainingConfig) -> bool:
    """Whether rows are scaled and the SVM's parameters are such that libsvm converges in a few iterations a row."""
    parameters: Mapping[str, Any] = config.classifiers["svm"]
    C, tol = parameters.get("C", 1.0), parameters.get("tol", 1e-3)
    return bool(
        config.preprocessing == "auto"
        and "svm" not in config.search.spaces
        and parameters.get("kernel", "rbf") == "rbf"
        and parameters.get("gamma", "scale") in ("scale", "auto")
        and not parameters.get("probability")
        and isinstance(C, (int, float))
        and C <= 1
        and isinstance(tol, (int, float))
        and tol >= 1e-3
    )
