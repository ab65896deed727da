"""Recognize a header that is not in a file's first line, and a first line that is no header."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

SEARCHED = 20  # lines


class LateHeader(NamedTuple):
    """A line that seems to be the header, though another one is before it.

    Attributes:
        line: its number in the file, from 1.
        names: its fields.
    """

    line: int
    names: list[str]

    def __str__(self) -> str:
        """Say so, and what to do."""
        return f"the header seems to be in line {self.line}: remove the lines before it"


def find_late_header(rows: Iterable[tuple[int, Sequence[Any]]]) -> LateHeader | None:
    """Return the first line with more fields than the first one has, all of them different texts; None if none is so.

    Args:
        rows: the number of each line, and its fields, of which those that are blank or None are empty.
    """
    fewest = None
    for line, cells in rows:
        fields = ["" if cell is None else str(cell).strip() for cell in cells]
        filled = [field for field in fields if field]
        if fewest is None:
            fewest = len(filled)
        inside = fields[fields.index(filled[0]) :] if filled else []
        if len(inside) > max(fewest, 1) and len({*inside} - {""}) == len(inside) and not any(map(is_number, inside)):
            return LateHeader(line, inside)
    return None


def seem_no_header(names: Sequence[str]) -> bool:
    """Return whether half of the names are numbers that don't rise, as wavelengths would: rather values of a row."""
    numbers = [float(name) for name in names if is_number(name)]
    rise = all(one < other for one, other in itertools.pairwise(numbers))
    return len(numbers) >= 2 and 2 * len(numbers) >= len(names) and not rise


def is_number(text: str) -> bool:
    """Return whether Python reads a text as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
