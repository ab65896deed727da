"""Tables and cards on a terminal: in colour by rich, or as plain lines without rich or a terminal."""

import importlib.util
import io
import os
import shutil
import sys
from collections.abc import Sequence

from bakeoff.classifiers import title
from bakeoff.formatting import one_line
from bakeoff.metrics import METRICS
from bakeoff.report.card_tables import (
    BALANCED,
    INTERVAL,
    TEST,
    Row,
    headline,
    list_reasons,
    race_table,
    recall_table,
    result_table,
)
from bakeoff.report.card_text import (
    TIDIED,
    describe_choice,
    describe_decision,
    format_warnings,
    list_approximations,
    list_baseline,
    list_searches,
    list_troubles,
    name_columns,
    warn_of_baseline,
)
from bakeoff.report.table_formats import text_table
from bakeoff.store.card import Card

WIDTH = 80  # columns of the narrowest terminal that tables must fit on
LONGEST = 10  # characters of a class's name in a header
SHORTER = {"Balanced acc.": "Bal. acc.", "To the leader": "To leader"}  # shorter names of columns
RACE = ("Classifier", "CV mean", "±", "To the leader", INTERVAL, "Verdict")


def is_drawn() -> bool:
    """Return whether tables are in colour: on a terminal, with rich installed, unless its user has set NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and importlib.util.find_spec("rich") is not None


def render_card(card: Card, drawn: bool = False) -> str:
    """Render a version's leaderboard, test results and reason for the choice; its report shows more columns.

    Args:
        card: the version's card.
        drawn: render in colour rather than as plain lines.
    """
    winner, decision = title(card.classifier), describe_decision(card)
    header, recalls, note = _recalls(card)
    race, rows = _columns(race_table(card), RACE)
    rows = [(*row[:-1], row[-1].partition(":")[0]) for row in rows]  # the reasons follow below the table
    tables = [(race, rows), _columns(result_table(card), _result_heads(card)), (header, recalls)]
    sides = [("left", "right", "right", "right", "right", "left"), (), ()]
    blocks = [render_table(*table, marked=winner, drawn=drawn, align=align) for table, align in zip(tables, sides)]
    blocks[0] = "\n".join([blocks[0], *(f"  {line}" for line in list_reasons(card))])
    notes = [*([note] if note else []), BALANCED, *list_baseline(card)]
    notes += [*list_approximations(card), *list_searches(card), *list_troubles(card)]
    sentences = [describe_choice(card), headline(card), *name_columns(card), *([decision] if decision else [])]
    sentences += format_warnings(card)
    sentences, notes = [*map(one_line, sentences)], [f"  {one_line(note)}" for note in notes]
    if card.tidied:
        sentences += [f"{TIDIED}:", *(f"  {one_line(line)}" for line in card.tidied)]
    first = [*map(one_line, warn_of_baseline(card))]
    return "\n\n".join([*first, *blocks[:-1], "\n".join([blocks[-1], *notes]), "\n".join(sentences)])


def render_table(
    header: Row, rows: Sequence[Row], marked: str | None = None, drawn: bool = False, align: Sequence[str] = ()
) -> str:
    """Render a table.

    Args:
        header: the names of the columns.
        rows: the cells of each row.
        marked: the first cell of the row to highlight; None to highlight none.
        drawn: render in colour; otherwise the row is highlighted by a star.
        align: `left` or `right` for each column; by default the first is left-aligned and all others are right-aligned.
    """
    sides = align or ("left", *("right" for _ in header[1:]))
    if drawn:
        return _draw(header, rows, marked, sides)
    if marked is None:
        return "\n".join(line.rstrip() for line in text_table(header, rows, [side == "left" for side in sides]))
    stars = [(f"{'*' if row[0] == marked else ' '} {row[0]}", *row[1:]) for row in rows]
    lines = text_table((f"  {header[0]}", *header[1:]), stars, [side == "left" for side in sides])
    return "\n".join(line.rstrip() for line in lines)


def _draw(header: Row, rows: Sequence[Row], marked: str | None, sides: Sequence[str]) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for position, (name, side) in enumerate(zip(map(one_line, header), sides), start=1):
        wraps = position == len(header) and side == "left"  # reasons may be long
        table.add_column(Text(name), justify="left" if side == "left" else "right", no_wrap=not wraps, overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row), style="bold green" if row[0] == marked else None)
    written = io.StringIO()
    columns = shutil.get_terminal_size((WIDTH, 24)).columns
    Console(file=written, force_terminal=True, width=max(WIDTH, columns)).print(table)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def _result_heads(card: Card) -> tuple[str, ...]:
    """Return the columns of the test results that fit on a terminal, with the metric of the race."""
    scoring = card.selection.scoring
    others = ("Balanced acc.", "F1") if scoring in TEST else (METRICS[scoring].title,)
    return ("Classifier", "Accuracy", INTERVAL, *others, "Fit (s)")


def _columns(table: tuple[Row, list[Row]], names: Sequence[str]) -> tuple[Row, list[Row]]:
    """Select columns by name; of several with the same name, the first is taken."""
    header, rows = table
    places = [header.index(name) for name in names]
    return tuple(SHORTER.get(name, name) for name in names), [tuple(row[place] for place in places) for row in rows]


def _recalls(card: Card) -> tuple[Row, list[Row], str | None]:
    """Return header, rows and note of the recall table, with as many classes as fit on a terminal, names shortened."""
    widest = max(len(title(name)) for name in card.leaderboard) + 4
    header, rows, note = recall_table(card, (WIDTH - widest) // (LONGEST + 2))
    first, *names = header
    return (first, *(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in names)), rows, note
