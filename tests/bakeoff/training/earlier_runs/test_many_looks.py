"""The level over many looks at one champion."""

import numpy as np
import pytest
from scipy import integrate, stats

from bakeoff.training.earlier_runs.many_looks import YEAR, evidence, level_of_look, needed_evidence


def test_the_levels_of_a_year_of_looks_add_up_to_no_more_than_the_years():
    """Whatever the dependence of the looks; the first may spend most."""
    levels = [level_of_look(0.025, look) for look in range(1, YEAR + 1)]
    assert sum(levels) == pytest.approx(0.025, rel=0.01)
    assert sum(levels) <= 0.025
    assert levels == sorted(levels, reverse=True)
    assert 0.02 == pytest.approx(levels[0])


def test_one_look_has_an_expected_evidence_of_its_share_without_a_gain():
    """So that Ville's inequality holds."""
    expected, _ = integrate.quad(lambda p: float(evidence(np.array([p]), 2)), 0, 1, limit=500, points=[1e-6, 1e-3])
    assert expected == pytest.approx(0.25 + 0.5 / (YEAR - 1), rel=0.01)


def test_looks_without_a_gain_seldom_gather_the_evidence_that_decides():
    """In 5,000 years no more often than the level says."""
    p_values = np.random.default_rng(0).uniform(size=(5000, 60))
    reached = np.zeros(5000, dtype=bool)
    for looks in range(1, 61):
        reached |= evidence(p_values[:, :looks], 2) >= needed_evidence(0.025)
    assert reached.mean() <= 0.005


def test_looks_that_decide_nothing_alone_decide_together():
    """Also after a hundred looks without any gain."""
    p = np.full(4, stats.norm.sf(2.8))
    assert p[0] > level_of_look(0.025, 2)
    assert evidence(p, 2) >= needed_evidence(0.025)
    quiet = np.random.default_rng(0).uniform(size=100)
    assert evidence(quiet, 2) < 1
    assert evidence(np.concatenate([quiet, p, p[:1]]), 2) >= needed_evidence(0.025)
