"""Dates and times in text are read back in each order and form."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.tables.dates import AmbiguousDatesError, find_dates, parse_date, read_dates, to_plain_dates
from bakeoff.tables.schema import CellFormat

moments = st.datetimes(datetime(1969, 1, 1), datetime(2068, 12, 31, 23, 59, 59)).map(  # noqa: DTZ001  as read
    lambda moment: moment.replace(microsecond=0)
)
FORMS = {
    "ymd": ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H", "%d %B %Y"],
    "mdy": ["%m/%d/%Y", "%m-%d-%y", "%m/%d/%y %I:%M:%S %p", "%Y-%m-%d", "%b %d, %Y"],
    "dmy": ["%d/%m/%Y", "%d.%m.%y", "%d.%m.%Y %H:%M", "%d/%m/%Y, %I:%M %p", "%Y-%m-%d", "%d-%b-%Y"],
}


def column(cells):
    return pa.chunked_array([pa.array(cells, pa.string())])


@pytest.mark.parametrize(("order", "form"), [(order, form) for order, forms in FORMS.items() for form in forms])
@given(moment=moments)
@settings(max_examples=25, deadline=None)
def test_dates_are_read_back_in_each_order(order, form, moment):
    """Years of two digits, names of months, and AM and PM included."""
    written = moment.strftime(form)
    assert datetime.strptime(written, form) == parse_date(written, order)  # noqa: DTZ007  in UTC


@given(moments, st.integers(-12, 12))
def test_offsets_from_utc_count(moment, hours):
    """Times with an offset are in UTC."""
    local = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert local.astimezone(UTC).replace(tzinfo=None) == parse_date(local.isoformat(), "ymd")


dates = st.lists(
    st.sampled_from(
        ["2024-01-31", "31/01/2024", "1/31/2024", "1/2/2024", "2024-02-30", "?", "soon", "Mar 3, 2024", "7:30"]
    ),
    min_size=1,
    max_size=20,
)


@given(dates, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_rows_does_not_matter(cells, random):
    """A column is read in the same way when its rows are permuted."""

    def read(cells):
        try:
            found = find_dates(column(cells))
        except AmbiguousDatesError:
            return "ambiguous"
        return found and (found.format, found.gaps)

    assert read(cells) == read(random.sample(cells, len(cells)))


@given(dates, st.sampled_from(["ymd", "mdy", "dmy"]))
@settings(deadline=None)
def test_a_cell_is_read_alone_as_in_a_batch(cells, order):
    """The format decides how a cell is read, not the cells beside it."""
    times, unreadable = read_dates(column(cells), CellFormat(order=order))
    for cell, time, bad in zip(cells, times, unreadable):
        alone, odd = read_dates(column([cell]), CellFormat(order=order))
        np.testing.assert_array_equal([time], alone)
        assert bad == odd[0]


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["2024-01-31", "2024-02-01"], "ymd"),
        (["1/31/24", "2/3/24"], "mdy"),
        (["31/1/2024", "2/3/2024"], "dmy"),
        (["1.2.2024", "3.4.2024"], "dmy"),
        (["2024-01-31", "31/01/2024"], "dmy"),
        (["Jan 5, 2024", "7 March 2024"], "ymd"),
    ],
)
def test_the_order_is_told_from_the_whole_column(cells, order):
    """One day beyond 12 is enough; between points the day is first; year first goes with each."""
    assert order == find_dates(column(cells)).format.order


def test_dates_that_can_be_read_in_two_ways_are_refused():
    """The error has an example; the order settles it."""
    cells = column(["1/2/2024", "3/4/2024"])
    with pytest.raises(AmbiguousDatesError, match="1/2/2024"):
        find_dates(cells)
    times = read_dates(cells, find_dates(cells, "dmy").format)[0]
    assert ["2024-02-01T00:00:00.000000", "2024-04-03T00:00:00.000000"] == times.astype(str).tolist()


def test_one_odd_cell_is_a_gap_in_training_and_another_is_no_date():
    """A table is not refused for it, and prediction rejects the row of one that training did not have."""
    found = find_dates(column([f"2024-01-{day:02d}" for day in range(1, 31)] + ["soon"]))
    assert {"soon": 1} == found.gaps
    times, unreadable = read_dates(column(["soon", "later", "2024-01-05", None, "?"]), found.format)
    assert [True, True, False, True, True] == np.isnat(times).tolist()
    assert [False, True, False, False, False] == unreadable.tolist()


@pytest.mark.parametrize(
    "cells", [["p", "q"], ["555-01-1234"], ["1.2.3"], ["10-20", "1-5"], ["13/13/2024"], ["1", "2"]]
)
def test_codes_are_no_dates(cells):
    """They are categories or numbers."""
    assert find_dates(column(cells)) is None


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([datetime(2024, 1, 31, tzinfo=UTC)], pa.timestamp("ns", "Europe/Paris")),
        pa.array([datetime(2024, 1, 31, tzinfo=UTC).date()], pa.date32()),
        pa.array([20240131]),
        pa.array(["2024-01-31"]).dictionary_encode(),
        pa.array([" 31 Jan 2024 "]),
    ],
)
def test_each_type_gives_the_same_time(cells):
    """Dates, timestamps with a zone, whole numbers and text."""
    plain = to_plain_dates("d", pa.chunked_array([cells]))
    times, unreadable = read_dates(plain, CellFormat(order="ymd"))
    assert (["2024-01-31T00:00:00.000000"], [False]) == (times.astype(str).tolist(), unreadable.tolist())


def test_an_hour_of_24_ends_a_day():
    """As ISO 8601 has it; there is no later time of that hour."""
    assert datetime(2024, 1, 2) == parse_date("1/1/2024 24:00", "mdy")  # noqa: DTZ001  in UTC
    assert [None, None] == [parse_date(f"1/1/2024 24:{time}", "mdy") for time in ("30", "00:01")]
