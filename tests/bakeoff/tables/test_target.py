"""Which values of the target are classes."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.target import encode_target, to_target
from bakeoff.tables.tidying import Tidying


def classes(cells, typed=False, are_classes=False):
    done = Tidying()
    y, rows = to_target("y", pa.chunked_array([pa.array(cells)]), typed, are_classes, done)
    return sorted(y.unique().tolist()), rows.tolist(), [*done.warnings(), *done.lines()]


@pytest.mark.parametrize(
    ("cells", "typed", "are_classes", "expected"),
    [
        (["01", "1", "2"], False, False, ["01", "1", "2"]),
        (["001", "002", "010"], True, False, ["001", "002", "010"]),
        (["1", "2", "1.0"], False, False, [1, 2]),
        (["1", "2"], True, False, ["1", "2"]),
        (["keep ", "keep", "go\u200b", "go"], False, False, ["go", "keep"]),
        (["NA", "EU"], False, True, ["EU", "NA"]),
        ([1.0, 2.0], False, False, [1, 2]),
        ([True, False], True, False, ["false", "true"]),
        (["True", "false", "TRUE"], False, False, ["false", "true"]),
        ([0.5, 1.5], False, True, ["0.5", "1.5"]),
    ],
)
def test_values_are_classes(cells, typed, are_classes, expected):
    """Text with leading zeros and of Parquet stays text; blanks and characters without width make no class."""
    assert expected == classes(cells, typed, are_classes)[0]


def test_dates_are_classes_if_the_config_says_so():
    """Of a CSV or of Parquet's own type; else they are refused with the way out."""
    days = pd.to_datetime(["2024-01-31", "2024-02-01"])
    for cells in (days, days.strftime("%d.%m.%Y"), ["1/2/2024", "3/4/2024"]):
        assert 2 == len(classes(cells, are_classes=True)[0])
        with pytest.raises(DataError, match=r"the target 'y' holds dates.*dataset.categories: \[y\]"):
            classes(cells)


def test_rows_without_a_class_are_left_out():
    """The line says which texts were read as missing, and how to keep them."""
    found, rows, lines = classes(["NA", "EU", "", "US"])
    assert (["EU", "US"], [1, 3]) == (found, rows)
    assert [
        "2 of 4 rows are left out, since the target 'y' is missing (written as 'NA' in 1; dataset.categories: [y] "
        "keeps such texts as classes)"
    ] == lines
    with pytest.raises(DataError, match=r"is empty in all 2 rows \(written as 'NA' in 2"):
        classes(["NA", "NA"])


@pytest.mark.parametrize(
    ("cells", "warned"),
    [
        (["None"] * 6 + ["u", "v"] * 100, True),
        (["None"] * 5 + ["u", "v"] * 100, False),
        (["NA"] * 6 + ["u", "v"] * 400, False),
        (["NaN"] * 9 + ["u", "v"] * 100, False),
        ([""] * 21 + ["u", "v"] * 90, True),
        ([None] * 20 + ["u", "v"] * 100, False),
    ],
)
def test_many_rows_without_a_class_or_with_a_word_that_may_be_one_are_a_warning(cells, warned):
    """It is said once, as a warning or as a line."""
    done = Tidying()
    to_target("y", pa.chunked_array([pa.array(cells)]), False, False, done)
    said, other = (done.warnings(), done.lines()) if warned else (done.lines(), done.warnings())
    assert "rows are left out, since the target 'y' is missing" in said[0]
    assert [] == other


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "cells",
    [
        RNG.normal(size=60).tolist(),
        RNG.poisson(90, 60).tolist(),
        [f"{value:.2f}".replace(".", ",") for value in RNG.normal(size=60)],
        [f"${value:,}" for value in RNG.integers(1000, 99_999, 60)],
        [f"1,{value:03d}" for value in RNG.integers(0, 999, 60)],
    ],
)
def test_a_measurement_is_refused(cells):
    """Also if it is written as an amount; the message says what to do."""
    with pytest.raises(DataError, match=r"a number to predict, not a class; bin it .* dataset.categories: \[y\]"):
        classes(cells)


def test_many_codes_are_classes():
    """Digits, and a hundred and fifty classes of which few are rare."""
    assert 150 == len(classes([row % 150 for row in range(1500)])[0])
    assert 3 == len(classes(["$10", "$20", "$30"] * 5)[0])


def test_prediction_encodes_what_training_kept():
    """`01` is not `1`, and NA is a class where training had it as one."""
    column = pa.chunked_array([["01", "1", " 2 ", "7", ""]])
    codes, names = encode_target(column, np.array(["01", "1", "2"]))
    assert ([0, 1, 2, 3, -1], ["01", "1", "2", "7"]) == (codes.tolist(), names)
    codes, _ = encode_target(pa.chunked_array([["NA", "EU", ""]]), np.array(["EU", "NA"]))
    assert [1, 0, -1] == codes.tolist()
