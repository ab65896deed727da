"""The SVM on a sample's kernel values: what it minimises, and how near the exact one it comes."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.datasets import make_classification
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from bakeoff.estimators.nystroem_svc import NystroemSVC

LANDMARKS_ARE_ROWS = "a row that counts twice is not drawn as a landmark twice"


def expected_failures(estimator):
    names = ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data")
    return dict.fromkeys(names, LANDMARKS_ARE_ROWS)


@parametrize_with_checks([NystroemSVC(n_components=50, random_state=0)], expected_failed_checks=expected_failures)
def test_it_is_an_estimator_of_scikit_learns(estimator, check):
    check(estimator)


def rows(n_rows=600, n_classes=3, **options):
    return make_classification(
        n_rows, n_features=6, n_informative=5, n_redundant=0, n_classes=n_classes, random_state=1, **options
    )


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kernel", ["rbf", "poly", "linear"])
def test_it_minimises_what_it_says(kernel, n_classes):
    """The objective, written down anew in numbers of 64 bits, is no lower where a general solver ends."""
    X, y = rows(200, n_classes)
    fitted = NystroemSVC(C=0.7, kernel=kernel, coef0=1.0, n_components=40, tol=1e-7, max_iter=500, random_state=0)
    fitted.fit(X, y)
    parameters = {"gamma": fitted.gamma_, "coef0": 1.0, "degree": 3}
    values, among = (
        pairwise_kernels(A, fitted.landmarks_, kernel, filter_params=True, **parameters) for A in (X, fitted.landmarks_)
    )
    targets = np.where(y[:, None] == fitted.classes_, 1, -1)[:, 1 if n_classes == 2 else 0 :]

    def objective(flat, target):
        coef, intercept = flat[:-1], flat[-1]
        missing = np.maximum(1 - target * (values @ coef + intercept), 0)
        pushed = -2 * 0.7 * missing * target
        value = 0.5 * coef @ among @ coef + 0.7 * (missing**2).sum()
        return value, np.r_[among @ coef + values.T @ pushed, pushed.sum()]

    for place, target in enumerate(targets.T):
        ours, _ = objective(np.r_[fitted.dual_coef_[:, place], fitted.intercept_[place]], target)
        theirs = minimize(objective, np.zeros(41), target, jac=True, method="BFGS", options={"maxiter": 5000})
        assert ours == pytest.approx(theirs.fun, rel=2e-3)


@pytest.mark.parametrize(
    ("sep", "clusters"), [(1.5, 1), (1.0, 1), (0.7, 2)], ids=["well apart", "near", "several clouds"]
)
def test_it_is_as_right_as_the_exact_fit(sep, clusters):
    """Within half a point of accuracy, of 6,000 rows with 1,000 landmarks."""
    X, y = rows(9_000, 3, class_sep=sep, n_clusters_per_class=clusters)
    train, test = slice(0, 6_000), slice(6_000, None)
    exact = SVC().fit(X[train], y[train]).score(X[test], y[test])
    near = NystroemSVC(n_components=1_000, random_state=0).fit(X[train], y[train]).score(X[test], y[test])
    assert near > exact - 0.005


def test_sparse_rows_give_what_dense_ones_do():
    X, y = rows()
    X[np.abs(X) < 1] = 0
    for kernel in ("rbf", "sigmoid"):
        dense, sparse = (
            NystroemSVC(kernel=kernel, n_components=60, random_state=0).fit(A, y) for A in (X, csr_matrix(X))
        )
        np.testing.assert_allclose(
            dense.decision_function(X), sparse.decision_function(csr_matrix(X)), rtol=1e-4, atol=1e-4
        )


def test_more_landmarks_than_rows_are_all_rows():
    X, y = rows(100)
    fitted = NystroemSVC(n_components=2_000, random_state=0).fit(X, y)
    assert 100 == len(fitted.landmarks_)
    assert fitted.score(X, y) > 0.9


def test_rows_that_are_all_the_same_are_no_trouble():
    """Landmarks' kernel values are one number then."""
    X, y = np.ones((60, 3)), np.tile([0, 1, 1], 20)
    assert {1} == set(NystroemSVC(random_state=0).fit(X, y).predict(X))


def test_weights_of_classes_count():
    """Balanced, the rare class is found more often."""
    X, y = rows(3_000, 2, weights=[0.95], class_sep=0.4)
    recalls = [
        (NystroemSVC(n_components=200, class_weight=weight, random_state=0).fit(X, y).predict(X)[y == 1] == 1).mean()
        for weight in (None, "balanced")
    ]
    assert recalls[1] > recalls[0] + 0.2


def test_the_same_seed_gives_the_same_numbers():
    X, y = rows()
    first, again, other = (NystroemSVC(n_components=60, random_state=seed).fit(X, y) for seed in (1, 1, 2))
    assert first.dual_coef_.tobytes() == again.dual_coef_.tobytes() != other.dual_coef_.tobytes()


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"kernel": "cosine"}, "kernel 'cosine' can't be approximated; use rbf, poly, sigmoid or linear"),
        ({"C": 0}, "C must be above 0; got 0"),
        ({"gamma": -1}, "gamma must be scale, auto or above 0; got -1"),
        ({"n_components": 0}, "n_components must be above 0; got 0"),
    ],
)
def test_a_bad_value_is_refused_in_a_line(parameters, sentence):
    X, y = rows(60)
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        NystroemSVC(**parameters).fit(X, y)
