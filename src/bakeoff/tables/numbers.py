"""Recognize and read numbers in text: decimal commas, thousands separators, currency signs, markers for gaps."""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.tables.null_where import null_where
from bakeoff.tables.schema import CellFormat

# Texts for a missing number or date beyond those of `cells.MISSING`, in lower case.
MARKERS = [
    ".", "?", "-", "--", "---", "*", "na", "n.a.", "n.a", "none", "nil", "unknown", "unk", "missing", "not available",
    "not applicable", "not known", "not reported", "no data", "suppressed", "undefined", "tbd", "tba", "nd", "n.d.",
    "n/d", "—", "–", "\\n", "(null)", "(none)", "(blank)", "#value!", "#div/0!", "#ref!", "#num!", "#name?",
]  # fmt: skip
LEAST_SHARE = 0.5  # of numbers (or dates) among the cells of a column that holds them
MOST_ODD = 0.1  # share of cells that are neither numbers (or dates) nor markers, at most
MOST_GAPS = 50  # different texts that are read as missing, at most
FEW_NUMBERS = 20  # with at most this many different numbers they may be codes, of which some have letters

_SPACE = r"[ \x{a0}\x{202f}\x{2009}]"
_CURRENCY = r"(?:[$€£¥₹]|(?:USD|EUR|GBP|CHF|JPY)\b)"
_EXPONENT = r"(?:[eE][-+]?\d+)?"
_PLAIN = {
    ".": rf"^[-+]?(?:\d+\.?\d*|\.\d+){_EXPONENT}$|^[-+]?(?:inf|Inf|INF|infinity)$",
    ",": rf"^[-+]?(?:\d+,?\d*|,\d+){_EXPONENT}$",
}
_GROUPED = {  # the same separator throughout a number
    mark: "|".join(
        rf"^[-+]?[1-9]\d{{0,2}}(?:{separator}\d{{3}})+(?:{re.escape(mark)}\d*)?$" for separator in separators
    )
    for mark, separators in {".": (",", "'", "’", _SPACE), ",": (r"\.", "'", "’", _SPACE)}.items()
}
_GROUPED["."] += r"|^[-+]?[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d*)?$"  # lakhs and crores: 54,42,292
_MONEY = (
    r"(?:[A-Z]{1,3}\$|Rs\.?|kr\.?|Fr\.?|zł|Kč|"
    r"(?:INR|SEK|NOK|DKK|PLN|CZK|AUD|CAD|NZD|BRL|MXN|ZAR|CNY|KRW|SGD|HKD|TRY)\b)"
)
_UNIT = {  # before a number, an amount of money alone, since `k12` is a name
    "before": rf"^[-+−]?(?P<before>{_MONEY}) *[-+−]?\d[\d.,'’ ]*$",
    "after": r"^[-+−]?\d(?:[\d.,'’ \x{a0}\x{202f}\x{2009}]*\d)?"
    r"[\s\x{a0}\x{202f}]*(?P<after>[^\d\s\x{a0}\x{202f}.,%()+−-][^\d%]{0,11})$",
}
_LEADING_ZERO = r"^0\d+$"


class AmbiguousNumbersError(ValueError):
    """Numbers whose commas (or points) can be decimal marks or thousands separators; the argument is an example."""


@dataclass(frozen=True)
class NumberColumn:
    """How a column of numbers in text is read.

    Attributes:
        format: the format of its cells.
        gaps: the number of cells with each text that is read as missing, the most frequent first.
        decimal: the decimal mark that some cells prove; None if no cell does.
    """

    format: CellFormat
    gaps: dict[str, int]
    decimal: str | None


def find_numbers(text: pa.ChunkedArray, decimal: str | None = None, *, forced: bool = False) -> NumberColumn | None:
    """Recognize a column of numbers.

    Args:
        text: trimmed cells, null where missing.
        decimal: the decimal mark to assume if the cells can be read in two ways.
        forced: whether the column is known to hold numbers, even if few of its cells can be read as numbers.

    Returns:
        How to read it; None if it is not a column of numbers.

    Raises:
        AmbiguousNumbersError: the cells can be read in two ways, and no decimal mark is given.
    """
    counted = text.drop_null().value_counts()
    cells, counts = counted.field("values"), counted.field("counts").to_numpy()
    if not len(cells) or (not forced and has_leading_zeros(cells)):
        return None
    bare, unit = _strip_signs(cells), ""
    readable = _readable(bare)
    if forced and (unit := _find_unit(cells)):
        plain, rest = readable, _strip_unit(cells, unit)
        bare = _strip_signs(rest)
        readable = _readable(bare)
        most, without = (max(counts[mask].sum() for mask in masks.values()) for masks in (readable, plain))
        if without > MOST_ODD * most:  # a column of numbers, of which some have a unit: maybe another one
            bare, unit, readable = _strip_signs(cells), "", plain
    mark = _decide(bare, counts, readable, decimal)
    percent = _matches(cells, "%$")
    mostly_percent = bool(2 * counts[percent & readable[mark]].sum() > counts[readable[mark]].sum())
    numbers = readable[mark] & (percent == mostly_percent)
    rest = cells.filter(pa.array(~numbers))
    markers = pc.is_in(pc.utf8_lower(rest), pa.array(MARKERS)).to_numpy(zero_copy_only=False)
    total, odd = counts.sum(), counts[~numbers][~markers].sum()
    few = pc.count_distinct(bare.filter(pa.array(numbers))).as_py() <= FEW_NUMBERS
    if not forced and (
        counts[numbers].sum() < LEAST_SHARE * total or odd > MOST_ODD * total or (odd and few) or len(rest) > MOST_GAPS
    ):
        return None
    gaps = dict(sorted(zip(rest.to_pylist(), counts[~numbers].tolist()), key=lambda gap: -gap[1]))
    grouped = bool((_matches(bare, _GROUPED[mark]) & numbers).any())
    tokens = tuple(sorted(gaps)[:MOST_GAPS])
    form = CellFormat(gaps=tokens, decimal=mark, grouped=grouped, percent=mostly_percent, unit=unit)  # type: ignore[arg-type]
    shown = readable[mark] & ~readable["," if mark == "." else "."] & _matches(bare, r"[.,]")
    return NumberColumn(form, gaps, mark if shown.any() else None)


def normalize_numbers(text: pa.ChunkedArray, form: CellFormat) -> pa.ChunkedArray:
    """Rewrite numbers so that Arrow's cast to float64 reads them; markers become null, and other cells stay no numbers.

    Args:
        text: trimmed cells, null where missing.
        form: the format of the column.
    """
    gaps = pc.or_(pc.is_in(text, pa.array(form.gaps, pa.string())), pc.is_in(pc.utf8_lower(text), pa.array(MARKERS)))
    text = _strip_unit(null_where(gaps, text), form.unit)
    if text.null_count < len(text) and cast_or_none(text, pa.float64()) is None:
        other_unit = pc.xor(pc.match_substring_regex(text, "%$"), form.percent)
        text = pc.if_else(other_unit, pc.binary_join_element_wise("?", text, ""), text)
    bare = _strip_signs(text)
    if form.grouped:
        separators = r"[,'’ \x{a0}\x{202f}\x{2009}]" if form.decimal == "." else r"[.'’ \x{a0}\x{202f}\x{2009}]"
        grouped = pc.match_substring_regex(bare, _GROUPED[form.decimal])
        bare = pc.if_else(grouped, pc.replace_substring_regex(bare, separators, ""), bare)
    if form.decimal == ",":
        # Text that is no number in this format must not become one in the cast that follows.
        plain = pc.match_substring_regex(bare, _PLAIN[","])
        bare = pc.if_else(plain, pc.replace_substring(bare, ",", "."), pc.if_else(pc.is_valid(bare), "?", None))
    return bare


def has_leading_zeros(text: pa.ChunkedArray) -> bool:
    """Return whether any cell is a whole number with a leading zero, as a postcode may be."""
    return bool(pc.any(pc.match_substring_regex(text, _LEADING_ZERO)).as_py())


def shows_point(text: pa.ChunkedArray) -> bool:
    """Return whether any cell has a point that can't be a thousands separator."""
    grouped = pc.match_substring_regex(text, _GROUPED[","])
    return bool(pc.any(pc.and_(pc.match_substring(text, "."), pc.invert(grouped))).as_py())


def cast_or_none(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    """Cast a column to a type; return None if any value can't be cast."""
    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        return None


def _strip_signs(text: pa.Array) -> pa.Array:
    """Remove currency and percent signs, and write minus signs and accountants' brackets as hyphens."""
    if cast_or_none(text, pa.float64()) is not None:
        return text
    text = pc.replace_substring(text, "−", "-")
    # Negative numbers as accountants write them.
    text = pc.replace_substring_regex(text, rf"^(?:{_CURRENCY}\s*)?\(\s*(.*\d.*?)\s*\)$", r"-\1")
    # As mainframes write them; `4-` may be a grade.
    text = pc.replace_substring_regex(text, r"^(\d[\d.,]*[.,]\d+)-$", r"-\1")
    text = pc.replace_substring_regex(text, rf"^([-+]?)\s*{_CURRENCY}\s*([-+]?[\d.,])", r"\1\2")
    return pc.replace_substring_regex(text, rf"([\d.,])\s*(?:{_CURRENCY}|%)$", r"\1")


def _readable(bare: pa.Array) -> dict[str, np.ndarray]:
    """Return by decimal mark which cells without signs are numbers."""
    return {mark: _matches(bare, _PLAIN[mark]) | _matches(bare, _GROUPED[mark]) for mark in _PLAIN}


def _find_unit(cells: pa.Array) -> str:
    """Return the unit that most of the different cells have before or after a number; empty if there is none."""
    for place, pattern in _UNIT.items():
        units = pc.struct_field(pc.extract_regex(cells, pattern), place).drop_null().value_counts()
        for unit, size in zip(units.field("values").to_pylist(), units.field("counts").to_pylist()):
            if size > LEAST_SHARE * len(cells):
                return str(unit)
    return ""


def _strip_unit(text: pa.Array, unit: str) -> pa.Array:
    """Remove a unit before or after numbers."""
    if not unit:
        return text
    # Quoted by hand: RE2, unlike Python, refuses to escape some characters.
    quoted = "".join(re.escape(sign) if sign.isascii() else sign for sign in unit)
    text = pc.replace_substring_regex(text, rf"^([-+−]?){quoted} *([-+−]?\d)", r"\1\2")
    return pc.replace_substring_regex(text, rf"(\d)[\s\x{{a0}}\x{{202f}}]*{quoted}$", r"\1")


def _matches(cells: pa.Array, pattern: str) -> np.ndarray:
    mask: np.ndarray = pc.match_substring_regex(cells, pattern).to_numpy(zero_copy_only=False)
    return mask


def _decide(bare: pa.Array, counts: np.ndarray, readable: dict[str, np.ndarray], decimal: str | None) -> str:
    """Choose the decimal mark by which more cells are numbers; if both give as many, the one that the cells point to.

    Args:
        bare: the different cells, without signs.
        counts: the number of rows with each, shape (n_distinct,).
        readable: by decimal mark, a mask of the cells that are numbers, shape (n_distinct,).
        decimal: the mark to assume if the cells don't tell.

    Raises:
        AmbiguousNumbersError: the cells don't tell, and no mark is given.
    """
    points, commas = (int(counts[readable[mark]].sum()) for mark in (".", ","))
    if points != commas:
        return "." if points > commas else ","
    both = readable["."] & readable[","]
    with_comma, with_point = (both & _matches(bare, mark) for mark in (",", r"\."))
    if not with_comma.any():
        return "," if decimal == "," and with_point.any() else "."
    if decimal:
        return decimal
    whole = bare.filter(pa.array(both & ~with_comma & ~with_point)).cast(pa.float64()).to_numpy(zero_copy_only=False)
    if len(whole):  # numbers of a thousand and more that are not grouped, or smaller ones that need no separator
        return "," if (np.abs(whole) >= 1000).any() else "."
    raise AmbiguousNumbersError(bare.filter(pa.array(with_comma))[0].as_py())
