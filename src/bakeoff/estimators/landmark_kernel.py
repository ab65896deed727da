"""The kernel between rows and landmarks, and its preconditioner, for `NystroemSVC`."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

Kernel = Literal["rbf", "poly", "sigmoid", "linear"]

CHUNK_BYTES = 1_000_000  # of kernel values at once: what a core's own cache holds beside the landmarks
RIDGE = 1e-7  # of the trace of the landmarks' own kernel values: what is below is noise in numbers of 32 bits
WITHIN_MARGIN = 0.3  # the share of rows taken to be within the margin where the minimum's shape is guessed


class _KernelOfLandmarks:
    """The kernel's values of rows beside the landmarks, each piece of rows by one product of matrices."""

    def __init__(self, landmarks: np.ndarray, kernel: Kernel, gamma: float, degree: float, coef0: float) -> None:
        self._kernel, self._gamma, self._degree, self._coef0 = kernel, gamma, degree, coef0
        # The Gaussian kernel doesn't change when all rows are moved, and small numbers keep more of their digits.
        self._center = landmarks.mean(axis=0) if kernel == "rbf" else 0.0
        self.landmarks = landmarks
        ours = landmarks - self._center
        extra = -gamma * np.einsum("ij,ij->i", ours, ours) if kernel == "rbf" else np.full(len(ours), coef0)
        self._right = np.column_stack([ours, extra, np.ones(len(ours))]).T.astype(np.float32)

    def pieces(self, X: Any) -> Iterator[tuple[slice, np.ndarray]]:
        """Some rows at a time, and their values, shape (n_rows of them, n_landmarks); each overwrites the last."""
        several = max(16, CHUNK_BYTES // 4 // len(self.landmarks))
        space = np.empty((several, len(self.landmarks)), dtype=np.float32)
        for start in range(0, X.shape[0], several):
            piece = X[start : start + several]
            piece = piece.toarray() if hasattr(piece, "toarray") else piece
            yield slice(start, start + len(piece)), self._values(piece, space[: len(piece)])

    def _values(self, X: np.ndarray, space: np.ndarray) -> np.ndarray:
        rows = X - self._center
        ones = np.ones(len(rows))
        if self._kernel == "rbf":  # -gamma |x - l|^2, by parts
            left = np.column_stack([2 * self._gamma * rows, ones, -self._gamma * np.einsum("ij,ij->i", rows, rows)])
        else:
            scale = 1.0 if self._kernel == "linear" else self._gamma
            left = np.column_stack([scale * rows, ones * (self._kernel != "linear"), np.zeros(len(rows))])
        np.matmul(left.astype(np.float32), self._right, out=space)
        if self._kernel == "rbf":
            np.exp(space, out=space)
        elif self._kernel == "poly":
            np.power(space, self._degree, out=space)
        elif self._kernel == "sigmoid":
            np.tanh(space, out=space)
        return space


def _precondition(
    kernel: _KernelOfLandmarks, sample: Any, weights: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates in which the objective is about as curved in all directions.

    Args:
        sample: rows that stand for `share` times as many.
        weights: their C, shape (n_sample,).

    Returns:
        basis, shape (n_landmarks, n_landmarks), which makes landmarks' coefficients of coordinates, and metric, of the
        same shape, for which `||w||^2 = v' metric v`.
    """
    among = np.vstack([values.copy() for _, values in kernel.pieces(kernel.landmarks)]).astype(np.float64)
    features = _inverse_root((among + among.T) / 2, RIDGE)
    seen = np.vstack([values * np.sqrt(weights)[rows, None] for rows, values in kernel.pieces(sample)])
    seen = seen @ features.astype(np.float32)
    hessian = (seen.T @ seen).astype(np.float64)
    hessian *= 2 * WITHIN_MARGIN * share
    hessian[np.diag_indices_from(hessian)] += 1
    inverse = _inverse_root(hessian, 0.0)
    return features @ inverse, inverse.T @ inverse


def _inverse_root(matrix: np.ndarray, ridge: float) -> np.ndarray:
    """R^-1 of the Cholesky factor R'R of a symmetric matrix.

    Args:
        ridge: a share of the trace, which is added to the diagonal; ten times as much as often as it has to be, for the
            sigmoid is no kernel of any space, and rounding may take a matrix a little below definite.
    """
    from scipy.linalg import LinAlgError, cholesky, solve_triangular

    size = len(matrix)
    while True:
        raised = matrix.copy()
        raised[np.diag_indices(size)] += ridge * np.trace(matrix)
        try:
            root = cholesky(raised, overwrite_a=True, check_finite=False)
        except LinAlgError:
            ridge = max(10 * ridge, RIDGE)
            if ridge > size:
                raise
            continue
        inverse: np.ndarray = solve_triangular(root, np.eye(size), overwrite_b=True, check_finite=False)
        return inverse
