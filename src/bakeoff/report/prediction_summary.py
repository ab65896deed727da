"""A prediction run's summary: as text for a terminal, as markdown for Prefect's pages."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bakeoff.drift.text import describe_drift
from bakeoff.formatting import (
    NONE,
    format_cost,
    format_count,
    one_line,
)
from bakeoff.prediction.missing_columns import describe_gaps
from bakeoff.prediction.outputs.object_output import read_summary
from bakeoff.prediction.outputs.writers import describe_trained
from bakeoff.prediction.publish import REPORT
from bakeoff.report.card_tables import Row, format_score, read_class_metrics, report_table
from bakeoff.report.drift.section import DRAWN, markdown_drift
from bakeoff.report.svg import Picture, markdown_picture
from bakeoff.report.table_formats import markdown_table, markdown_text, text_table
from bakeoff.runtime.objects.address import Address

FIGURES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "precision_macro": "precision",
    "f1_macro": "F1",
}
SHOWN = 5  # reasons, and flags, that are listed
MOST_CLASSES = 12  # up to which a confusion matrix can be read


def show_prediction(folder: str, as_json: bool = False) -> str:
    """The text that a prediction run prints at its end: counts of rows, scores, and the output folder.

    Args:
        folder: the output folder.
        as_json: return one JSON object instead: the folder and the content of its summary.json.
    """
    summary, names = read_summary(folder)
    if as_json:
        return json.dumps({"folder": folder} | summary)
    lines = ["", format_row_counts(summary), *(f"  {one_line(line)}" for line in format_reasons(summary))]
    lines += [one_line(line) for line in (*list_warnings(summary), *describe_drift(summary))]
    if "evaluation" in summary:
        lines += [
            format_evaluation(summary["evaluation"]),
            "",
            *text_table(*report_table(read_class_metrics(summary["evaluation"]))),
        ]
    report = [f"report: {folder}/{REPORT}"] if REPORT in names else []
    return "\n".join([*lines, "", *report, folder])


def render_summary(folder: Path | Address, pictures: Mapping[str, Picture]) -> str:
    """The summary as markdown, with the confusion matrix and the report's other pictures.

    Args:
        folder: the output folder.
        pictures: the pictures by name.
    """
    summary, names = read_summary(str(folder))
    parts = [f"# {markdown_text(summary['name'])} {summary['version']}", markdown_text(format_row_counts(summary))]
    if summary["rejected"]:
        parts.append("\n".join(f"- {markdown_text(line)}" for line in format_reasons(summary)))
    parts += [markdown_text(line) for line in (*list_warnings(summary), *describe_drift(summary))]
    drawn = {name: picture for name, picture in pictures.items() if name.startswith(DRAWN)}
    if summary.get("drift"):
        parts += [*markdown_drift(summary["drift"]), *map(markdown_picture, drawn.values())]
    if "evaluation" in summary:
        evaluation = summary["evaluation"]
        parts += ["## Evaluation", markdown_table(("Metric", "Value"), evaluation_figures(evaluation))]
        parts += [markdown_table(*report_table(read_class_metrics(evaluation)))]
        matrix = confusion_table(evaluation["confusion_matrix"])
        parts += ["## Confusion matrix", markdown_table(*matrix)] if matrix else []
        parts += [
            markdown_picture(picture) for name, picture in pictures.items() if name != "confusion" and name not in drawn
        ]
    parts += [f"Report: {markdown_text(str(folder / REPORT))}"] if REPORT in names else []
    return "\n\n".join([*parts, f"Folder: {markdown_text(str(folder))}"])


def evaluation_figures(evaluation: dict[str, Any]) -> list[tuple[str, str]]:
    """The name and value of each figure of an evaluation."""
    figures = [(name, format_score(evaluation[key])) for key, name in FIGURES.items()]
    figures.append(("log loss", format_score(evaluation["log_loss"])))
    if "mean_cost" in evaluation:
        figures.append(("mean cost", format_cost(evaluation["mean_cost"])))
    figures.append(("rows with a class", f"{evaluation['rows']:,}"))
    if "unknown_class" in evaluation:
        figures.append(("of them of a class that the model doesn't know", f"{evaluation['unknown_class']:,}"))
    return figures


def format_row_counts(summary: dict[str, Any]) -> str:
    """How many rows were scored, and how many rejected, as a sentence."""
    refused = f", {summary['rejected']:,} rejected (see rejected.parquet)" if summary["rejected"] else ""
    return f"{summary['predicted']:,} of {summary['rows']:,} rows scored with {summary['version']}{refused}."


def format_reasons(summary: dict[str, Any]) -> list[str]:
    """Why rows were rejected, the most common reason first."""
    reasons = summary.get("reasons", [])
    lines = [
        f"{format_count(reason['rows'], 'row')}: "
        + ("" if reason["column"] is None else f"{reason['column']}: ")
        + reason["reason"]
        for reason in reasons[:SHOWN]
    ]
    return [*lines, f"and {format_count(len(reasons) - SHOWN, 'other kind')}"] if len(reasons) > SHOWN else lines


def list_warnings(summary: dict[str, Any]) -> list[str]:
    """Sentences about columns without values, flagged rows, and rows that training saw."""
    flags, trained = _format_flags(summary), summary.get("trained_on")
    known = [describe_trained(**trained, evaluated="evaluation" in summary)] if trained else []
    return [*describe_gaps(summary), *([flags] if flags else []), *known]


def _format_flags(summary: dict[str, Any]) -> str | None:
    flags = summary.get("warnings", {})
    if not flags:
        return None
    listed = ", ".join(f"{flag} ({count:,})" for flag, count in list(flags.items())[:SHOWN])
    more = f" and {format_count(len(flags) - SHOWN, 'other')}" if len(flags) > SHOWN else ""
    return f"Flagged as unlike the training rows: {listed}{more}."


def format_evaluation(evaluation: dict[str, Any]) -> str:
    """The figures of an evaluation as a sentence."""
    figures = [f"{name} {evaluation[key]:.4f}" for key, name in FIGURES.items()]
    figures += [] if evaluation["log_loss"] is None else [f"log loss {evaluation['log_loss']:.4f}"]
    figures += [f"mean cost {format_cost(evaluation['mean_cost'])}"] if "mean_cost" in evaluation else []
    n_unknown = evaluation.get("unknown_class", 0)
    unknown = f" ({n_unknown:,} of a class that the model doesn't know, and so wrong)" if n_unknown else ""
    return f"On {evaluation['rows']:,} rows with a class{unknown}: {', '.join(figures)}."


def confusion_table(matrix: dict[str, Any]) -> tuple[Row, list[Row]] | None:
    """The confusion matrix as a table; None if there are too many classes to read."""
    classes = matrix["classes"]
    if len(classes) > MOST_CLASSES:
        return None
    rows = [(name, *(f"{count:,}" if count else NONE for count in line)) for name, line in zip(classes, matrix["rows"])]
    return ("True ↓ predicted →", *classes), rows
