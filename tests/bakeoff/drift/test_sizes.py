"""Sizes are those of scipy in standard deviations; chance explains as much as it does in simulated samples."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import norm, wasserstein_distance

from bakeoff.drift.counts import bin_numbers
from bakeoff.drift.sizes import divergence, divergence_chance, normal_scores, wasserstein, wasserstein_chance

CUTS = norm.ppf(np.arange(1, 20) / 20)


def binned(values):
    """Rows in twenty bins."""
    return bin_numbers(values, CUTS)[:-1]


@pytest.mark.parametrize("shift", [0.1, 0.2, 0.5])
def test_the_size_of_a_shifted_normal_column_is_its_shift(shift):
    """In standard deviations, within a twentieth, by Wasserstein's distance and by Jensen-Shannon's."""
    values = norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    reference, moved = binned(values), binned(values + shift)
    assert pytest.approx(shift, rel=0.06) == wasserstein(normal_scores(reference), reference, moved)
    assert pytest.approx(shift, rel=0.06) == divergence(reference, moved)
    assert pytest.approx(shift) == wasserstein_distance(values, values + shift)


def test_sizes_do_not_depend_on_the_number_of_rows():
    """Ten times as many rows in the same shares, the same size."""
    reference, counts = np.array([50, 30, 20]), np.array([20, 40, 40])
    assert pytest.approx(8**0.5 * jensenshannon(reference, counts)) == divergence(reference, 10 * counts)
    places = normal_scores(reference)
    assert pytest.approx(wasserstein(places, reference, counts)) == wasserstein(places, reference, 10 * counts)


def test_equal_samples_have_no_size():
    """Rounding must not make it NaN."""
    counts = np.random.default_rng(0).integers(1, 1000, (200, 7))
    assert max(divergence(reference, 3 * reference) for reference in counts) < 1e-6


@pytest.mark.parametrize(("n_reference", "n_rows"), [(7000, 100), (7000, 10_000), (500, 5000)])
def test_chance_exceeds_its_level_as_often_as_it_says(n_reference, n_rows):
    """Of 500 pairs of samples of the same source; numbers, categories, and categories that are rare."""
    generator, level = np.random.default_rng(0), np.array([0.05])
    shares = {"numbers": np.full(20, 0.05), "even": np.full(5, 0.2), "rare": np.array([0.5, 0.3, 0.19, 0.009, 0.001])}
    for name, share in shares.items():
        exceeded = 0
        for _ in range(500):
            reference, counts = generator.multinomial(n_reference, share), generator.multinomial(n_rows, share)
            if name == "numbers":
                places = normal_scores(reference)
                size, chance = (
                    wasserstein(places, reference, counts),
                    wasserstein_chance(places, reference, counts, level),
                )
            else:
                size, chance = divergence(reference, counts), divergence_chance(reference, counts, level)
            exceeded += size > chance[0]
        assert 8 < exceeded < 50, name


def test_chance_knows_both_sizes():
    """Of many rows against few of training it stays at what few rows of training allow."""
    reference = np.full(20, 50)
    few, many, most = (
        wasserstein_chance(normal_scores(reference), reference, np.full(20, rows), np.array([0.001]))[0]
        for rows in (5, 500, 50_000)
    )
    assert few > many > most > 0.9 * many


def test_samples_of_a_single_bin_leave_nothing_to_chance():
    """No difference is possible."""
    one = np.array([0, 7, 0])
    assert [0.0] == wasserstein_chance(normal_scores(one), one, one, np.array([0.01])).tolist()
    assert [0.0] == divergence_chance(one, one, np.array([0.01])).tolist()
