"""Figures as a person would say them."""

import re
from collections.abc import Sequence

NONE = "–"
# What steers a terminal, turns the direction of writing, or can't stand in XML; names and errors may hold it.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def format_p_value(p_value: float) -> str:
    """As `0.34`."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def format_difference(gap: float) -> str:
    """Four decimals, or as many as show that the gap is not nothing."""
    return f"{gap:.4f}" if abs(gap) >= 0.00005 or gap == 0 else f"{gap:.1g}"


def format_cost(cost: float) -> str:
    """Four decimals; of a thousand and more, none."""
    return f"{cost:,.4f}" if abs(cost) < 1000 else f"{cost:,.0f}"


def format_interval(interval: Sequence[float] | None) -> str:
    """As `0.9883 to 0.9958`; a dash for none."""
    # Behind + 0.0 a figure that rounds to nothing has no sign.
    return " to ".join(f"{round(end, 4) + 0.0:.4f}" for end in interval) if interval else NONE


def format_seconds(seconds: float) -> str:
    """As `0.34 s`, `42 s`, `12 min` or `3.5 h`."""
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def printable(text: str) -> str:
    r"""The text with what steers a terminal, or can't stand in XML, as Python writes it: `\\x1b`."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """The same in one line."""
    return printable(" ".join(text.split()))


def format_count(count: int, noun: str) -> str:
    """As `1 field` or `1,024 fields`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
