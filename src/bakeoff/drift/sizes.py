"""The size of a difference between two samples, and how large a difference chance alone makes.

Sizes are in standard deviations: a normal column whose mean moves by 0.2 of them has size 0.2. They don't depend on the
number of rows. What does is `chance`, the largest size that two samples from the same source have by chance, at a level
that is shared between all checks of a run.
"""

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.special import gammainccinv, ndtri, xlogy
from scipy.stats import binom, wasserstein_distance

MANY = 25  # expected rows of a category in the smaller sample from which on its term is taken as normal
LEAST_SKEW = 1e-3  # the least skewness that is told from none


def normal_scores(counts: np.ndarray) -> np.ndarray:
    """Return the place of each bin on a normal scale: the normal quantile of its mid-rank (van der Waerden's scores).

    Args:
        counts: the reference rows of each bin, in ascending order; shape (n_bins,).
    """
    ranks = np.cumsum(counts) - counts / 2 + 0.5
    scores: np.ndarray = ndtri(ranks / (counts.sum() + 1))
    return scores


def wasserstein(places: np.ndarray, reference: np.ndarray, counts: np.ndarray) -> float:
    """Return the Wasserstein distance between two samples in the same bins.

    Args:
        places: the place of each bin, shape (n_bins,).
        reference: the rows of the first sample in each bin, at least one in all.
        counts: those of the second.
    """
    return float(wasserstein_distance(places, places, reference, counts))


def wasserstein_chance(places: np.ndarray, reference: np.ndarray, counts: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the Wasserstein distances that two samples of the same source exceed with given probabilities.

    In its tail the distance behaves as the difference of the means, whose variance is that of a row times 1/n + 1/N.
    Its distribution is taken as Pearson's type III, with the absolute third moment of a row, since a rare bin's count
    is far from normal.

    Args:
        places: the place of each bin, shape (n_bins,).
        reference: the rows of the first sample in each bin.
        counts: those of the second.
        levels: the probabilities, shape (n_levels,).
    """
    n_reference, n_rows, shares = _pool(reference, counts)
    deviations = np.abs(places - shares @ places)
    variance, third = shares @ deviations**2, shares @ deviations**3
    if variance == 0:
        return np.zeros(len(levels))
    inverse = 1 / n_rows + 1 / n_reference
    skewness = third / variance**1.5 * (1 / n_rows**2 + 1 / n_reference**2) / inverse**1.5
    distances: np.ndarray = np.sqrt(variance * inverse) * _pearson_quantiles(levels / 2, max(skewness, LEAST_SKEW))
    return distances


def divergence(reference: np.ndarray, counts: np.ndarray) -> float:
    """Return the Jensen-Shannon distance between two samples, scaled to standard deviations.

    For two normal distributions whose means differ little the divergence is an eighth of the squared difference; hence
    the factor. It is at most 2.4, for samples that have no category in common.

    Args:
        reference: the rows of the first sample in each category, shape (n_categories,).
        counts: those of the second.
    """
    with np.errstate(invalid="ignore"):  # rounding makes it NaN for equal samples
        distance = float(jensenshannon(reference, counts))
    return 8**0.5 * distance if distance > 0 else 0.0


def divergence_chance(reference: np.ndarray, counts: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the `divergence`s that two samples of the same source exceed with given probabilities.

    The squared size times nN/(n + N) is a sum of a term for each category. Of common categories each term is as in
    chi-square. Of a rare one, given its rows in both samples together, those in one of them are binomial, which gives
    the term's mean and variance. The sum is taken as gamma.

    Args:
        reference: the rows of the first sample in each category, shape (n_categories,).
        counts: those of the second.
        levels: the probabilities, shape (n_levels,).
    """
    n_reference, n_rows, shares = _pool(reference, counts)
    both = reference + counts
    means, variances = np.ones(len(both)), np.full(len(both), 2.0)
    fewer, more = sorted((n_reference, n_rows))
    rare = shares * fewer < MANY
    if rare.any():
        means[rare], variances[rare] = _rare_moments(both[rare], fewer, more)
    mean, variance = means @ (1 - shares), variances @ (1 - shares)
    if variance <= 0:
        return np.zeros(len(levels))
    rows = n_rows * n_reference / (n_rows + n_reference)
    sizes: np.ndarray = np.sqrt(gammainccinv(mean**2 / variance, levels) * variance / mean / rows)
    return sizes


def _pool(reference: np.ndarray, counts: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Return the numbers of rows of two samples, and the share of each bin in both together."""
    n_reference, n_rows = float(reference.sum()), float(counts.sum())
    return n_reference, n_rows, (reference + counts) / (n_reference + n_rows)


def _rare_moments(both: np.ndarray, fewer: float, more: float) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of the terms of rare categories in `divergence_chance`, each of shape (n_rare,).

    Args:
        both: the rows of each category in both samples, shape (n_rare,).
        fewer: the rows of the smaller sample.
        more: those of the larger.
    """
    total, count = both[:, None], np.arange(4 * MANY)[None, :]
    rest = np.maximum(total - count, 0)
    weights = np.where(count <= total, binom.pmf(count, total, fewer / (fewer + more)), 0)
    middle = np.maximum(count / fewer + rest / more, 1e-300) / 2
    divergences = (xlogy(count, count / fewer / middle) / fewer + xlogy(rest, rest / more / middle) / more) / 2
    terms = 8 * fewer * more / (fewer + more) * divergences
    means = (weights * terms).sum(axis=1)
    return means, (weights * terms**2).sum(axis=1) - means**2


def _pearson_quantiles(levels: np.ndarray, skewness: float) -> np.ndarray:
    """Return upper quantiles of Pearson's type III distribution with mean 0 and standard deviation 1."""
    shape = 4 / skewness**2
    quantiles: np.ndarray = (gammainccinv(shape, levels) - shape) / np.sqrt(shape)
    return quantiles
