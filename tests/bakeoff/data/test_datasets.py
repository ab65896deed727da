"""Datasets' digests, and the parts of a random split."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.config import DatasetConfig, SplitConfig
from bakeoff.data.datasets import Dataset, digest_dataset
from bakeoff.data.load import load_dataset
from bakeoff.data.split import split_rows
from bakeoff.errors import DataError
from bakeoff.tables.cells import TEXT
from bakeoff.tables.schema import Feature


def dataset(y, **columns):
    frame = pd.DataFrame(columns or {"a": np.arange(len(y), dtype=float)})
    frame = frame.astype({name: TEXT for name, column in frame.items() if column.dtype == object})  # pandas 2's text
    target = pd.Series(y, name="y")
    target = target.astype(TEXT) if target.dtype == object else target
    return Dataset(frame, target, tuple(Feature(name, "float64", "number") for name in frame))


def test_the_digest_is_the_same_on_every_machine():
    """Fixed bytes for fixed rows: a changed digest means that stored ones no longer compare."""
    rows = dataset(["u", "v"], a=[1.5, float("nan")], t=pd.Series(["é", None], dtype=TEXT), n=[1, 2])
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
    config = SplitConfig(test_size=test_size, holdout_share=share, stratify=stratify, random_state=seed)
    try:
        split = split_rows(dataset([i % classes for i in range(n)]), config)
    except DataError:
        return
    assert list(range(n)) == sorted(np.concatenate(list(split.values())).tolist())


def test_too_few_rows_to_split_are_refused():
    """The sentence says which parameters decide."""
    with pytest.raises(DataError, match="6 rows can't be split with split.test_size 0.3"):
        split_rows(dataset(["u", "v"] * 3), SplitConfig())
