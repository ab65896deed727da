"""Numbers in text are read back in whatever convention they were written."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.tables.cells import to_numbers
from bakeoff.tables.numbers import AmbiguousNumbersError, find_numbers

amounts = st.lists(st.integers(-(10**9), 10**9).map(lambda cents: cents / 100), min_size=1, max_size=20)


def column(cells):
    return pa.chunked_array([pa.array(cells, pa.string())])


def write(value, decimal, separator, before="", after=""):
    whole, part = f"{abs(value):,.2f}".split(".")
    return f"{'-' if value < 0 else ''}{before}{whole.replace(',', separator)}{decimal}{part}{after}"


@given(
    amounts,
    st.sampled_from(
        [(".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", "\u202f"), (".", "'"), (",", "’")]
    ),
    st.sampled_from([("", ""), ("$", ""), ("€ ", ""), ("", " EUR"), ("", "%"), ("", " %")]),
)
@settings(deadline=None)
def test_numbers_are_read_back_in_each_convention(values, marks, signs):
    """Whatever the decimal mark, the thousands separator, and the currency or percent sign."""
    cells = column([write(value, *marks, *signs) for value in values])
    found = find_numbers(cells)
    numbers, unreadable = to_numbers(cells, found.format)
    np.testing.assert_array_equal(values, numbers)
    assert not unreadable.any()
    assert {} == found.gaps


mixed = st.lists(
    st.sampled_from(
        ["1", "2.5", "-3", "1,5", "1.234,5", "1,234.5", "1,234", "$5", "5%", "?", "-", "na", "word", "1e3"]
    ),
    min_size=1,
    max_size=30,
)


@given(mixed, st.randoms(use_true_random=False), st.sampled_from([None, ".", ","]))
@settings(deadline=None)
def test_the_order_of_rows_does_not_matter(cells, random, decimal):
    """A column is read in the same way when its rows are permuted."""

    def read(cells):
        try:
            found = find_numbers(column(cells), decimal)
        except AmbiguousNumbersError:
            return "ambiguous"
        return found and (found.format, found.gaps, found.decimal)

    assert read(cells) == read(random.sample(cells, len(cells)))


@given(mixed, mixed)
@settings(deadline=None)
def test_a_cell_is_read_as_in_training_alone_or_in_a_batch(cells, others):
    """The format decides how a cell is read, not the cells beside it."""
    found = find_numbers(column(cells), ".", forced=True)
    values, unreadable = to_numbers(column(cells), found.format)
    again, wrong = to_numbers(column([*others, *cells]), found.format)
    np.testing.assert_array_equal(values, again[len(others) :])
    np.testing.assert_array_equal(unreadable, wrong[len(others) :])
    for cell, value, bad in zip(cells, values, unreadable):
        alone, odd = to_numbers(column([cell]), found.format)
        np.testing.assert_array_equal([value], alone)
        assert bad == odd[0]


def test_each_training_cell_is_read_or_a_gap():
    """What training read as missing is not rejected in prediction."""
    cells = column([*map(str, np.arange(40) / 8), "?", "Unknown", "odd", "50%"])
    found = find_numbers(cells)
    values, unreadable = to_numbers(cells, found.format)
    assert {"?": 1, "Unknown": 1, "odd": 1, "50%": 1} == found.gaps
    assert [4, 0] == [np.isnan(values).sum(), unreadable.sum()]
    assert [True] == to_numbers(column(["60%"]), found.format)[1].tolist()  # another unit


@pytest.mark.parametrize(("gaps", "is_number"), [(30, True), (50, True), (51, False)])
def test_markers_are_gaps_up_to_half(gaps, is_number):
    """With more of them the column is left to be categories."""
    cells = column(["?"] * gaps + [f"{value}.5" for value in range(100 - gaps)])
    assert is_number == (find_numbers(cells) is not None)


@pytest.mark.parametrize(
    ("cells", "decimal", "values"),
    [
        (["1,234", "2,345"], ".", [1234, 2345]),
        (["1,234", "2,345"], ",", [1.234, 2.345]),
        (["1,234", "0,5"], None, [1.234, 0.5]),
        (["1,234", "1,234,567"], None, [1234, 1234567]),
        (["1,234", "999"], None, [1234, 999]),
        (["(1,200)", "$999"], None, [-1200, 999]),
        (["$(1,200.5)", "$999"], None, [-1200.5, 999]),
        (["−5", "7.5"], None, [-5, 7.5]),
        (["4.42-", "7.5"], None, [-4.42, 7.5]),
        (["1.234,50-", "7,5"], None, [-1234.5, 7.5]),
        (["54,42,292", "1,234", "99.5"], None, [5442292, 1234, 99.5]),
    ],
)
def test_what_a_comma_means_is_decided_by_the_other_cells(cells, decimal, values):
    """Or by what the file's other columns have."""
    cells = column(cells)
    assert values == to_numbers(cells, find_numbers(cells, decimal).format)[0].tolist()


def test_commas_that_can_be_read_in_two_ways_are_refused():
    """The error has an example."""
    with pytest.raises(AmbiguousNumbersError, match="1,234"):
        find_numbers(column(["1,234", "2,345"]))


@pytest.mark.parametrize(
    "cells",
    [
        ["01", "1", "2"],
        ["p", "q"],
        ["1", "2", "x"],
        ["1.2.3", "1.2.4"],
        ["10-20", "20-30"],
        ["1,23,4"],
        ["4-", "4", "3-"],
        [],
    ],
)
def test_codes_and_words_are_no_numbers(cells):
    """They are categories; a few codes among few numbers, too."""
    assert find_numbers(column(cells)) is None
