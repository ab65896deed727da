"""Format numbers and text for people."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NONE = "–"
# Characters that control a terminal, change the direction of text, or are not allowed in XML.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def format_p_value(p_value: float) -> str:
    """Format a p-value, as `0.34` or `< 0.001`."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def format_difference(gap: float) -> str:
    """Format a difference with four decimals, or with one significant digit if they would all be 0."""
    return f"{gap:.4f}" if abs(gap) >= 0.00005 or gap == 0 else f"{gap:.1g}"


def format_cost(cost: float) -> str:
    """Format a cost with four decimals; from 1,000 on, without decimals."""
    return f"{cost:,.4f}" if abs(cost) < 1000 else f"{cost:,.0f}"


def format_interval(interval: Sequence[float] | None) -> str:
    """Format an interval, as `0.9883 to 0.9958`, or None as a dash."""
    # + 0.0 turns -0.0 into 0.0.
    return " to ".join(f"{round(end, 4) + 0.0:.4f}" for end in interval) if interval else NONE


def format_seconds(seconds: float) -> str:
    """Format a duration, as `0.34 s`, `42 s`, `12 min` or `3.5 h`."""
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def printable(text: str) -> str:
    r"""Escape control characters as in a Python literal: `\x1b`."""
    return CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)


def one_line(text: str) -> str:
    """Collapse whitespace to single spaces, and escape control characters."""
    return printable(" ".join(text.split()))


def list_first(names: Sequence[str], most: int) -> str:
    """Join at most `most` names by commas; if there are more, end with `, …`."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def format_count(count: int, noun: str) -> str:
    """Format a count, as `1 field` or `1,024 fields`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def format_size(size: int) -> str:
    """Format a number of bytes, as `3.2 kB`, `4.0 MB` or `1,200.0 MB`."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"


def format_parameters(values: Mapping[str, Any]) -> str:
    """Format parameters as in a call: `C=10, gamma='scale'`."""
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def flatten(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each field of a nested config with its path, as `dataset.n_samples`."""
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
