"""The accuracy of predictions without labels, from their confidence."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from bakeoff.drift.profile import PredictionProfile

FEWEST_ROWS = 30  # for an estimate
MOST_OUTSIDE = 0.05  # share of rows that are unlike all training rows, up to which accuracy is estimated
LEVEL = 0.95
OUT_OF_SUPPORT = "out of support"


@dataclass(frozen=True, kw_only=True)
class EstimatedAccuracy:
    """An estimate of the accuracy on rows without labels.

    Attributes:
        value: the estimate; None if there is none.
        interval: the 95 % interval of the accuracy on these rows.
        held_out: the accuracy on the held-out rows of training, which the estimate equals if nothing has changed.
        reason: why there is no estimate: `out of support`, `no probabilities`, `too few rows` or `training rows`; None
            if there is one.
        outside: the share of rows that are unlike all training rows in a column: a number further outside the training
            range than a tenth of its width, or an unseen category where such are rare.
    """

    value: float | None = None
    interval: tuple[float, float] | None = None
    held_out: float | None = None
    reason: str | None = None
    outside: float = 0.0


def estimate_accuracy(
    profile: PredictionProfile, confidence: np.ndarray, n_rows: int, n_outside: int
) -> EstimatedAccuracy:
    """Estimate the accuracy as the mean over the rows of the accuracy that held-out rows of like confidence have.

    It holds if rows of like confidence are as often right as in training. Calibrated average confidence is unbiased
    under covariate shift (Guillory et al., Predicting with confidence on unseen distributions, 2021; Garg et al.,
    Leveraging unlabeled data to predict out-of-distribution performance, 2022, compare it with thresholds); taking the
    held-out share of right predictions for each bin calibrates it. A change in how the class depends on the columns
    can't be seen in confidence.

    Args:
        profile: the predictions for held-out rows.
        confidence: the number of rows in each of its bins of confidence.
        n_rows: the number of rows.
        n_outside: the number of those that are unlike all training rows.
    """
    outside = n_outside / n_rows if n_rows else 0.0
    if not profile.confidence or not confidence.sum():
        return EstimatedAccuracy(reason="no probabilities", outside=outside)
    judged, right = np.array(profile.judged), np.array(profile.right)
    held_out = float(right.sum() / judged.sum())
    if outside > MOST_OUTSIDE:
        return EstimatedAccuracy(held_out=held_out, reason=OUT_OF_SUPPORT, outside=outside)
    if n_rows < FEWEST_ROWS:
        return EstimatedAccuracy(held_out=held_out, reason="too few rows", outside=outside)
    # A bin is held together with one row of the mean accuracy, for bins with hardly any held-out row.
    accuracy = (right + held_out) / (judged + 1)
    shares = confidence / confidence.sum()
    value = float(shares @ accuracy)
    variances = accuracy * (1 - accuracy)
    variance = shares**2 @ (variances / (judged + 1)) + shares @ variances / confidence.sum()
    margin = float(ndtri((1 + LEVEL) / 2) * np.sqrt(variance))
    return EstimatedAccuracy(
        value=value,
        interval=(max(0.0, value - margin), min(1.0, value + margin)),
        held_out=held_out,
        outside=outside,
    )
