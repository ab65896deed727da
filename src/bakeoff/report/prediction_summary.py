"""A prediction run's summary for people: as text for a terminal, as markdown for Prefect's pages."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bakeoff.formatting import (
    NONE,
    format_cost,
    format_count,
    one_line,
)
from bakeoff.prediction.missing_columns import say_gaps
from bakeoff.prediction.publish import REPORT
from bakeoff.report.card_tables import Row, format_score, read_class_metrics, report_table
from bakeoff.report.svg import Picture, markdown_picture
from bakeoff.report.table_formats import markdown_table, markdown_text, text_table

FIGURES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "precision_macro": "precision",
    "f1_macro": "F1",
}
SHOWN = 5  # reasons and flags of a kind
MOST_CLASSES = 12  # of a confusion matrix that can be read


def show_prediction(folder: str, as_json: bool = False) -> str:
    """What a prediction run prints at its end: what became of the rows, how good it was, and where it went.

    Args:
        folder: the output's.
        as_json: as one object: the folder, and what its summary holds.
    """
    summary = _read(folder)
    if as_json:
        return json.dumps({"folder": folder} | summary)
    lines = ["", say_rows(summary), *(f"  {one_line(line)}" for line in say_reasons(summary))]
    lines += [one_line(line) for line in list_warnings(summary)]
    if "evaluation" in summary:
        lines += [
            say_evaluation(summary["evaluation"]),
            "",
            *text_table(*report_table(read_class_metrics(summary["evaluation"]))),
        ]
        if (Path(folder) / REPORT).exists():
            return "\n".join([*lines, "", f"report: {folder}/{REPORT}", folder])
    return "\n".join([*lines, "", folder])


def render_summary(folder: Path, pictures: Mapping[str, Picture]) -> str:
    """The same as markdown, with the confusion matrix and the report's other pictures.

    Args:
        folder: the output's.
        pictures: by name.
    """
    summary = _read(folder)
    parts = [f"# {markdown_text(summary['name'])} {summary['version']}", markdown_text(say_rows(summary))]
    if summary["rejected"]:
        parts.append("\n".join(f"- {markdown_text(line)}" for line in say_reasons(summary)))
    parts += [markdown_text(line) for line in list_warnings(summary)]
    if "evaluation" in summary:
        found = summary["evaluation"]
        parts += ["## Evaluation", markdown_table(("Metric", "Value"), evaluation_figures(found))]
        parts += [markdown_table(*report_table(read_class_metrics(found)))]
        matrix = confusion_table(found["confusion_matrix"])
        parts += ["## Confusion matrix", markdown_table(*matrix)] if matrix else []
        parts += [markdown_picture(picture) for name, picture in pictures.items() if name != "confusion"]
        parts += [f"Report: {markdown_text(str(folder / REPORT))}"] if (folder / REPORT).exists() else []
    return "\n\n".join([*parts, f"Folder: {markdown_text(str(folder))}"])


def evaluation_figures(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures where the class is known, a line each."""
    figures = [(name, format_score(found[key])) for key, name in FIGURES.items()]
    figures.append(("log loss", format_score(found["log_loss"])))
    if "mean_cost" in found:
        figures.append(("mean cost", format_cost(found["mean_cost"])))
    figures.append(("rows with a class", f"{found['rows']:,}"))
    if "unknown_class" in found:
        figures.append(("of them of a class that the model doesn't know", f"{found['unknown_class']:,}"))
    return figures


def say_rows(summary: dict[str, Any]) -> str:
    """How many rows were scored, and how many not."""
    refused = f", {summary['rejected']:,} rejected (see rejected.parquet)" if summary["rejected"] else ""
    return f"{summary['predicted']:,} of {summary['rows']:,} rows scored with {summary['version']}{refused}."


def say_reasons(summary: dict[str, Any]) -> list[str]:
    """Why rows were rejected, the commonest reason first."""
    reasons = summary.get("reasons", [])
    lines = [
        f"{format_count(each['rows'], 'row')}: "
        + ("" if each["column"] is None else f"{each['column']}: ")
        + each["reason"]
        for each in reasons[:SHOWN]
    ]
    return [*lines, f"and {format_count(len(reasons) - SHOWN, 'other kind')}"] if len(reasons) > SHOWN else lines


def list_warnings(summary: dict[str, Any]) -> list[str]:
    """Which columns had no value, and which predictions are of rows unlike all that training saw, in sentences."""
    flags = _say_flags(summary)
    return [*say_gaps(summary), *([flags] if flags else [])]


def _say_flags(summary: dict[str, Any]) -> str | None:
    flags = summary.get("warnings", {})
    if not flags:
        return None
    listed = ", ".join(f"{flag} ({count:,})" for flag, count in list(flags.items())[:SHOWN])
    more = f" and {format_count(len(flags) - SHOWN, 'other')}" if len(flags) > SHOWN else ""
    return f"Flagged, unlike what training saw: {listed}{more}."


def say_evaluation(found: dict[str, Any]) -> str:
    """The figures where the class is known."""
    figures = [f"{name} {found[key]:.4f}" for key, name in FIGURES.items()]
    figures += [] if found["log_loss"] is None else [f"log loss {found['log_loss']:.4f}"]
    figures += [f"mean cost {format_cost(found['mean_cost'])}"] if "mean_cost" in found else []
    strange = found.get("unknown_class", 0)
    unknown = f" ({strange:,} of them of a class that the model doesn't know, and so wrong)" if strange else ""
    return f"On {found['rows']:,} rows with a class{unknown}: {', '.join(figures)}."


def confusion_table(matrix: dict[str, Any]) -> tuple[Row, list[Row]] | None:
    """The rows by true class (down) and predicted class (across); None of more classes than can be read."""
    classes = matrix["classes"]
    if len(classes) > MOST_CLASSES:
        return None
    rows = [(name, *(f"{count:,}" if count else NONE for count in line)) for name, line in zip(classes, matrix["rows"])]
    return ("True ↓ predicted →", *classes), rows


def _read(folder: str | Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((Path(folder) / "summary.json").read_text(encoding="utf-8"))
    return summary
