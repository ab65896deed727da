"""The card for people: as markdown for Prefect's pages, and as text for a terminal."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from bakeoff.board import (
    BALANCED,
    SPREAD,
    TEST,
    Row,
    describe_origin,
    headline,
    race_table,
    recall_table,
    report_table,
    result_table,
)
from bakeoff.canvas import Picture
from bakeoff.classifiers import title
from bakeoff.findings import explain, list_approximations, list_troubles, say_calibration, say_decision, say_warnings
from bakeoff.tabular import markdown_table, text_table

LONGEST = 10  # of a class's name above a column of a terminal's table


def render_markdown(
    card: dict[str, Any], folder: str, decision: str | None = None, pictures: Mapping[str, Picture] | None = None
) -> str:
    """The card as markdown, for Prefect's pages.

    Args:
        folder: where the version lies.
        decision: what came of its meeting with the champion.
        pictures: the report's, by name.
    """
    drawn = pictures or {}
    shown = [drawn.get(name) for name in ("race", "test")]
    confusion = drawn.get(f"confusion-{card['classifier'].replace('_', '-')}")
    report = card["classifiers"][card["classifier"]]["report"]
    header, rows = result_table(card)
    recall_header, recalls, note = recall_table(card)
    return "\n\n".join(
        [
            f"# {card['name']} · {title(card['classifier'])}",
            explain(card),
            headline(card),
            *([decision] if decision else []),
            *(sentence for sentence in (say_calibration(card), say_decision(card)) if sentence),
            *say_warnings(card),
            "## Leaderboard",
            *(_markdown_picture(picture) for picture in shown if picture),
            SPREAD,
            markdown_table(*race_table(card)),
            # Without the status: Prefect's pages are narrow, and what has not finished has a sentence below.
            markdown_table(header[:-1], [row[:-1] for row in rows]),
            BALANCED,
            markdown_table(recall_header, recalls),
            *([note] if note else []),
            *list_approximations(card),
            *list_troubles(card),
            f"## Classification report of {title(card['classifier'])}",
            markdown_table(*report_table(report)),
            *([_markdown_picture(confusion)] if confusion else []),
            "## How it was made",
            markdown_table(
                ("What", "Value"),
                [*describe_origin(card), ("folder", f"`{folder}`"), ("report", f"`{folder}/report.html`")],
            ),
        ]
    )


def _markdown_picture(picture: Picture) -> str:
    """With what it shows in words, for whoever can't see it."""
    data = base64.b64encode(picture.alone().encode()).decode()
    told = re.sub(r"[\[\]]", "", f"{picture.title}: {picture.description}")
    return f"**{picture.title}**\n\n![{told}](data:image/svg+xml;base64,{data})"


def render_text(card: dict[str, Any]) -> str:
    """The leaderboard and the reason for the choice as lines of text, the winner marked by a star."""
    winner = title(card["classifier"])
    lines = []
    for header, rows in (race_table(card), _narrow(card, *result_table(card))):
        marked = [(f"{'*' if row[0] == winner else ' '} {row[0]}", *row[1:-1]) for row in rows]
        table = text_table((f"  {header[0]}", *header[1:-1]), marked)
        lines += [f"{line}  {last}" for line, last in zip(table, [header[-1], *(row[-1] for row in rows)])]
        lines.append("")
    lines += [
        *_text_recalls(card, winner),
        *(f"  {note}" for note in [*list_approximations(card), *list_troubles(card)]),
    ]
    decision = say_decision(card)
    return "\n".join([*lines, explain(card), headline(card), *([decision] if decision else []), *say_warnings(card)])


def _narrow(card: dict[str, Any], header: Row, rows: list[Row]) -> tuple[Row, list[Row]]:
    """Without what another metric takes the room of on a terminal."""
    scoring = card["selection"].get("scoring", "accuracy")
    if scoring == "accuracy":
        return header, rows
    dropped = {"Precision"} if scoring in TEST else {"Precision", "F1"}
    kept = [place for place, name in enumerate(header) if name not in dropped]
    return tuple(header[place] for place in kept), [tuple(row[place] for place in kept) for row in rows]


def class_rows(report: dict[str, Any]) -> list[dict[str, str]]:
    """A classification report as a table of text, for Prefect's pages."""
    header, rows = report_table(report)
    return [dict(zip(header, row)) for row in rows]


def _text_recalls(card: dict[str, Any], winner: str) -> list[str]:
    """With names of classes cut short, so that eight of them fit a terminal."""
    header, rows, note = recall_table(card)
    heads = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in header[1:]]
    marked = [(f"{'*' if row[0] == winner else ' '} {row[0]}", *row[1:]) for row in rows]
    table = text_table((f"  {header[0]}", *heads), marked)
    return [*table, *([f"  {note}"] if note else []), f"  {BALANCED}", ""]
