"""Resamples of rows and groups."""

from dataclasses import replace

import numpy as np
import pytest

from bakeoff.evaluation.bootstrap import bootstrap_scores
from bakeoff.evaluation.predictions import HeldOutPredictions
from bakeoff.evaluation.scoring import score
from tests.bakeoff.evaluation.conftest import one_pass


@pytest.mark.parametrize("metric", ["f1_macro", "balanced_accuracy"])
def test_alike_rows_are_drawn_together(metric):
    """2,000 rows of few kinds are resampled as those kinds: the scores vary as they would row by row."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 2000)
    answers = np.where(generator.random(2000) < 0.8, y, 1 - y)
    folds = np.repeat([[1, 2, 3, 4]], 500).reshape(1, -1)
    resampled = bootstrap_scores(HeldOutPredictions(y, folds, {"one": answers[None]}, 2), metric, 1000)["one"]
    drawn = generator.integers(0, 2000, (1000, 2000))
    by_row = [
        np.mean([score(metric, y[rows], answers[rows], 2) for rows in np.split(np.sort(several), [500, 1000, 1500])])
        for several in drawn[:300]
    ]
    assert np.std(by_row) == pytest.approx(np.std(resampled), rel=0.15)
    assert np.mean(by_row) == pytest.approx(np.mean(resampled), abs=0.002)


def test_resamples_have_the_classes_true_shares_and_repeat_themselves():
    """Stratified, and by a seed: the same answers give the same figures."""
    y = np.array([0] * 5 + [1] * 95)
    answers = HeldOutPredictions(y, np.zeros((1, 100), dtype=int), {"one": np.zeros((1, 100), dtype=int)}, 2)
    first, second = (bootstrap_scores(answers, "balanced_accuracy", 300)["one"] for _ in range(2))
    assert {0.5} == set(first)  # never without the rare class
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("metric", ["f1_macro", "roc_auc_ovr"])
def test_a_bootstrap_of_groups_draws_whole_groups(metric):
    """So scores vary as much as those of as many rows as there are groups."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 100)
    up = np.clip(y * 0.3 + generator.random(100) * 0.7, 0.01, 0.99)
    given = np.stack([1 - up, up], axis=1) if metric == "roc_auc_ovr" else (up > 0.5).astype(int)
    alone = one_pass(y, one=given)
    together = one_pass(np.repeat(y, 10), one=np.repeat(given, 10, axis=0))
    grouped = replace(together, groups=np.repeat(np.arange(100), 10))
    spread = [np.std(bootstrap_scores(answers, metric, 2000)["one"]) for answers in (alone, grouped, together)]
    assert spread[0] == pytest.approx(spread[1], rel=0.15)
    assert spread[2] < spread[0] / 2
