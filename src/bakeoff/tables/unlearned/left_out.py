"""Recognize columns that are not worth learning from: row counters, constants, names and ids, free text."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.tables.schema import Kind
from bakeoff.tables.tidying import Change

DISTINCT = 0.9  # least share of different values among the cells of names or ids
WORDS = 5  # least mean number of words in free text
PROSE = 0.5  # least share of different values among the cells of free text
LEAST_ROWS = 10  # in a table with fewer rows, numbers that rise by one may be coincidence
STEPS = 0.5  # least share of steps by one in a row counter, in which rows may be missing
ID_NAME = re.compile(r"(?:^|[ _.-])(?:id|ID|Id|uid|UID|uuid|UUID|guid|GUID)$|[a-z]I[Dd]$|^[A-Z]{1,3}ID$")
ROW_NAMES = re.compile(r"(?i)|unnamed: ?\d.*|__index_level_\d+__|row[ _.]?(names?|numbers?|ids?|nr)|index|level_\d")


def why_left_out(name: str, kind: Kind, column: pa.ChunkedArray) -> tuple[Change, str] | None:  # noqa: PLR0911  a reason, a line
    """Return the reason to leave a column out, with a detail for its line, such as an example; None to learn from it.

    Args:
        name: the column's name.
        kind: what the column holds.
        column: the cells as a plain type or timestamps, null where missing.
    """
    present = column.drop_null()
    if kind == "number" and pa.types.is_floating(present.type):
        present = present.filter(pc.invert(pc.is_nan(present)))
    if not len(present):
        return "empty", ""
    distinct = pc.count_distinct(present).as_py()
    if distinct == 1 and (len(present) == len(column) or kind in ("number", "datetime")):
        return "constant", _shown(present[0].as_py())
    whole = kind == "number" and pa.types.is_integer(column.type) and not column.null_count
    if distinct == len(column) and (
        (ROW_NAMES.fullmatch(name.strip()) and (whole or kind in ("category", "text")))
        or (whole and len(column) >= LEAST_ROWS and _counts(column.to_numpy()))
    ):
        return "counter", ""
    if whole and ID_NAME.search(name.strip()) and len(column) >= LEAST_ROWS and distinct >= DISTINCT * len(column):
        return "names", f"{distinct:,} in {len(column):,} rows"
    if kind == "category" and _is_prose(present, distinct):
        return "prose", ""
    if kind == "category" and distinct >= DISTINCT * len(present) and 2 * len(present) > len(column):
        return "names", f"{distinct:,} in {len(present):,} rows"
    return None


def names_rows(column: pa.ChunkedArray) -> bool:
    """Return whether nearly all cells of a column of any type are different."""
    return bool(pc.count_distinct(column).as_py() >= DISTINCT * len(column))


def _counts(values: np.ndarray) -> bool:
    """Return whether different whole numbers count the rows: without a gap in any order, or rising mostly by one."""
    if values.max() - values.min() == len(values) - 1:
        return True
    steps = np.diff(values)
    return bool((steps > 0).all() and (steps == 1).mean() >= STEPS)


def _is_prose(present: pa.ChunkedArray, distinct: int) -> bool:
    """Return whether cells of text, of which `distinct` are different, are free text; the first 10,000 are read."""
    if distinct < PROSE * len(present):
        return False
    words = pc.mean(pc.add(pc.count_substring_regex(present.slice(0, 10_000), r"\s+"), 1)).as_py()
    return bool(words >= WORDS)


def _shown(value: Any) -> str:
    return repr(value)[:60]
