"""A kernel SVM whose fit takes linear time in the number of rows, by the Nystroem method."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from bakeoff.estimators.landmark_kernel import WITHIN_MARGIN, Kernel, LandmarkKernel, precondition


class NystroemSVC(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A support vector classifier whose solution is a combination of k training rows, the landmarks.

    With landmarks l_j, `w = sum_j a_j phi(l_j)` minimizes

        1/2 ||w||^2 + C sum_i v_i max(0, 1 - t_i f(x_i))^2,   f(x) = sum_j a_j K(l_j, x) + b

    for each class against the rest: the problem of `LinearSVC` on the features of
    `sklearn.kernel_approximation.Nystroem` (Williams and Seeger 2001). It is solved in the primal by L-BFGS. Kernel
    values are recomputed in chunks that fit into a core's cache instead of being stored. The normalization of the
    features and a preconditioner from the Hessian of a sample (like FALKON's, Rudi, Carratino and Rosasco 2017) are
    applied to the coefficients instead of the rows. Time grows with `n k` and `k^3`, memory with `n d` and `k^2`.

    The other parameters are those of `SVC`.

    Args:
        n_components: the number k of landmarks, limited to the number of rows.
        tol: the relative decrease of the objective below which L-BFGS stops.
        max_iter: the largest number of iterations of L-BFGS.
        random_state: the seed for drawing landmarks, uniformly and without replacement.

    Attributes:
        classes_: shape (n_classes,).
        landmarks_: shape (k, n_features).
        dual_coef_: shape (k, n_classes), with two classes (k, 1).
        intercept_: shape (n_classes,), with two classes (1,).
        n_iter_: the number of iterations of L-BFGS.
        computes_in: the precision of kernel values and coefficients.
    """

    computes_in = "float32"

    def __init__(
        self,
        *,
        C: float = 1.0,
        kernel: Kernel = "rbf",
        degree: float = 3,
        gamma: float | Literal["scale", "auto"] = "scale",
        coef0: float = 0.0,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        n_components: int = 2000,
        tol: float = 1e-3,
        max_iter: int = 100,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.class_weight = class_weight
        self.n_components = n_components
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "NystroemSVC":
        """Fit the model.

        Args:
            X: shape (n_rows, n_features), dense or sparse.
            y: shape (n_rows,).
            sample_weight: shape (n_rows,).

        Raises:
            ValueError: a parameter is out of bounds, or there is only one class.
        """
        self._check_parameters()
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"the number of classes has to be greater than one; got {len(self.classes_)} class")
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        if self.class_weight is not None:
            weights = weights * compute_class_weight(self.class_weight, classes=self.classes_, y=y)[codes]
        order = check_random_state(self.random_state).permutation(len(y))
        landmarks = X[order[: self.n_components]]
        self.landmarks_ = landmarks.toarray() if hasattr(landmarks, "toarray") else landmarks
        self.gamma_ = self._gamma(X)
        targets = np.where(codes[:, None] == np.arange(len(self.classes_)), 1, -1).astype(np.float32)
        targets = targets[:, 1:] if len(self.classes_) == 2 else targets
        sample = np.sort(order[: 2 * len(self.landmarks_)])
        self._solve(X, targets, (self.C * weights).astype(np.float32), sample)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Compute f(x), shape (n_rows,) with two classes, else (n_rows, n_classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        kernel, coef = self._kernel(), self.dual_coef_.astype(np.float32)
        scores = np.empty((X.shape[0], coef.shape[1]))
        for rows, values in kernel.chunks(X):
            scores[rows] = values @ coef
        scores += self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of each row, shape (n_rows,)."""
        scores = self.decision_function(X)
        codes = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        predicted: np.ndarray = self.classes_[codes]
        return predicted

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _check_parameters(self) -> None:
        if self.kernel not in ("rbf", "poly", "sigmoid", "linear"):
            raise ValueError(f"kernel {self.kernel!r} can't be approximated; use rbf, poly, sigmoid or linear")
        for name, value in (("C", self.C), ("n_components", self.n_components), ("max_iter", self.max_iter)):
            if not value > 0:
                raise ValueError(f"{name} must be above 0; got {value!r}")
        if self.gamma not in ("scale", "auto") and not (isinstance(self.gamma, (int, float)) and self.gamma > 0):
            raise ValueError(f"gamma must be scale, auto or above 0; got {self.gamma!r}")

    def _gamma(self, X: Any) -> float:
        """Compute gamma like `SVC`."""
        if self.gamma not in ("scale", "auto"):
            return float(self.gamma)
        if self.gamma == "auto":
            return 1.0 / int(X.shape[1])
        variance = X.multiply(X).mean() - X.mean() ** 2 if hasattr(X, "toarray") else X.var()
        return float(1 / (X.shape[1] * variance)) if variance > 0 else 1.0

    def _kernel(self) -> "LandmarkKernel":
        return LandmarkKernel(self.landmarks_, self.kernel, self.gamma_, self.degree, self.coef0)

    def _solve(self, X: Any, targets: np.ndarray, weights: np.ndarray, sample: np.ndarray) -> None:
        """Minimize the objective over v and b, where the coefficients are `basis @ v`; see `precondition`.

        Args:
            X: shape (n_rows, n_features).
            targets: -1 and 1, shape (n_rows, n_problems).
            weights: C times the weight of each row, shape (n_rows,).
            sample: the indices of a random sample of the rows.
        """
        import warnings

        from scipy.optimize import minimize

        kernel = self._kernel()
        basis, metric = precondition(kernel, X[sample], weights[sample], len(targets) / len(sample))
        size = basis.shape[1]
        step = 1 / np.sqrt(1 + 2 * WITHIN_MARGIN * weights.sum(dtype=np.float64))  # preconditions b

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            v, b = flat.reshape(size + 1, -1)[:-1], flat.reshape(size + 1, -1)[-1]
            coef, intercept = (basis @ v).astype(np.float32), (b * step).astype(np.float32)
            metric_v = metric @ v
            value = 0.5 * float((v * metric_v).sum())
            coef_gradient, intercept_gradient = np.zeros(coef.shape), np.zeros(len(intercept))
            for rows, values in kernel.chunks(X):
                hinge = np.maximum(1 - targets[rows] * (values @ coef + intercept), 0)
                gradient = hinge * weights[rows, None]
                value += float(np.einsum("ij,ij", gradient, hinge, dtype=np.float64))
                gradient *= -2 * targets[rows]
                coef_gradient += values.T @ gradient
                intercept_gradient += gradient.sum(axis=0)
            return value, np.vstack([metric_v + basis.T @ coef_gradient, intercept_gradient * step]).ravel()

        # The size of the gradient depends on the scale of the data, so only the decrease of the objective stops it.
        options = {"maxiter": self.max_iter, "maxcor": 20, "ftol": self.tol, "gtol": 0.0}
        start = np.zeros((size + 1) * targets.shape[1])
        result = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
        if result.status == 1:
            warnings.warn(
                f"NystroemSVC did not converge in {self.max_iter} iterations", ConvergenceWarning, stacklevel=3
            )
        solution = result.x.reshape(size + 1, -1)
        self.dual_coef_, self.intercept_ = basis @ solution[:-1], solution[-1] * step
        self.n_iter_ = int(result.nit)
