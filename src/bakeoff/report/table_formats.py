"""Format a header and rows of text as a table in HTML, in markdown, or for a terminal."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

from bakeoff.formatting import one_line, printable

# Markup in CommonMark and in GitHub's tables and strikethrough, anywhere or at the start of a line.
MARKUP = re.compile(r"[\\`*_\[\]<>|~&#]|^[-+](?=\s|$)|^[-=](?=[-=]*$)|(?<=[0-9])[.)](?=\s|$)")
# GitHub turns addresses into links, escaped or not, unless something interrupts them.
ADDRESS = re.compile(r"(?<=[a-z]:)(?=//)|(?<=www)(?=\.)|(?<=[\w.+-]@)(?=\w)", re.IGNORECASE)


class Link(NamedTuple):
    """A cell with a link."""

    text: str
    href: str


def html_table(
    header: tuple[str, ...], rows: list[Any], marked: str | None = None, text: bool = False, label: str = ""
) -> str:
    """Format a table in HTML that scrolls if it is wider than the page; the first cell of a row is its name.

    Args:
        header: the names of the columns.
        rows: the cells of each row.
        marked: the first cell of the row to highlight.
        text: whether the last column holds text rather than figures.
        label: the table's accessible name.
    """
    kind = ' class="text"' if text else ""  # the last column's
    heads = [f'<th scope="col">{escape(cell)}</th>' for cell in header[:-1]]
    lines = ["".join([*heads, f'<th scope="col"{kind}>{escape(header[-1])}</th>'])]
    for row in rows:
        name, *others = row[:-1]
        cells = [f'<th scope="row">{_cell(name)}</th>', *(f"<td>{escape(cell)}</td>" for cell in others)]
        cells.append(f"<td{kind}>{escape(row[-1])}</td>")
        lines.append("".join(cells))
    names = [row[0].text if isinstance(row[0], Link) else row[0] for row in rows]
    kinds = [' class="winner"' if marked and name == marked else "" for name in names]
    body = "".join(f"<tr{kind}>{line}</tr>" for kind, line in zip(kinds, lines[1:]))
    region = f' tabindex="0" role="region" aria-label="Table: {escape(label or header[0])}"'
    return f'<div class="scroll"{region}><table><thead><tr>{lines[0]}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(cell: str | Link) -> str:
    return f'<a href="{escape(cell.href)}">{escape(cell.text)}</a>' if isinstance(cell, Link) else escape(cell)


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
