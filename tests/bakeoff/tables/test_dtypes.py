"""What a column holds is inferred, or taken from the config."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.dtypes import ColumnHints, infer_column
from bakeoff.tables.schema_validation import validate_table
from bakeoff.tables.tidying import Tidying


def infer(cells, typed=False, **hints):
    done = Tidying()
    found = infer_column("c", pa.chunked_array([pa.array(cells)]), typed, ColumnHints(**hints), done)
    return (*found, done.lines()) if found else (None, None, done.lines())


IN_C = frozenset({"c"})
HALF_PAST_3, HALF_PAST_15 = pd.Timestamp("1970-01-01 3:30"), pd.Timestamp("1970-01-01 15:30")
JANUARY, FEBRUARY = pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")


@pytest.mark.parametrize(
    ("cells", "typed", "hints", "kind", "values"),
    [
        (["5%", "7%", "5%"], False, {}, "number", [5, 7, 5]),
        (["1", "2", "1"], True, {}, "category", ["1", "2", "1"]),
        (["1", "2", "1"], True, {"numbers": IN_C}, "number", [1, 2, 1]),
        (["1.5", "2", "1.5"], True, {}, "number", [1.5, 2, 1.5]),
        (["$1,234.00", "$7.50"], True, {}, "number", [1234, 7.5]),
        (["1.2.3", "1.2.4", "1.2.3"], True, {}, "category", ["1.2.3", "1.2.4", "1.2.3"]),
        (["01", "2", "1", "2"], False, {}, "category", ["01", "2", "1", "2"]),
        (["01", "2", "1"], False, {"numbers": IN_C}, "number", [1, 2, 1]),
        ([1, 2, 1], True, {"categories": IN_C}, "category", ["1", "2", "1"]),
        (["NA", "b", "NA"], False, {"categories": IN_C}, "category", ["NA", "b", "NA"]),
        (["k1", "k2", "k3"], False, {"categories": IN_C}, "category", ["k1", "k2", "k3"]),
        (["a b", "c d", "e f"], False, {"text": IN_C}, "text", ["a b", "c d", "e f"]),
        (["\u200bp ", "q", "p"], False, {}, "category", ["p", "q", "p"]),
        (["true", "False", "true"], False, {}, "boolean", [True, False, True]),
        (["3:30", "3:30 PM"], False, {}, "datetime", [HALF_PAST_3, HALF_PAST_15]),
        ([20240131, 20240201], True, {"dates": {"c": "ymd"}}, "datetime", [JANUARY, FEBRUARY]),
    ],
)  # fmt: skip
def test_a_column_is_read_alike_in_training_and_prediction(cells, typed, hints, kind, values):
    """What training inferred is what a version reads from the same cells."""
    feature, series, _ = infer(cells, typed, **hints)
    assert (kind, values) == (feature.kind, series.tolist())
    validated = validate_table(pa.table({"c": cells}), [feature])
    assert values == validated.X["c"].tolist()
    assert not len(validated.rejected)


@pytest.mark.parametrize("marker", ["—", r"\N", "(null)", "n.d.", "TBD", "No data", "Suppressed"])
def test_a_marker_of_missing_numbers_makes_no_category(marker):
    """However many cells have it."""
    feature, series, lines = infer([marker, "1.5", "2.5", "3.5"] * 5)
    assert ("number", 5) == (feature.kind, series.isna().sum())
    assert repr(marker) in lines[0]


def test_dates_of_parquet_can_be_categories():
    """In training and prediction."""
    cells = [JANUARY, FEBRUARY] * 2
    feature, series, _ = infer(cells, True, categories=IN_C)
    assert ("category", 2) == (feature.kind, series.nunique())
    assert series.tolist() == validate_table(pa.table({"c": cells}), [feature]).X["c"].tolist()


@pytest.mark.parametrize(
    ("hints", "sentence"),
    [
        ({"numbers": IN_C}, "no cell of column 'c' is a number, as in 'p': take it out of dataset.numbers"),
        ({"dates": {"c": "dmy"}}, "no cell of column 'c' is a date, as in 'p': take it out of dataset.dates"),
    ],
)
def test_a_hint_that_fits_no_cell_is_refused(hints, sentence):
    """Rather than a column without values."""
    with pytest.raises(DataError, match=sentence):
        infer(["p", "q"], **hints)


def test_a_column_that_is_left_out_has_one_line():
    """What was done to it before doesn't matter then."""
    feature, _, lines = infer([f"{row:04d}" for row in range(30)])
    assert feature is None
    assert ["left out"] == [line[:8] for line in lines]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["01", "02"] * 5, "kept as text for their leading zeros: 'c'; dataset.numbers: [c] reads numbers"),
        (
            ["1", "2", "x"] * 5,
            "read as categories though many cells are numbers: 'c' (66.6 % of the cells); dataset.numbers",
        ),
        (["1,5", "2,5"] * 5, "read as numbers with a decimal comma: 'c'"),
        (["1,200", "900"] * 5, "read as numbers with thousands separators: 'c'"),
        (["p ", "p", "q"] * 5, "blanks at the ends and invisible characters were removed"),
        (
            ["1.5", "?", "2.5"] * 5,
            "read as numbers or dates in which some cells are missing: 'c' ('?' in 5 of 15 rows)",
        ),
        (
            ["2024-01-31T10:00+01:00", "2024-02-01T10:00+01:00"],
            "are learned from: 'c' (in UTC); dataset.categories: [c]",
        ),
    ],
)
def test_a_conversion_is_said(cells, line):
    """With the parameter that decides otherwise."""
    lines = infer(cells)[2]
    assert 1 == len(lines)
    assert line in lines[0]


def test_all_cells_missing_are_an_empty_column():
    """It is left out."""
    assert ["left out, since they are empty: 'c'"] == infer(["", "NA", None])[2]
    assert ["left out, since they are empty: 'c'"] == infer([np.nan, np.nan])[2]
