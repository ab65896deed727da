"""A version's card as markdown, for Prefect's pages."""

from collections.abc import Mapping

from bakeoff.classifiers import title
from bakeoff.evaluation.results import ClassMetrics
from bakeoff.formatting import one_line
from bakeoff.report.card_tables import (
    BALANCED,
    SPREAD,
    describe_origin,
    headline,
    race_table,
    recall_table,
    report_table,
    result_table,
)
from bakeoff.report.card_text import (
    TIDIED,
    describe_calibration,
    describe_choice,
    describe_decision,
    describe_disagreement,
    format_warnings,
    list_approximations,
    list_baseline,
    list_searches,
    list_troubles,
    name_columns,
    warn_of_baseline,
)
from bakeoff.report.svg import Picture, markdown_picture
from bakeoff.report.table_formats import markdown_table, markdown_text
from bakeoff.store.card import Card


def render_markdown(
    card: Card, folder: str, decision: str | None = None, pictures: Mapping[str, Picture] | None = None
) -> str:
    """Render a card as markdown.

    Args:
        card: the version's card.
        folder: the version's folder.
        decision: the outcome of the comparison with the champion, as a sentence.
        pictures: the report's pictures by name.
    """
    drawn = pictures or {}
    shown = [drawn.get(name) for name in ("race", "test")]
    confusion = drawn.get(f"confusion-{card.classifier.replace('_', '-')}")
    report = card.winner.report
    winner, sentences = (
        markdown_text(title(card.classifier)),
        (decision, describe_calibration(card), describe_disagreement(card), describe_decision(card)),
    )
    header, rows = result_table(card)
    recall_header, recalls, note = recall_table(card)
    return "\n\n".join(
        [
            f"# {markdown_text(card.name)} · {winner}",
            *map(markdown_text, [*warn_of_baseline(card), describe_choice(card), headline(card), *name_columns(card)]),
            *map(markdown_text, filter(None, sentences)),
            *map(markdown_text, format_warnings(card)),
            "## Leaderboard",
            *(markdown_picture(picture) for picture in shown if picture),
            SPREAD,
            markdown_table(*race_table(card)),
            # Without the status: Prefect's pages are narrow, and contestants that did not finish have a sentence below.
            markdown_table(header[:-1], [row[:-1] for row in rows]),
            BALANCED,
            markdown_table(recall_header, recalls),
            *map(markdown_text, [*([note] if note else []), *list_baseline(card)]),
            *map(markdown_text, [*list_approximations(card), *list_searches(card), *list_troubles(card)]),
            f"## Classification report of {winner}",
            markdown_table(*report_table(report)),
            *([markdown_picture(confusion._replace(title="Predicted and true classes"))] if confusion else []),
            *([f"## {TIDIED}", "\n".join(f"- {markdown_text(line)}" for line in card.tidied)] if card.tidied else []),
            "## How it was made",
            markdown_table(
                ("What", "Value"),
                [*describe_origin(card), ("folder", folder), ("report", f"{folder}/report.html")],
            ),
        ]
    )


def class_rows(report: Mapping[str, ClassMetrics]) -> list[dict[str, str]]:
    """A classification report as rows of text by column, for Prefect's pages."""
    header, rows = report_table(report)
    return [dict(zip(header, map(one_line, row))) for row in rows]
