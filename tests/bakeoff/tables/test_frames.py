"""Data frames of other libraries as Arrow's plain types."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.frames import import_stream, require_unique_names, to_column


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1, "a", None], ["1", "a", None]),
        ([10**30, 1], [str(10**30), "1"]),
        (pd.arrays.SparseArray([0.0, 1.5]), [0.0, 1.5]),
        (pd.interval_range(0, 2), ["(0, 1]", "(1, 2]"]),
        (pd.Categorical(pd.interval_range(0, 2)), ["(0, 1]", "(1, 2]"]),
        (pd.period_range("2020-01", periods=1, freq="M"), ["2020-01"]),
        (np.array([0.5], dtype=np.longdouble), [0.5]),
    ],
)
def test_cells_of_any_type_are_plain_values(cells, expected):
    """Text where Arrow's plain types can't hold them."""
    assert expected == to_column(pd.Series(cells)).to_pylist()


def test_what_is_no_value_is_refused():
    """Its text would be a place in memory."""
    with pytest.raises(DataError, match="column 'odd' holds cells of mixed types, among them object"):
        to_column(pd.Series([object()], name="odd"))


def test_what_is_no_table_is_refused():
    """A column alone, say, and names that stand twice."""
    assert 1 == import_stream(pa.table({"a": [1]})).num_rows
    with pytest.raises(DataError, match="a Series can't be read as a table"):
        import_stream(pd.Series([1.0]))
    with pytest.raises(DataError, match="more than one column named 'a'"):
        require_unique_names(["a", "b", "a"])
