"""Intervals of a share, for rows and for groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bakeoff.evaluation.intervals import drop_interval, jackknife_blocks, score_interval, wilson_interval
from bakeoff.evaluation.paired_tests import (
    paired_t_test,
)
from tests.bakeoff.evaluation.conftest import one_pass


@given(st.integers(1, 300), st.data())
def test_wilsons_interval_is_scipys(n_rows, data):
    """And holds the share."""
    hits = data.draw(st.integers(0, n_rows))
    low, high = wilson_interval(np.arange(n_rows) < hits)
    expected = stats.binomtest(hits, n_rows).proportion_ci(0.95, method="wilson")
    assert (expected.low, expected.high) == pytest.approx((low, high), abs=1e-12)
    assert 0 <= low <= hits / n_rows <= high <= 1


def test_rows_of_a_group_that_are_alike_count_as_one():
    """100 groups of ten equal rows tell as much as 100 rows, but for Student's t in place of the normal."""
    right = np.arange(100) % 5 > 0
    grouped = wilson_interval(np.repeat(right, 10), np.repeat(np.arange(100), 10))
    assert wilson_interval(right) == pytest.approx(grouped, abs=0.002)
    differences = np.random.default_rng(0).normal(0.1, 1, 100)
    alone = paired_t_test(differences)
    together = paired_t_test(np.repeat(differences, 10), groups=np.repeat(np.arange(100), 10))
    assert ("paired_t", "grouped_t") == (alone.test, together.test)
    assert (alone.p_value, *alone.interval) == pytest.approx((together.p_value, *together.interval))


def test_groups_of_one_row_are_no_groups():
    """Whatever they are called."""
    differences = np.random.default_rng(0).normal(0.1, 1, 50)
    groups = np.random.default_rng(1).permutation(50) * 3
    alone, grouped = paired_t_test(differences), paired_t_test(differences, groups=groups)
    assert (alone.p_value, *alone.interval) == pytest.approx((grouped.p_value, *grouped.interval))


@pytest.mark.parametrize("right", [True, False])
def test_groups_that_are_all_right_are_no_certainty(right):
    """20 groups of 50 rows are 20 observations, not 1,000."""
    low, high = wilson_interval(np.full(1000, right), np.repeat(np.arange(20), 50))
    assert high - low > 0.13


def test_wilsons_interval_gives_the_published_figure():
    """Newcombe 1998: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611."""
    assert (0.2553, 0.3662) == tuple(round(end, 4) for end in wilson_interval(np.arange(263) < 81))
    assert (0.0, 0.1611) == tuple(round(end, 4) for end in wilson_interval(np.zeros(20)))


@pytest.mark.parametrize("metric", ["accuracy", "neg_log_loss", "roc_auc_ovr", "f1_macro"])
def test_a_models_own_interval_holds_its_score(metric):
    """Wilson's, Student's, or the bootstrap's."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 300)
    up = np.clip(0.5 + 0.2 * (2 * y - 1) + generator.normal(0, 0.25, 300), 0.01, 0.99)
    shares = np.stack([1 - up, up], axis=1)
    answers = one_pass(y, one=shares if metric in {"neg_log_loss", "roc_auc_ovr"} else shares.argmax(axis=1))
    low, high = score_interval(answers, "one", metric, 500)
    assert low < answers.score("one", metric) < high
    assert high - low < 0.2


def shuffles(count, repeats=5):
    generator = np.random.default_rng(3)
    return np.array([generator.permutation(count) for _ in range(repeats)])


@pytest.mark.parametrize("metric", ["accuracy", "neg_log_loss", "balanced_accuracy", "f1_macro", "roc_auc_ovr"])
def test_the_interval_of_a_fall_holds_the_true_fall(metric):
    """Of a fixed model, in 95 of 100 samples or a few more or less; the truth is that of very many rows."""
    generator = np.random.default_rng(0)

    def draw(count):
        x = generator.normal(size=(count, 2))
        return x, (1 / (1 + np.exp(-2 * x[:, 0] - x[:, 1])) > generator.random(count)).astype(int)

    def predict(x):
        second = 1 / (1 + np.exp(-2 * x[..., 0] - x[..., 1]))
        of_probabilities = metric in {"neg_log_loss", "roc_auc_ovr"}
        return np.stack([1 - second, second], axis=-1) if of_probabilities else (second > 0.5).astype(int)

    def fall(x, y, orders):
        shuffled = np.stack([np.column_stack([x[order, 0], x[:, 1]]) for order in orders])
        return drop_interval(metric, y, predict(x), predict(shuffled), orders, jackknife_blocks(y))

    truth = fall(*draw(100_000), shuffles(100_000, 1))[0]
    found = [fall(*draw(200), shuffles(200))[1] for _ in range(200)]
    assert 180 <= sum(low <= truth <= high for low, high in found) < 200


def test_whole_groups_are_left_out():
    """Rows of a group that are copies of each other are no more than one row."""
    generator = np.random.default_rng(0)
    y, right = generator.integers(0, 2, 60), generator.random((2, 60)) < 0.8
    once = np.where(right, y, 1 - y)
    orders = shuffles(60)
    copies = np.repeat(np.arange(60), 4)
    grouped = jackknife_blocks(y[copies], copies)
    assert 20 == len(set(grouped))
    assert all(1 == len({*grouped[copies == group]}) for group in range(60))
    many = np.concatenate([4 * order[:, None] + np.arange(4) for order in orders]).reshape(5, 240)
    single = drop_interval("accuracy", y, once[0], np.tile(once[1], (5, 1)), orders, grouped[::4])
    repeated = drop_interval("accuracy", y[copies], once[0][copies], np.tile(once[1][copies], (5, 1)), many, grouped)
    assert pytest.approx(single[0]) == repeated[0]
    assert pytest.approx(single[1]) == repeated[1]


def test_blocks_have_rows_of_every_class():
    """As far as the rows go."""
    y = np.repeat([0, 1, 2], [100, 40, 3])
    blocks = jackknife_blocks(y)
    assert {5} == {*np.bincount(blocks[y == 0])}
    assert {2} == {*np.bincount(blocks[y == 1])}
    assert 3 == len({*blocks[y == 2]})
