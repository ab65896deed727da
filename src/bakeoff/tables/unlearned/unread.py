"""Recognize text that looks like numbers or dates, and is written in a way that isn't read."""

import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.tables.dates import ORDERS, parse_date
from bakeoff.tables.numbers import LEAST_SHARE, MOST_ODD, find_numbers, has_leading_zeros
from bakeoff.tables.tidying import Change

SAMPLE = 10_000  # cells by which a column is judged
SHAPES = 10  # ways to write a number, such as `0 kg` and `0`, at most
LONGEST = 40  # characters of an example

_NUMBER = r"(?:\d{1,3}(?:[ '’\x{a0}\x{202f}\x{2009}]\d{3})+|[1-9]\d*(?:,\d+)+|0|[1-9]\d*)(?:[.,]\d+)?"
_MONEY = r"(?:[A-Z]{1,3}\$|Rs|INR|Fr|kr|zł)"
_TAIL = r"[^\w-]{0,3}[^\d\s-]{0,12}(?: [^\d\s]{1,2})?"
_NUMBERS = "|".join(
    (
        # A number between signs, and a unit: `$(4.42)`, `Rs. 54`, `54 km/h`, `~54° N`, `76 (+1)`.
        rf"^[^\w\s#]{{0,3}}\s?(?:{_MONEY}\.?\s?)?[^\w\s#]{{0,2}}{_NUMBER}(?:-|{_TAIL})$",
        rf"^{_NUMBER} ?\([-+]?\d+\)$",
        r"^-?\d+:\d{2}(?::\d{2}(?:[.,]\d+)?)?$",  # a duration: `54:21:00`
        r"^\d+'\s?\d+(?:\"|'')?$",  # feet and inches
        rf"^{_NUMBER}\s*(?:/|–|×|x|to)\s*{_NUMBER}$",  # `120/80`, `20–30`
    )
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_DATES = (
    r"^(?:[^\d\s]{2,10} )?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    rf"|{_DAY}[-/. ](?:de )?[^\d\s/.-]{{3,10}}[-/., ]+(?:de )?\d{{4}}|[^\d\s]{{3,10}} {_DAY},? \d{{4}})(?:\D|$)"
)


def find_unread(text: pa.ChunkedArray) -> tuple[Change, str] | None:
    """Return what a column of text seems to hold, with an example that can't be read; None if it is just text.

    Args:
        text: trimmed cells, null where missing.
    """
    cells = text.drop_null().slice(0, SAMPLE)
    if not len(cells) or has_leading_zeros(cells):
        return None
    if _share(cells, _DATES) >= 1 - MOST_ODD:
        unread = [cell for cell in cells.to_pylist() if all(parse_date(cell, order) is None for order in ORDERS)]
        return ("unread dates", _such_as(unread)) if unread else None
    found = find_numbers(cells, ".", forced=True)
    gaps = found.gaps if found else {}
    read = 1 - sum(gaps.values()) / len(cells)
    if found and read >= 1 - MOST_ODD and found.format.unit:
        return "numbers with a unit", _such_as(cells.to_pylist())
    if found and gaps and not found.format.unit and read >= LEAST_SHARE:
        return "partly numbers", f"{100 * read:.0f} % of its cells, not {min(gaps)[:LONGEST]!r}"
    if gaps and _seem_numbers(cells):  # without gaps, numbers in text that has a type, which may be ids
        return "unread numbers", _such_as(cells.filter(pc.match_substring_regex(cells, _NUMBERS)).to_pylist())
    return None


def _seem_numbers(cells: pa.ChunkedArray) -> bool:
    """Return whether nearly all cells are numbers with something before or after them, in few ways to write them."""
    if _share(cells, _NUMBERS) < 1 - MOST_ODD:
        return False
    shapes = sorted(pc.replace_substring_regex(cells, _NUMBER, "0").value_counts().field("counts").to_pylist())
    return bool(sum(shapes[-SHAPES:]) >= (1 - MOST_ODD) * len(cells))


def _share(cells: pa.ChunkedArray, pattern: str) -> float:
    return float(pc.mean(pc.match_substring_regex(cells, pattern).cast(pa.int8())).as_py())


def _such_as(cells: list[str]) -> str:
    return f"such as {min(cells)[:LONGEST]!r}"  # the same in any order of rows
