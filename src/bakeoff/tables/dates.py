"""Recognize and read dates and times, in text or as Arrow's types."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.config.rows.dataset import DateOrder
from bakeoff.tables.cells import missing_to_null, to_plain_type, trim
from bakeoff.tables.null_where import null_where
from bakeoff.tables.numbers import LEAST_SHARE, MARKERS, MOST_GAPS, MOST_ODD
from bakeoff.tables.schema import CellFormat

ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NOT_A_TIME = np.datetime64("NaT", "us")
SAMPLE = 1000  # texts by which a column is judged first, to parse no others in vain
CENTURY = 69  # years of two digits from 69 on are 19xx, others 20xx, as in POSIX's strptime

_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_TIME = (
    r"(?:(?:[Tt]|,?\s+|:)(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}(?:[.,]\d{1,9})?))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[-+]\d{2}:?\d{2}|[-+]\d{2})?)?"
)
_DATES: dict[DateOrder, str] = {
    "ymd": r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?:(?P=mark)(?P<day>\d{1,2}))?",
    "mdy": r"(?P<month>\d{1,2})(?P<mark>[-/.])(?P<day>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})",
    "dmy": r"(?P<day>\d{1,2})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})",
}
_NAMED = (
    rf"(?:[a-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})[ -]{_MONTH},?[ -](?P<year>\d{{4}}|\d{{2}})",
    rf"(?:[a-z]{{3,9}},?\s+)?{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})",
    rf"{_MONTH}[ -](?P<year>\d{{4}})",
    rf"(?P<year>\d{{4}})[ -]{_MONTH}(?:[ -](?P<day>\d{{1,2}}))?",
)
_BY_ORDER = {order: re.compile(pattern + _TIME, re.IGNORECASE) for order, pattern in _DATES.items()}
_WITH_NAME = [re.compile(pattern + _TIME, re.IGNORECASE) for pattern in _NAMED]
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z|[-+]\d{2}:?\d{2})?)?"
)
_ONLY_TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d{1,9})?))?\s*(?P<half>[AaPp][Mm])?"
)
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[-+]\d{2}:?\d{2})?)?$"
_PERHAPS = r"(?i)\d[-/.: T]\d|\d[ -]?[a-z]{3}|[a-z]{3}[a-z.]*[ -]\d"  # matches any text with a date, and few others


class AmbiguousDatesError(ValueError):
    """Dates whose day and month can't be told apart; the argument is an example."""


@dataclass(frozen=True)
class DateColumn:
    """How a column of dates in text is read.

    Attributes:
        format: the format of its cells.
        gaps: the number of cells with each text that is read as missing.
    """

    format: CellFormat
    gaps: dict[str, int]


def find_dates(text: pa.ChunkedArray, order: DateOrder | None = None) -> DateColumn | None:
    """Recognize a column of dates, of times, or of both.

    Args:
        text: trimmed cells, null where missing.
        order: the order of year, month and day, if it is known.

    Returns:
        How to read it; None if it is not a column of dates.

    Raises:
        AmbiguousDatesError: day and month can't be told apart in any cell, and no order is given.
    """
    if not order and not _look_like_dates(text):
        return None
    counted = text.drop_null().value_counts()
    distinct, counts = counted.field("values"), counted.field("counts").to_numpy()
    some = distinct[:SAMPLE]
    if not order and max((~np.isnat(parse_dates(some, by))).sum() for by in ORDERS) < len(some) / 4:
        return None
    readable: dict[DateOrder, np.ndarray] = {}
    sizes: dict[DateOrder, int] = {}
    for by in [order] if order else ORDERS:
        readable[by] = ~np.isnat(parse_dates(distinct, by))
        sizes[by] = int(counts[readable[by]].sum())
        if sizes[by] == counts.sum() and by == "ymd":
            break
    best = max(sizes, key=lambda by: sizes[by])  # the first of equals: year first
    cells = distinct.to_pylist()
    odd_tokens = [cell for cell, good in zip(cells, readable[best]) if not good]
    gaps = dict(zip(odd_tokens, counts[~readable[best]].tolist()))
    odd = sum(count for cell, count in gaps.items() if cell.lower() not in MARKERS)
    total = counts.sum()
    if not order and (sizes[best] < LEAST_SHARE * total or odd > MOST_ODD * total or len(gaps) > MOST_GAPS):
        return None
    if best == "mdy" and not order and sizes["dmy"] == sizes["mdy"]:
        best = _day_first_or_raise(cells, readable["mdy"])
    return DateColumn(CellFormat(gaps=tuple(sorted(gaps)[:MOST_GAPS]), order=best), gaps)


def to_plain_dates(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Prepare a column for `read_dates`: dates, times or timestamps, or trimmed text with null for missing cells.

    Raises:
        DataError: the column holds another type.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_temporal(column.type) and not pa.types.is_duration(column.type):
        return column
    column = to_plain_type(name, column)
    column = column.cast(pa.string()) if pa.types.is_integer(column.type) else column  # as 20240131
    return trim(missing_to_null(column)) if pa.types.is_string(column.type) else column


def read_dates(column: pa.ChunkedArray, form: CellFormat) -> tuple[np.ndarray, np.ndarray]:
    """Convert a column to times in UTC; a time without a zone counts as UTC.

    Args:
        column: text (trimmed, null where missing), dates, times or timestamps.
        form: the format of the column.

    Returns:
        The times, datetime64[us] with NaT for missing cells, and a mask of the cells that are neither missing nor a
        date; both of shape (n_rows,).
    """
    if pa.types.is_temporal(column.type):
        return _from_arrow(column), np.zeros(len(column), dtype=bool)
    if not pa.types.is_string(column.type):
        present = pc.invert(pc.is_null(column, nan_is_null=True)).to_numpy()
        return np.full(len(column), NOT_A_TIME), present
    gaps = pc.or_(
        pc.is_in(column, pa.array(form.gaps, pa.string())), pc.is_in(pc.utf8_lower(column), pa.array(MARKERS))
    )
    column = null_where(gaps, column).combine_chunks().dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    moments = parse_dates(column.dictionary, form.order or "ymd")
    codes = column.indices.fill_null(len(moments)).to_numpy(zero_copy_only=False)
    times = np.append(moments, NOT_A_TIME)[codes]
    return times, np.isnat(times) & (codes < len(moments))


def parse_dates(cells: pa.Array, order: DateOrder) -> np.ndarray:
    """Parse texts as `parse_date` does; those in the format of ISO 8601 all at once, which is faster.

    Args:
        cells: text without nulls, shape (n_cells,).
        order: the order of year, month and day.

    Returns:
        The times in UTC, datetime64[us], NaT for texts that are no dates; shape (n_cells,).
    """
    iso = pc.match_substring_regex(cells, _ISO).to_numpy(zero_copy_only=False)
    times = np.full(len(cells), NOT_A_TIME)
    standard = cells.filter(pa.array(iso)).to_pandas()
    times[iso] = pd.to_datetime(standard, format="ISO8601", utc=True, errors="coerce").to_numpy("datetime64[us]")
    for i in np.flatnonzero(~iso):
        times[i] = parse_date(cells[int(i)].as_py(), order) or NOT_A_TIME
    return times


def parse_date(cell: str, order: DateOrder) -> datetime | None:
    """Parse a date or time to UTC, without a zone; a time of day is put on 1970-01-01. None if the text is neither."""
    # Year first can't be taken for another order.
    patterns = (_BY_ORDER[order], _BY_ORDER["ymd"], *_WITH_NAME, _ONLY_TIME, _COMPACT)
    match = next((found for pattern in patterns if (found := pattern.fullmatch(cell))), None)
    if match is None:
        return None
    parts = match.groupdict()
    month = MONTHS.index(parts["name"].lower()) + 1 if parts.get("name") else int(parts.get("month") or 1)
    year = parts.get("year") or "1970"
    if len(year) == 2:
        year = ("19" if int(year) >= CENTURY else "20") + year
    try:
        moment = datetime(int(year), month, int(parts.get("day") or 1))  # noqa: DTZ001  in UTC, as all of a column
        moment += _time_of(parts)
    except (ValueError, OverflowError):
        return None
    return moment


def _time_of(parts: dict[str, str | None]) -> timedelta:
    """Return the time from midnight of the given date in UTC to the moment in UTC.

    Raises:
        ValueError: there is no such time.
    """
    hour, minute = int(parts.get("hour") or 0), int(parts.get("minute") or 0)
    second = float((parts.get("second") or "0").replace(",", "."))
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError(f"hour {hour} {half}")
        hour = hour % 12 + 12 * (half[0].lower() == "p")
    if hour > 24 or minute > 59 or second >= 61 or (hour == 24 and (minute or second)):  # 24:00 ends a day
        raise ValueError(f"{hour}:{minute}:{second}")
    offset = timedelta()
    zone = parts.get("zone") or "Z"
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = (1 if zone[0] == "+" else -1) * timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timedelta(hours=hour, minutes=minute, seconds=second) - offset


def _look_like_dates(text: pa.ChunkedArray) -> bool:
    """Return whether enough of the first cells resemble dates for parsing to be worth while."""
    first = text.drop_null().slice(0, SAMPLE)
    if not len(first):
        return False
    return bool(pc.mean(pc.match_substring_regex(first, _PERHAPS).cast(pa.int8())).as_py() >= LEAST_SHARE / 2)


def _day_first_or_raise(cells: list[str], readable: np.ndarray) -> DateOrder:
    """Decide between month first and day first if the cells are dates in both orders.

    Raises:
        AmbiguousDatesError: nothing decides.
    """
    dates = [cell for cell, good in zip(cells, readable) if good and _BY_ORDER["mdy"].fullmatch(cell)]
    if not dates:  # names of months, or times of day
        return "ymd"
    if all("." in cell for cell in dates):  # written with points, the day is always first
        return "dmy"
    raise AmbiguousDatesError(dates[0])


def _from_arrow(column: pa.ChunkedArray) -> np.ndarray:
    """Convert Arrow's dates, times or timestamps to datetime64[us] in UTC; a time of day is put on 1970-01-01."""
    if pa.types.is_time(column.type):
        column = column.cast(pa.time64("us")).cast(pa.int64()).cast(pa.timestamp("us"))
    elif pa.types.is_timestamp(column.type) and column.type.tz:
        column = column.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.timestamp("us"))
    times: np.ndarray = column.cast(pa.timestamp("us"), safe=False).to_numpy().astype("datetime64[us]")
    return times
