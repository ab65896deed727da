"""Format a header and rows of text as a table in markdown or for a terminal."""

import re
from collections.abc import Sequence
from typing import Any

from bakeoff.formatting import one_line, printable

# Markup in CommonMark and in GitHub's tables and strikethrough, anywhere or at the start of a line.
MARKUP = re.compile(r"[\\`*_\[\]<>|~&#]|^[-+](?=\s|$)|^[-=](?=[-=]*$)|(?<=[0-9])[.)](?=\s|$)")
# GitHub turns addresses into links, escaped or not, unless something interrupts them.
ADDRESS = re.compile(r"(?<=[a-z]:)(?=//)|(?<=www)(?=\.)|(?<=[\w.+-]@)(?=\w)", re.IGNORECASE)


def markdown_text(text: str) -> str:
    """Escape text for markdown, in one line.

    A comment keeps addresses from becoming links.
    """
    return ADDRESS.sub("<!-- -->", MARKUP.sub(r"\\\g<0>", one_line(text)))


def markdown_table(header: tuple[str, ...], rows: list[Any]) -> str:
    """Format a table in markdown; cells are escaped by `markdown_text`."""
    lines = [[*map(markdown_text, line)] for line in (header, *rows)]
    lines.insert(1, ["---"] * len(header))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text_table(header: tuple[str, ...], rows: Sequence[Any], left: Sequence[bool] = (True,)) -> list[str]:
    """Format a table for a terminal, one line per row; blanks at the ends of a cell are kept.

    Args:
        header: the names of the columns.
        rows: the cells of each row.
        left: whether each of the first columns is left-aligned; all others are right-aligned.
    """
    lines = [[printable(re.sub(r"\s", " ", cell)) for cell in line] for line in (header, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    sides = [*left, *(False for _ in header[len(left) :])]
    return [
        "  ".join(cell.ljust(width) if side else cell.rjust(width) for cell, width, side in zip(line, widths, sides))
        for line in lines
    ]
