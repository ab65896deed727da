"""The HTML report of a prediction run whose rows have a class: how good the predictions were."""

from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from typing import Any

from bakeoff.prediction.predict import ScoredTable
from bakeoff.report.card_tables import read_class_metrics, report_table
from bakeoff.report.curve_charts import (
    INTERVALS,
    RANKING,
    RELIABILITY,
    draw_confusion,
    draw_precision_recall,
    draw_reliability,
    draw_roc,
    format_area,
)
from bakeoff.report.html import (
    contents,
    gallery,
    join,
    page,
    paragraph,
    section,
    side_by_side,
)
from bakeoff.report.prediction_summary import (
    evaluation_figures,
    format_evaluation,
    format_reasons,
    format_row_counts,
    list_warnings,
)
from bakeoff.report.svg import Picture
from bakeoff.report.table_formats import html_table

CONFUSION = "Rows by true class (down) and predicted class (across)."
KNOWN = "Curves and log loss cover the rows whose class the model knows."


def draw_predictions(scored: ScoredTable) -> dict[str, Picture]:
    """Draw the pictures, by name; empty if no row has a class."""
    tally = scored.counts.tally
    if not tally.rows:
        return {}
    names, matrix = tally.confusion_matrix()
    outcome = {"classes": names, "confusion": matrix.tolist()}
    pictures = [draw_confusion("confusion", "Predicted and true classes", outcome, "rows")]
    ranked = _rank(scored)
    if ranked.get("curves"):
        pictures += [draw_roc(ranked), draw_precision_recall(ranked)]
    if curve := tally.probabilities.reliability():
        repeats = 1 if scored.rows_alone else None
        pictures.append(draw_reliability({"predicted": asdict(curve)}, repeats, "the predictions'"))
    return {picture.name: picture for picture in pictures if picture}


def render_predictions(summary: Mapping[str, Any], scored: ScoredTable, pictures: Mapping[str, Picture]) -> str:
    """Render the page.

    Args:
        summary: the content of summary.json, with an evaluation.
        scored: the scored table.
        pictures: the pictures of `draw_predictions`.
    """
    summary = dict(summary)
    parts = {
        "Where it errs": _errors(summary, pictures),
        "Probabilities": _probabilities(scored, pictures),
        "How it was made": _origin(summary),
    }
    shown = {heading: body for heading, body in parts.items() if body}
    names = {heading: heading.lower().replace(" ", "-") for heading in shown}
    troubles = [f"<li>{escape(line)}</li>" for line in format_reasons(summary)]
    return page(
        f"Predictions of {summary['name']} {summary['version']}",
        [
            f"<h1>Predictions of {escape(summary['name'])}</h1>",
            paragraph(f"version {summary['version']}", "muted"),
            paragraph(format_row_counts(summary), "lead"),
            paragraph(format_evaluation(summary["evaluation"]), "lead"),
            f"<ul>{''.join(troubles)}</ul>" if troubles else "",
            *(paragraph(line, "warning") for line in list_warnings(summary)),
            contents((names[heading], heading) for heading in shown),
            *(section(names[heading], heading, body) for heading, body in shown.items()),
        ],
    )


def _errors(summary: dict[str, Any], pictures: Mapping[str, Picture]) -> str:
    evaluation, picture = summary["evaluation"], pictures.get("confusion")
    figures = html_table(("Metric", "Value"), evaluation_figures(evaluation), label="Evaluation")
    report = html_table(*report_table(read_class_metrics(evaluation)), label="Classification report")
    confusion = f"{gallery([picture], small=True)}\n{paragraph(CONFUSION)}" if picture else ""
    return side_by_side(part for part in (confusion, figures, f"<h3>Classification report</h3>\n{report}") if part)


def _probabilities(scored: ScoredTable, pictures: Mapping[str, Picture]) -> str:
    ranked, reliability = _rank(scored), pictures.get("reliability")
    if not ranked and not reliability:
        return ""
    areas = ranked.get("roc_auc", {})
    rows = [(name, format_area(area), format_area(ranked["average_precision"][name])) for name, area in areas.items()]
    shown = len(ranked.get("curves", {}))
    return join(
        gallery([pictures.get("roc"), pictures.get("precision-recall"), reliability]),
        paragraph(f"Curves of the {shown} classes that are ranked worst." if shown < len(areas) else None),
        paragraph(f"{RELIABILITY}{f' {INTERVALS}' if scored.rows_alone else ''}" if reliability else None),
        paragraph(KNOWN if scored.counts.tally.unknown_class_rows else None),
        paragraph(RANKING if rows else None),
        html_table(("Class", "Area under ROC", "Average precision"), rows, label="Ranking") if rows else "",
    )


def _origin(summary: dict[str, Any]) -> str:
    rows = "the version's validation rows" if summary["input"] is None else summary["input"]
    facts = [
        ("model", summary["name"]),
        ("version", summary["version"]),
        ("rows", rows),
        ("journal", summary["journal"]),
    ]
    return html_table(("What", "Value"), facts, text=True, label="How it was made")


def _rank(scored: ScoredTable) -> dict[str, Any]:
    """Ranking curves and areas with their classes, as the charts need them; empty without probabilities."""
    tally = scored.counts.tally
    ranking = tally.probabilities.describe(tally.classes)
    return {"classes": list(tally.classes), **ranking} if ranking else {}
