"""How far probabilities can be believed: the Brier score, the reliability curve, and honest probabilities for both."""

import numpy as np

from bakeoff.evaluation.results import CalibrationCurve

BINS = 10


def brier_score(y: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean over the rows of the sum over the classes of (y - p)², from 0 to 2 (Brier, Verification of forecasts
    expressed in terms of probability, 1950); for two classes half of that, from 0 to 1, as scikit-learn has it.

    Args:
        y: classes counted from 0, shape (n_rows,).
        probabilities: shape (n_rows, n_classes).
    """  # noqa: D205  a title with its source
    from sklearn.metrics import brier_score_loss

    labels = np.arange(probabilities.shape[1])
    return float(brier_score_loss(y, probabilities, labels=labels))


def reliability_curve(y: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> CalibrationCurve:
    """Predicted probabilities beside what came true, in bins of equal width (Murphy and Winkler, Reliability of
    subjective probability forecasts of precipitation and temperature, 1977; Niculescu-Mizil and Caruana, Predicting
    good probabilities with supervised learning, 2005).

    Every class of every row is a forecast: of this row, that it is of this class.

    Args:
        y: classes counted from 0, shape (n_rows,).
        probabilities: shape (n_rows, n_classes).
    """  # noqa: D205  a title with its source
    return curve_from_bins(bin_sums(y, probabilities, bins))


def bin_sums(y: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> np.ndarray:
    """What adds up to a reliability curve: of each bin the pairs of a row and a class, the sum of what they were
    predicted with, and how many came true, shape (3, bins).
    """  # noqa: D205  a title of two lines
    predicted = probabilities.ravel()
    came_true = (y[:, None] == np.arange(probabilities.shape[1])).ravel()
    places = np.minimum((predicted * bins).astype(int), bins - 1)  # a probability of 1 is in the last bin
    return np.stack([np.bincount(places, values, bins) for values in (None, predicted, came_true)])


def curve_from_bins(sums: np.ndarray) -> CalibrationCurve:
    """The curve of what `bin_sums` gave, or of several of them together."""
    pairs, predicted, came_true = sums[:, sums[0] > 0]
    return CalibrationCurve((predicted / pairs).tolist(), (came_true / pairs).tolist(), pairs.astype(int).tolist())


def softmax_or_sigmoid(scores: np.ndarray) -> np.ndarray:
    """Probabilities from a decision function as if it were log-odds, shape (n_rows, n_classes): the naive reading.

    Args:
        scores: shape (n_rows, n_classes), which the softmax takes; for two classes (n_rows, 1), which the logistic
            function does.
    """
    from scipy.special import expit, softmax

    if scores.shape[1] == 1:
        second = expit(scores[:, 0])
        return np.stack([1 - second, second], axis=1)
    shares: np.ndarray = softmax(scores, axis=1)
    return shares
