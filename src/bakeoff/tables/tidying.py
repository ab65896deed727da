"""Record what was done to a table before training, and describe it in one line for each kind of change."""

import json
import re
from collections.abc import Container, Sequence
from typing import Literal

from bakeoff.errors import DataError
from bakeoff.formatting import list_first

Change = Literal[
    "counter", "empty", "constant", "names", "prose", "dates", "gaps", "decimal comma", "thousands", "leading zeros",
    "nearly numbers", "blanks", "unit", "unread numbers", "unread dates", "partly numbers", "numbers with a unit",
    "seeming numbers", "seeming dates", "seeming units",
]  # fmt: skip
# Described, though nothing was changed.
NOTES: tuple[Change, ...] = ("leading zeros", "nearly numbers", "seeming numbers", "seeming dates", "seeming units")
WARNED: tuple[Change, ...] = (
    "unread numbers",
    "unread dates",
    "partly numbers",
    "numbers with a unit",
)  # most likely a loss
SHOWN = 20  # columns named in a line
TOKENS = 5  # texts shown that are read as missing

_READABLE = "can be read are 2024-01-31 10:00:00, 31.01.2024 and 31 Jan 2024, with UTC, Z or +01:00 after a time"
_LINES: dict[Change, str] = {
    "counter": "left out, since they count or name the rows: {columns}; dataset.numbers (for text, categories): "
    "[{first}] learns from it",
    "empty": "left out, since they are empty: {columns}",
    "constant": "left out, since they have a single value: {columns}",
    "names": "left out, since nearly every row has a value of its own, as names and ids do: {columns}; "
    "dataset.categories: [{first}] learns from it",
    "prose": "left out, since they are free text: {columns}; dataset.text: [{first}] learns from its words",
    "dates": "read as dates, whose year, month, day and so on are learned from: {columns}; "
    "dataset.categories: [{first}] learns from them as text",
    "gaps": "read as numbers or dates in which some cells are missing: {columns}",
    "decimal comma": "read as numbers with a decimal comma: {columns}",
    "thousands": "read as numbers with thousands separators: {columns}",
    "leading zeros": "kept as text for their leading zeros: {columns}; dataset.numbers: [{first}] reads numbers",
    "nearly numbers": "read as categories though many cells are numbers: {columns}; dataset.numbers: [{first}] reads "
    "numbers, and takes all else for missing",
    "blanks": "blanks at the ends and invisible characters were removed, so that they make no class or category of "
    "their own: {columns}",
    "unit": "read as numbers without their unit: {columns}; dataset.categories: [{first}] learns from the text",
    "unread numbers": "left out, since they look like numbers that can't be read: {columns}; write plain numbers, "
    "without units, signs and colons, or learn from the text by dataset.categories: [{first}]",
    "unread dates": f"left out, since they look like dates that can't be read: {{columns}}; {_READABLE}",
    "partly numbers": "left out, since only a part of their cells are numbers: {columns}; write plain numbers, or take "
    "all other cells for missing by dataset.numbers: [{first}]",
    "numbers with a unit": "left out, since they are text: {columns}; dataset.numbers: [{first}] reads the numbers",
    "seeming numbers": "read as categories, though they look like numbers: {columns}; plain numbers, without units, "
    "signs and colons, would be read as such",
    "seeming units": "read as categories, though they are numbers with a unit: {columns}; dataset.numbers: [{first}] "
    "reads the numbers",
    "seeming dates": f"read as categories, though they look like dates: {{columns}}; {_READABLE}",
}


class Tidying:
    """What was done to a table.

    Attributes:
        decimals: the decimal marks that columns of text show.
    """

    def __init__(self) -> None:
        """Start with an untouched table."""
        self.decimals: set[str] = set()
        self._columns: dict[Change, dict[str, str]] = {change: {} for change in _LINES}
        self._rows: list[str] = []
        self._notes: list[str] = []
        self._warned: list[str] = []

    def add(self, change: Change, column: str, detail: str = "") -> None:
        """Record a change to a column, with a detail such as an example."""
        self._columns[change][column] = detail

    def add_line(self, line: str, *, warn: bool = False) -> None:
        """Record a line about a change to the rows, which is a warning if it most likely is a loss."""
        self._rows.append(line)
        if warn:
            self._warned.append(line)

    def add_warning(self, line: str) -> None:
        """Record a line about something that most likely is a mistake, though nothing was changed."""
        self._warned.append(line)

    def add_note(self, line: str) -> None:
        """Record a line about something that the user should know, though nothing was changed."""
        self._notes.append(line)

    def forget(self, column: str) -> None:
        """Forget what was recorded for a column, which is about to be inferred again."""
        for columns in self._columns.values():
            columns.pop(column, None)

    def lines(self) -> list[str]:
        """Return one line for each kind of change but those of `warnings`, then the notes."""
        lines = [line for line in self._changes() if line not in self.warnings()]
        return [*lines, *(self._line(change) for change in NOTES if self._columns[change]), *self._notes]

    def warnings(self) -> list[str]:
        """Return one line for each kind of change that most likely is a loss."""
        return [*self._warned, *filter(None, map(self._line, WARNED))]

    def _changes(self, decided: Container[str] = ()) -> list[str]:
        lines = [self._line(change, decided) for change in self._columns if change not in NOTES]
        return [*self._rows, *filter(None, lines)]

    def _line(self, change: Change, decided: Container[str] = ()) -> str:
        columns = {name: detail for name, detail in self._columns[change].items() if name not in decided}
        if not columns:
            return ""
        named = [f"{name!r} ({detail})" if detail else repr(name) for name, detail in columns.items()]
        return _LINES[change].format(columns=list_first(named, SHOWN), first=yaml_name(next(iter(columns))))

    def refuse(self, path: str, decided: Container[str] = ()) -> None:
        """Refuse a table that would be changed, as `strict` asks for.

        Args:
            path: the table's path, for the message.
            decided: the columns for which the config says what they hold, whose changes don't count.

        Raises:
            DataError: a change to the rows or to another column was recorded.
        """
        if lines := self._changes(decided):
            listed = "; ".join(f"({number}) {line}" for number, line in enumerate(lines, start=1))
            raise DataError(
                f"{path!r} would have to be tidied, which strict: true refuses: {listed}; change the table, name the "
                "columns in dataset.ignore or what they hold in dataset.numbers, dates, categories or text, or leave "
                "strict out"
            )


def yaml_name(name: str) -> str:
    """Write a column's name so that it can stand in a YAML list or mapping: plain, or else in quotes."""
    plain = re.fullmatch(r"[^\W\d]\w*(?:[ .-]\w+)*", name)
    special = ("true", "false", "null", "yes", "no", "on", "off")
    return name if plain and name.lower() not in special else json.dumps(name, ensure_ascii=False)


def describe_gaps(gaps: dict[str, int], rows: int) -> str:
    """Describe the texts that were read as missing, as `'?' in 72 of 240 rows`.

    Args:
        gaps: the number of cells with each text that was read as missing, the most frequent first.
        rows: the number of all rows.
    """
    tokens: Sequence[str] = [repr(token[:40]) for token in gaps]
    return f"{list_first(tokens, TOKENS)} in {sum(gaps.values()):,} of {rows:,} rows"
