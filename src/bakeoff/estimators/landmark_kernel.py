"""Kernel values between rows and landmarks, and the preconditioner of `NystroemSVC`."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

Kernel = Literal["rbf", "poly", "sigmoid", "linear"]

CHUNK_BYTES = 1_000_000  # of kernel values at a time, to fit into a core's cache together with the landmarks
RIDGE = 1e-7  # as a share of the trace of the landmarks' kernel matrix; smaller eigenvalues are float32 noise
WITHIN_MARGIN = 0.3  # the assumed share of rows within the margin, for the preconditioner


class LandmarkKernel:
    """Computes the kernel matrix between rows and landmarks in chunks of rows, by one matrix product each."""

    def __init__(self, landmarks: np.ndarray, kernel: Kernel, gamma: float, degree: float, coef0: float) -> None:
        self._kernel, self._gamma, self._degree, self._coef0 = kernel, gamma, degree, coef0
        # The RBF kernel is translation invariant, and centered values lose fewer digits in float32.
        self._center = landmarks.mean(axis=0) if kernel == "rbf" else 0.0
        self.landmarks = landmarks
        centered = landmarks - self._center
        extra = -gamma * np.einsum("ij,ij->i", centered, centered) if kernel == "rbf" else np.full(len(centered), coef0)
        self._right = np.column_stack([centered, extra, np.ones(len(centered))]).T.astype(np.float32)

    def chunks(self, X: Any) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield slices of rows and their kernel values, shape (n_chunk, n_landmarks), in a buffer that is reused."""
        n_chunk = max(16, CHUNK_BYTES // 4 // len(self.landmarks))
        buffer = np.empty((n_chunk, len(self.landmarks)), dtype=np.float32)
        for start in range(0, X.shape[0], n_chunk):
            chunk = X[start : start + n_chunk]
            chunk = chunk.toarray() if hasattr(chunk, "toarray") else chunk
            yield slice(start, start + len(chunk)), self._values(chunk, buffer[: len(chunk)])

    def _values(self, X: np.ndarray, out: np.ndarray) -> np.ndarray:
        rows = X - self._center
        ones = np.ones(len(rows))
        if self._kernel == "rbf":  # -gamma |x - l|^2, expanded
            left = np.column_stack([2 * self._gamma * rows, ones, -self._gamma * np.einsum("ij,ij->i", rows, rows)])
        else:
            scale = 1.0 if self._kernel == "linear" else self._gamma
            left = np.column_stack([scale * rows, ones * (self._kernel != "linear"), np.zeros(len(rows))])
        np.matmul(left.astype(np.float32), self._right, out=out)
        if self._kernel == "rbf":
            np.exp(out, out=out)
        elif self._kernel == "poly":
            np.power(out, self._degree, out=out)
        elif self._kernel == "sigmoid":
            np.tanh(out, out=out)
        return out


def precondition(
    kernel: LandmarkKernel, sample: Any, weights: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Compute coordinates v in which the Hessian of the objective is close to the identity.

    Args:
        kernel: the kernel with its landmarks.
        sample: a sample of the rows, shape (n_sample, n_features).
        weights: C times the weight of each row of the sample, shape (n_sample,).
        share: the number of all rows divided by that of the sample.

    Returns:
        The basis, so that the landmarks' coefficients are `basis @ v`, and the metric, so that `||w||^2 = v' metric v`;
        both of shape (n_landmarks, n_landmarks).
    """
    gram = np.vstack([values.copy() for _, values in kernel.chunks(kernel.landmarks)]).astype(np.float64)
    normalization = _inverse_root((gram + gram.T) / 2, RIDGE)
    features = np.vstack([values * np.sqrt(weights)[rows, None] for rows, values in kernel.chunks(sample)])
    features = features @ normalization.astype(np.float32)
    hessian = (features.T @ features).astype(np.float64)
    hessian *= 2 * WITHIN_MARGIN * share
    hessian[np.diag_indices_from(hessian)] += 1
    inverse = _inverse_root(hessian, 0.0)
    return normalization @ inverse, inverse.T @ inverse


def _inverse_root(matrix: np.ndarray, ridge: float) -> np.ndarray:
    """Compute R^-1 for the Cholesky factorization R'R of a symmetric matrix.

    Args:
        matrix: shape (n, n).
        ridge: the share of the trace to add to the diagonal; multiplied by 10 until the matrix is positive definite,
            since the sigmoid kernel is indefinite, and rounding may make others so.
    """
    from scipy.linalg import LinAlgError, cholesky, solve_triangular

    size = len(matrix)
    while True:
        regularized = matrix.copy()
        regularized[np.diag_indices(size)] += ridge * np.trace(matrix)
        try:
            root = cholesky(regularized, overwrite_a=True, check_finite=False)
        except LinAlgError:
            ridge = max(10 * ridge, RIDGE)
            if ridge > size:
                raise
            continue
        inverse: np.ndarray = solve_triangular(root, np.eye(size), overwrite_b=True, check_finite=False)
        return inverse
