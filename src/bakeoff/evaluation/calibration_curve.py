"""Brier score, reliability curve, disagreement with the predictions, and uncalibrated probabilities to compare with."""

import numpy as np

from bakeoff.evaluation.results import CalibrationCurve

BINS = 10
DISAGREEMENT = 0.03  # the share of the rows above which a run warns


def brier_score(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Compute scikit-learn's Brier score: the mean over the rows of the sum over the classes of (y - p)².

    It lies between 0 and 2, and for two classes, where it is halved, between 0 and 1 (Brier, Verification of forecasts
    expressed in terms of probability, 1950).

    Args:
        y: class codes from 0, shape (n_rows,).
        probabilities: shape (n_rows, n_classes).
    """
    from sklearn.metrics import brier_score_loss

    labels = np.arange(probabilities.shape[1])
    return float(brier_score_loss(y, probabilities, labels=labels))


def reliability_curve(y: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> CalibrationCurve:
    """Compute the reliability curve: mean predicted probability and observed frequency in bins of equal width.

    The probability of every class of every row counts as one forecast (Murphy and Winkler, Reliability of subjective
    probability forecasts of precipitation and temperature, 1977; Niculescu-Mizil and Caruana, Predicting good
    probabilities with supervised learning, 2005).

    Args:
        y: class codes from 0, shape (n_rows,).
        probabilities: shape (n_rows, n_classes).
    """
    return curve_from_bins(bin_sums(y, probabilities, bins))


def bin_sums(y: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Compute the sums that a reliability curve follows from; those of several batches can be added.

    Returns:
        For each bin the number of forecasts, the sum of their probabilities, and the number that came true; shape
        (3, bins).
    """
    predicted = probabilities.ravel()
    came_true = (y[:, None] == np.arange(probabilities.shape[1])).ravel()
    indices = np.minimum((predicted * bins).astype(int), bins - 1)  # a probability of 1 is in the last bin
    return np.stack([np.bincount(indices, values, bins) for values in (None, predicted, came_true)])


def curve_from_bins(sums: np.ndarray) -> CalibrationCurve:
    """Compute the reliability curve from the sums of `bin_sums`, shape (3, bins)."""
    pairs, predicted, came_true = sums[:, sums[0] > 0]
    return CalibrationCurve((predicted / pairs).tolist(), (came_true / pairs).tolist(), pairs.astype(int).tolist())


def disagreement(codes: np.ndarray, probabilities: np.ndarray) -> float:
    """Compute the share of the rows in which another class than the predicted one is the most probable.

    Args:
        codes: the predicted classes as columns of `probabilities`, shape (n_rows,).
        probabilities: shape (n_rows, n_classes).
    """
    return float((probabilities[np.arange(len(codes)), codes] < probabilities.max(axis=1)).mean())


def softmax_or_sigmoid(scores: np.ndarray) -> np.ndarray:
    """Turn decision function values into probabilities as if they were log-odds, without calibration.

    Args:
        scores: shape (n_rows, n_classes) for the softmax; for two classes (n_rows, 1) for the sigmoid.

    Returns:
        Shape (n_rows, n_classes).
    """
    from scipy.special import expit, softmax

    if scores.shape[1] == 1:
        positive = expit(scores[:, 0])
        return np.stack([1 - positive, positive], axis=1)
    probabilities: np.ndarray = softmax(scores, axis=1)
    return probabilities
