"""Batches of synthetic rows: one population, new rows every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from bakeoff.config import DatasetConfig
from bakeoff.data import synthetic
from bakeoff.data.synthetic import generate_rows, population_digest

SMALL = {"n_samples": 200, "n_features": 7, "n_informative": 4, "n_redundant": 2, "n_classes": 3, "class_sep": 1.0}


def rows(**parameters):
    return generate_rows(DatasetConfig(**parameters))


@pytest.mark.parametrize("batch", [None, 0])
def test_batch_0_is_make_classifications_own(batch):
    """With drift too: nothing has moved yet."""
    X, y = rows(batch=batch, drift=0.1, **SMALL)
    expected = make_classification(**SMALL, flip_y=0.01, n_clusters_per_class=1, random_state=42)
    assert np.array_equal(expected[0], X)
    assert np.array_equal(expected[1], y)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2),
    st.integers(1, 2),
    st.integers(0, 3),
    st.sampled_from([0.5, 1.0, 3.0]),
)
@settings(max_examples=40, deadline=None)
def test_another_batch_is_of_the_same_population(seed, n_redundant, clusters, noise, class_sep):
    """Given the seed's own normal numbers it has the rows of batch 0: nothing but these differs."""
    config = DatasetConfig(
        n_samples=60,
        n_features=4 + n_redundant + noise,
        n_informative=4,
        n_redundant=n_redundant,
        n_classes=3,
        n_clusters_per_class=clusters,
        class_sep=class_sep,
        random_state=seed,
        flip_y=0,
    )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic._SamePopulation, "standard_normal", np.random.RandomState.standard_normal)
        again = generate_rows(config.model_copy(update={"batch": 1}))
    expected, found = ([X[order], y[order]] for X, y in (generate_rows(config), again) for order in [np.lexsort(X.T)])
    assert np.array_equal(expected[0], found[0])
    assert np.array_equal(expected[1], found[1])


def test_batches_have_rows_of_their_own_and_repeat_themselves():
    """By seed and batch."""
    batches = {batch: rows(batch=batch, **SMALL) for batch in (0, 1, 2, 1795420800)}
    for X, y in batches.values():
        assert (200, 7) == X.shape
        assert {0, 1, 2} == set(y)
    seen = {row.tobytes() for X, _ in batches.values() for row in X}
    assert 4 * 200 == len(seen)
    assert np.array_equal(batches[2][0], rows(batch=2, **SMALL)[0])
    assert not np.array_equal(batches[1][1], batches[2][1])


def test_a_model_of_one_batch_is_as_good_on_the_others():
    """As on rows of the same population, and not on those of another seed."""
    config = {**SMALL, "n_samples": 3000}
    model = LogisticRegression().fit(*rows(**config))
    own = model.score(*rows(**config))
    assert own == pytest.approx(np.mean([model.score(*rows(batch=batch, **config)) for batch in (1, 2, 3)]), abs=0.02)
    assert model.score(*rows(random_state=43, **config)) < own - 0.1


def test_classes_are_redrawn_in_every_batch():
    """By `flip_y`, other rows each time: at 1 nothing can be learned."""
    X, y = rows(batch=3, **{**SMALL, "n_samples": 3000}, flip_y=1.0)
    assert LogisticRegression().fit(X[:2000], y[:2000]).score(X[2000:], y[2000:]) < 0.4


@pytest.mark.parametrize("n_features", [4, 5])
def test_drift_rotates_the_population(n_features):
    """Distances stay, so it is as hard as before; a full turn later it is where it was."""
    config = {"n_samples": 500, "n_features": n_features, "n_informative": 4, "n_classes": 2}
    still, moved = rows(batch=2, **config), rows(batch=2, drift=0.05, **config)
    assert np.array_equal(still[1], moved[1])
    assert np.linalg.norm(still[0], axis=1) == pytest.approx(np.linalg.norm(moved[0], axis=1))
    assert not np.allclose(still[0], moved[0])
    angle = 2 * np.pi * 0.05 * 2
    first = np.cos(angle) * still[0][:, 0] - np.sin(angle) * still[0][:, 1]
    assert first == pytest.approx(moved[0][:, 0])
    assert np.array_equal(rows(batch=4, **config)[0], rows(batch=4, drift=0.25, **config)[0])


def test_a_drifting_population_leaves_its_model_behind():
    """Batch by batch, while a new model is as good as the first was."""
    config = {**SMALL, "n_samples": 2000, "drift": 0.03}
    first = LogisticRegression().fit(*rows(batch=0, **config))
    scores = [first.score(*rows(batch=batch, **config)) for batch in range(5)]
    assert scores == sorted(scores, reverse=True)
    assert scores[4] < scores[0] - 0.1
    X, y = rows(batch=4, **config)
    assert LogisticRegression().fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > scores[0] - 0.05


def test_a_population_is_told_by_all_that_makes_it():
    """Its batch and drift don't, nor which classes were redrawn: the features are the same, in another order."""
    own = population_digest(DatasetConfig())
    assert own == population_digest(DatasetConfig(batch=3, drift=0.1, flip_y=0.02))
    for changed in ({"n_samples": 9999}, {"random_state": 1}, {"class_sep": 2.9}):
        assert own != population_digest(DatasetConfig(**changed))
