"""Rows come from the generator, a bundled table, or a file."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification

from bakeoff.config import DatasetConfig
from bakeoff.data.load import load_dataset


def test_synthetic_rows_are_make_classifications_own():
    """Names and meaning of the parameters are scikit-learn's."""
    parameters = {
        "n_samples": 300, "n_features": 9, "n_informative": 4, "n_redundant": 2, "n_classes": 3,
        "n_clusters_per_class": 2, "class_sep": 0.7, "flip_y": 0.2, "random_state": 5,
    }  # fmt: skip
    X, y = make_classification(**parameters)
    loaded = load_dataset(DatasetConfig(**parameters))
    np.testing.assert_array_equal(X, loaded.X.to_numpy())
    np.testing.assert_array_equal(y, loaded.y.to_numpy())


@given(
    st.integers(1, 12), st.integers(0, 8), st.integers(2, 9), st.integers(1, 4), st.integers(1, 8),
    st.sampled_from([0, 0.001, 1, 1000]), st.sampled_from([0, 0.5, 1]),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_what_the_config_lets_through_can_be_generated(
    n_informative, n_redundant, n_classes, clusters, noise, sep, flip
):
    """make_classification never refuses what the bounds and rules allow, and the rules refuse only what it would."""
    parameters = {
        "n_samples": 60, "n_features": n_informative + n_redundant + noise - 4, "n_informative": n_informative,
        "n_redundant": n_redundant, "n_classes": n_classes, "n_clusters_per_class": clusters,
        "class_sep": sep, "flip_y": flip,
    }  # fmt: skip
    if parameters["n_features"] < 1:
        return
    try:
        config = DatasetConfig(**parameters)
    except ValueError:
        with pytest.raises(ValueError):
            make_classification(**parameters, random_state=0)
    else:
        assert 60 == len(load_dataset(config).y)


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("breast_cancer", (569, 30), ["benign", "malignant"]),
        ("digits", (1797, 64), [str(digit) for digit in range(10)]),
        ("iris", (150, 4), ["setosa", "versicolor", "virginica"]),
        ("wine", (178, 13), ["class_0", "class_1", "class_2"]),
    ],
)
def test_bundled_tables_have_their_names(name, shape, classes):
    """Classes are called what the table calls them."""
    loaded = load_dataset(DatasetConfig(source="bundled", bundled=name))
    assert (shape, classes) == (loaded.X.shape, loaded.classes)


def test_rows_that_are_no_file_are_never_tidied():
    """Strict has nothing to refuse in them."""
    assert () == load_dataset(DatasetConfig(), strict=True).tidied
    assert () == load_dataset(DatasetConfig(source="bundled", bundled="wine"), strict=True).tidied
