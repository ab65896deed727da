"""Sources, their digests, and the parts of a random split."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification

from bakeoff.config import DatasetConfig, SplitConfig
from bakeoff.data.datasets import Dataset, digest_dataset
from bakeoff.data.load import load_dataset
from bakeoff.data.split import split_rows
from bakeoff.errors import DataError
from bakeoff.tables.schema import Feature


def dataset(y, **columns):
    frame = pd.DataFrame(columns or {"a": np.arange(len(y), dtype=float)})
    return Dataset(frame, pd.Series(y, name="y"), tuple(Feature(name, "float64", "number") for name in frame))


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


def test_the_digest_is_the_same_on_every_machine():
    """Fixed bytes for fixed rows: a changed digest means that stored ones no longer compare."""
    rows = dataset(["u", "v"], a=[1.5, float("nan")], t=pd.Series(["é", None], dtype="str"), n=[1, 2])
    assert "6f105067c287d14e2be4d4ad98f48f56273b6788730fd695f6a85583824cf352" == digest_dataset(rows)


@pytest.mark.parametrize(
    "changed",
    [
        dataset(["u", "v"], a=[1.0, 3.0], t=["p", "qr"]),
        dataset(["u", "u"], a=[1.0, 2.0], t=["p", "qr"]),
        dataset(["u", "v"], a=[1.0, 2.0], t=["pq", "r"]),
        dataset(["u", "v"], a=[1.0, 2.0], t=[None, "pqr"]),
        dataset(["u", "v"], b=[1.0, 2.0], t=["p", "qr"]),
        dataset(["u", "v"], a=[1, 2], t=["p", "qr"]),
        dataset(["v", "u"], a=[2.0, 1.0], t=["qr", "p"]),
    ],
)
def test_the_digest_changes_with_any_cell_name_type_or_order(changed):
    """Each of them is a different dataset."""
    assert digest_dataset(dataset(["u", "v"], a=[1.0, 2.0], t=["p", "qr"])) != digest_dataset(changed)


def test_default_split_has_7000_2010_990_rows():
    """0.3 of 10,000 held out, 0.33 of those kept for the prediction flow."""
    split = split_rows(load_dataset(DatasetConfig()), SplitConfig())
    assert {"train": 7000, "test": 2010, "validation": 990} == {part: len(rows) for part, rows in split.items()}


@given(
    st.integers(40, 200),
    st.integers(2, 4),
    st.floats(0.15, 0.5),
    st.floats(0.2, 0.8),
    st.booleans(),
    st.integers(0, 99),
)
@settings(deadline=None)
def test_the_parts_are_disjoint_and_together_all_rows(n, classes, test_size, share, stratify, seed):
    """No row is in two parts, none is lost."""
    config = SplitConfig(test_size=test_size, validation_share=share, stratify=stratify, random_state=seed)
    try:
        split = split_rows(dataset([i % classes for i in range(n)]), config)
    except DataError:
        return
    assert list(range(n)) == sorted(np.concatenate(list(split.values())).tolist())


def test_too_few_rows_to_split_are_refused():
    """The sentence says which parameters decide."""
    with pytest.raises(DataError, match="6 rows can't be split with split.test_size 0.3"):
        split_rows(dataset(["u", "v"] * 3), SplitConfig())
