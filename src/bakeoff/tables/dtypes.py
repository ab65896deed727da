"""Infer what the columns of a training table hold: numbers, booleans, dates, categories or text."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.config import DatasetConfig
from bakeoff.config.rows.dataset import DateOrder
from bakeoff.errors import DataError
from bakeoff.tables.cells import (
    FALSE,
    MAX_NUMBER,
    TRUE,
    dates_to_text,
    missing_to_null,
    to_numbers,
    to_pandas,
    to_plain_type,
    too_large,
    trim,
    verbatim,
)
from bakeoff.tables.dates import find_dates, read_dates, to_plain_dates
from bakeoff.tables.numbers import (
    FEW_NUMBERS,
    LEAST_SHARE,
    MARKERS,
    MOST_ODD,
    AmbiguousNumbersError,
    NumberColumn,
    cast_or_none,
    find_numbers,
    has_leading_zeros,
    shows_point,
)
from bakeoff.tables.schema import CellFormat, Feature, Kind
from bakeoff.tables.tidying import Change, Tidying, describe_gaps
from bakeoff.tables.unlearned.left_out import why_left_out
from bakeoff.tables.unlearned.unread import find_unread

ZONE = r"\d:\d{2}\S*\s*(?:Z|UTC|GMT|[-+]\d{2}:?\d{2})$"  # a time with its zone
SEEMING: dict[Change, Change] = {  # what is said of a column that isn't left out
    "unread numbers": "seeming numbers",
    "unread dates": "seeming dates",
    "numbers with a unit": "seeming units",
}
# A number with decimals, such as `32.32` or `$1,234.00`.
MEASURED = r"^[^\w\s]?\s?[-+−]?\d[\d ,.'’]*[.,]\d+(?:[eE][-+]?\d+)?\s?%?$"
SOME = 0.1  # share of numbers among categories beyond which they are mentioned

Inferred = tuple[Kind, pa.ChunkedArray, CellFormat]  # what `_infer` returns


@dataclass(frozen=True)
class ColumnHints:
    """What the config says about columns.

    Attributes:
        categories: the names of columns that hold categories.
        numbers: the names of columns that hold numbers.
        text: the names of columns that hold free text.
        dates: the order of year, month and day of columns that hold dates, by name.
        decimal: the decimal mark of numbers that can be read in two ways; None to refuse them.
    """

    categories: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    text: frozenset[str] = frozenset()
    dates: Mapping[str, DateOrder] = field(default_factory=dict)
    decimal: str | None = None

    @classmethod
    def of(cls, config: DatasetConfig) -> "ColumnHints":
        """Take the hints of a dataset's config."""
        return cls(
            frozenset(config.categories),
            frozenset(config.numbers),
            frozenset(config.text),
            config.dates,
            None if config.decimal == "auto" else config.decimal,
        )

    def __contains__(self, name: object) -> bool:
        """Return whether the config says what a column holds."""
        return name in self.categories or name in self.numbers or name in self.text or name in self.dates


def infer_column(
    name: str,
    column: pa.ChunkedArray,
    typed: bool,
    hints: ColumnHints,
    done: Tidying,
    rows: np.ndarray | None = None,
) -> tuple[Feature, pd.Series] | None:
    """Infer the feature that a column holds, and convert the column to pandas.

    Args:
        name: the column's name.
        column: of any Arrow type.
        typed: whether text is known to be text, as in Parquet, where only numbers with decimals are read as such;
            otherwise it may be numbers or booleans.
        hints: what the config says about the column.
        done: the record to which changes to the column are added.
        rows: the position of each cell in the file, for messages; None if no rows were left out.

    Returns:
        The feature, and the column as float64, int64, bool, str or datetime64[us]; None if the column is left out.

    Raises:
        DataError: the column has a type that can't be used, or infinite numbers.
        AmbiguousNumbersError: its numbers can be read in two ways.
        AmbiguousDatesError: its dates can be read in two ways.
    """
    done.forget(name)
    kind, cells, form = _infer(name, column, typed, hints, done)
    if name in hints:
        _refuse_wrong_hint(name, kind, column, cells)
    elif reason := why_left_out(name, kind, cells):
        unread = find_unread(cells) if kind == "category" and reason[0] in ("names", "prose") else None
        read = _with_unit(name, column, hints, done) if unread and not typed else None
        if read is None:
            done.forget(name)
            change, detail = unread or reason
            done.add(change, name, detail)
            return None
        kind, cells, form = read
    elif kind == "category" and pc.count_distinct(cells).as_py() > FEW_NUMBERS:
        unread = find_unread(cells)
        if unread and unread[0] in SEEMING:
            done.add(SEEMING[unread[0]], name, unread[1])
    if kind == "number" and pa.types.is_floating(cells.type):
        _refuse_infinite(name, cells, rows)
    series = to_pandas(kind, cells)
    return Feature(name, str(series.dtype), kind, format=form), series


def _infer(name: str, column: pa.ChunkedArray, typed: bool, hints: ColumnHints, done: Tidying) -> Inferred:
    """Return the kind of a column, its cells as a plain type or timestamps, and their format."""
    column = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    if name in hints.categories or name in hints.text:
        cells = verbatim(to_plain_type(name, dates_to_text(column)))
        return "text" if name in hints.text else "category", cells, CellFormat(verbatim=True)
    if pa.types.is_temporal(column.type) and not pa.types.is_duration(column.type):
        zone = getattr(column.type, "tz", None)
        done.add("dates", name, "in UTC" if zone else "")
        return _dates(column, CellFormat(order="ymd"))
    column = to_plain_dates(name, column) if name in hints.dates else to_plain_type(name, column)
    if not pa.types.is_string(column.type):
        return "boolean" if pa.types.is_boolean(column.type) else "number", column, CellFormat()
    text = trim(missing_to_null(column))
    found = None
    if text.null_count == len(text):
        return "number", text.cast(pa.float64()), CellFormat()
    if name not in hints.dates and (name in hints.numbers or not typed or not _may_be_codes(text)):
        found = _as_numbers(name, text, hints, done) or (None if typed else _as_booleans(text))
    return found or _as_dates(name, text, hints, done) or _as_categories(name, missing_to_null(column), text, done)


def _may_be_codes(text: pa.ChunkedArray) -> bool:
    """Return whether nearly no cell has decimals: whole numbers as text, where text is a type, may be codes."""
    measured = pc.match_substring_regex(text.drop_null(), MEASURED)
    return bool(pc.mean(measured.cast(pa.int8())).as_py() <= MOST_ODD)


def _with_unit(name: str, column: pa.ChunkedArray, hints: ColumnHints, done: Tidying) -> Inferred | None:
    """Read text as numbers with a unit; None if it is something else, or can be read in two ways."""
    try:
        kind, cells, form = _infer(name, column, False, replace(hints, numbers=hints.numbers | {name}), done)
    except AmbiguousNumbersError:
        return None
    odd = set(form.gaps) - set(MARKERS)
    text = trim(missing_to_null(to_plain_type(name, column)))
    unread = pc.sum(pc.is_in(text, pa.array(sorted(odd), pa.string()))).as_py() or 0
    numbers = len(cells) - cells.null_count
    if not form.unit or unread > MOST_ODD * len(cells) or numbers < LEAST_SHARE * (len(text) - text.null_count):
        return None
    return None if why_left_out(name, kind, cells) else (kind, cells, form)


def _as_numbers(name: str, text: pa.ChunkedArray, hints: ColumnHints, done: Tidying) -> Inferred | None:
    """Read trimmed text as numbers; None if it is something else.

    Raises:
        AmbiguousNumbersError: it can be read in two ways.
    """
    plain = cast_or_none(text, pa.float64())
    if plain is not None and name not in hints.numbers and has_leading_zeros(text):
        return None
    found = None
    if plain is None or hints.decimal == ",":
        found = find_numbers(text, hints.decimal, forced=name in hints.numbers)
        if found is None and plain is None:
            return None
    elif shows_point(text):
        done.decimals.add(".")
    if plain is not None and (found is None or found.format == CellFormat()):
        # First to float64: Arrow's cast to int64 accepts 0x1f.
        return "number", cast_or_none(text, pa.int64()) or plain, CellFormat()
    assert found is not None
    if found.decimal:
        done.decimals.add(found.decimal)
    _describe_numbers(name, found, len(text), done)
    values, _ = to_numbers(text, found.format)
    numbers = pa.chunked_array([pa.array(values, mask=np.isnan(values))])
    return "number", (None if numbers.null_count else cast_or_none(numbers, pa.int64())) or numbers, found.format


def _describe_numbers(name: str, found: NumberColumn, rows: int, done: Tidying) -> None:
    if found.gaps:
        done.add("gaps", name, describe_gaps(found.gaps, rows))
    if found.format.decimal == ",":
        done.add("decimal comma", name)
    if found.format.unit:
        done.add("unit", name, found.format.unit)
    if found.format.grouped:
        done.add("thousands", name)


def _as_booleans(text: pa.ChunkedArray) -> Inferred | None:
    """Read trimmed text as booleans; None if it is something else."""
    if not pc.all(pc.is_in(text.drop_null(), pa.array(TRUE + FALSE))).as_py():
        return None
    flags = pc.is_in(text, pa.array(TRUE))
    return "boolean", pc.if_else(pc.is_valid(text), flags, pa.scalar(None, pa.bool_())), CellFormat()


def _as_dates(name: str, text: pa.ChunkedArray, hints: ColumnHints, done: Tidying) -> Inferred | None:
    """Read trimmed text as dates; None if it is something else.

    Raises:
        AmbiguousDatesError: it can be read in two ways.
    """
    found = find_dates(text, hints.dates.get(name))
    if found is None:
        return None
    order = {"ymd": "", "mdy": "month first", "dmy": "day first"}[found.format.order or "ymd"]
    zone = "in UTC" if pc.any(pc.match_substring_regex(text, ZONE)).as_py() else ""
    done.add("dates", name, ", ".join(filter(None, (order, zone))))
    if found.gaps:
        done.add("gaps", name, describe_gaps(found.gaps, len(text)))
    return _dates(text, found.format)


def _dates(column: pa.ChunkedArray, form: CellFormat) -> Inferred:
    return "datetime", pa.chunked_array([pa.array(read_dates(column, form)[0])]), form


def _as_categories(name: str, raw: pa.ChunkedArray, text: pa.ChunkedArray, done: Tidying) -> Inferred:
    """Take text for categories.

    Args:
        name: the column's name.
        raw: the cells before they were trimmed, to find out whether that changed a category.
        text: the trimmed cells.
        done: the record to which changes to the column are added.
    """
    if pc.count_distinct(raw).as_py() != pc.count_distinct(text).as_py():
        done.add("blanks", name)
    if has_leading_zeros(text):
        done.add("leading zeros", name)
    else:
        numbers = pc.mean(pc.match_substring_regex(text.drop_null(), r"^[-+]?\d+(?:[.,]\d+)?$").cast(pa.int8())).as_py()
        if numbers > SOME:
            done.add("nearly numbers", name, f"{int(1000 * numbers) / 10:g} % of the cells")
    return "category", text, CellFormat()


def _refuse_wrong_hint(name: str, kind: Kind, column: pa.ChunkedArray, cells: pa.ChunkedArray) -> None:
    """Refuse a column that the config calls numbers or dates if no cell is one.

    Args:
        name: the column's name.
        kind: what the config says it holds.
        column: as read, for the message.
        cells: as converted.

    Raises:
        DataError: no cell is one.
    """
    if kind not in ("number", "datetime") or pc.any(pc.invert(pc.is_null(cells, nan_is_null=True))).as_py():
        return
    hint, what = ("numbers", "number") if kind == "number" else ("dates", "date")
    example = next((f", as in {str(cell)[:40]!r}" for cell in column.to_pylist() if cell not in (None, "")), "")
    raise DataError(f"no cell of column {name!r} is a {what}{example}: take it out of dataset.{hint}")


def _refuse_infinite(name: str, array: pa.ChunkedArray, rows: np.ndarray | None) -> None:
    infinite = np.flatnonzero(too_large(array.to_numpy()))
    if infinite.size:
        first = infinite[0] if rows is None else rows[infinite[0]]
        raise DataError(
            f"column {name!r} holds infinite numbers, or some beyond {MAX_NUMBER:.1e} "
            f"({infinite.size}, the first in row {first}); correct them, or add it to ignore"
        )
