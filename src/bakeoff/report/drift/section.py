"""The section of a prediction report that shows how far the rows have moved, and the same as markdown."""

from collections.abc import Mapping
from typing import Any

from bakeoff.drift.text import moved_columns
from bakeoff.report.card_tables import Row
from bakeoff.report.table_formats import markdown_table

Table = tuple[Row, list[Row]]

DRAWN = ("classes", "confidence", "column-")  # how the names of the pictures begin
MEASURES = {"wasserstein": "Wasserstein", "jensen_shannon": "Jensen-Shannon", "missing": "missing values"}
EXPLANATION = (
    "Sizes are in standard deviations: of a normal column whose mean moves by 0.2 of them it is 0.2. They don't grow "
    "with the number of rows. Noise is the size up to which chance explains a difference, with so many rows and "
    "columns."
)


def column_table(drift: Mapping[str, Any], moved: bool = False) -> Table:
    """The columns with their differences, the largest first.

    Args:
        drift: the entry `drift` of a summary.
        moved: leave out those that are stable.
    """
    columns = moved_columns(drift) if moved else drift["columns"]
    header = ("Column", "Verdict", "Size", "Noise", "Measured by", "Missing in training", "Missing now")
    return header, [
        (
            name,
            column["verdict"],
            f"{column['size']:.3f}",
            f"{column['noise']:.3f}",
            MEASURES[column["measure"]],
            format_share(column["missing"]["training"]),
            format_share(column["missing"]["now"]),
        )
        for name, column in columns.items()
    ]


def class_table(drift: Mapping[str, Any]) -> Table:
    """The share of each predicted class among these rows, beside that among the test rows of training."""
    classes = drift["prediction"]["classes"]
    return ("Predicted class", "In training", "Now"), [
        (name, format_share(shares["training"]), format_share(shares["now"])) for name, shares in classes.items()
    ]


def format_share(share: float) -> str:
    """Format a share as a percentage."""
    return f"{100 * share:.1f} %"


def markdown_drift(drift: Mapping[str, Any]) -> list[str]:
    """The tables as markdown: of the columns only those that have moved."""
    columns = column_table(drift, moved=True)
    parts = ["## Drift", *([markdown_table(*columns)] if columns[1] else [])]
    return [*parts, markdown_table(*class_table(drift))]
