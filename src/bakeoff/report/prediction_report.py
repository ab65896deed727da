"""The HTML report of a prediction run: how far its rows have moved, and if they have a class, how good it was."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bakeoff.drift.text import describe_drift
from bakeoff.prediction.scored_table import ScoredTable
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
from bakeoff.report.drift.charts import draw_drift
from bakeoff.report.drift.section import DRAWN, EXPLANATION, class_table, column_table
from bakeoff.report.html import render_page
from bakeoff.report.prediction_summary import (
    evaluation_figures,
    format_evaluation,
    format_reasons,
    format_row_counts,
    list_warnings,
)
from bakeoff.report.svg import Picture


def draw_predictions(scored: ScoredTable) -> dict[str, Picture]:
    """Draw the pictures, by name: of the drift, and of the evaluation if rows have a class."""
    tally, drift = scored.counts.tally, {picture.name: picture for picture in draw_drift(scored.drift)}
    if not tally.rows:
        return drift
    names, matrix = tally.confusion_matrix()
    outcome = {"classes": names, "confusion": matrix.tolist()}
    pictures = [draw_confusion("confusion", "Predicted and true classes", outcome, "rows")]
    ranked = _rank(scored)
    if ranked.get("curves"):
        pictures += [draw_roc(ranked), draw_precision_recall(ranked)]
    if curve := tally.probabilities.reliability():
        repeats = 1 if scored.rows_alone else None
        pictures.append(draw_reliability({"predicted": asdict(curve)}, repeats, "the predictions'"))
    return drift | {picture.name: picture for picture in pictures if picture}


def render_predictions(summary: Mapping[str, Any], scored: ScoredTable, pictures: Mapping[str, Picture]) -> str:
    """Render the page.

    Args:
        summary: the content of summary.json.
        scored: the scored table.
        pictures: the pictures of `draw_predictions`.
    """
    summary = dict(summary)
    evaluation, tally, ranked = summary.get("evaluation"), scored.counts.tally, _rank(scored)
    drift = summary.get("drift")
    areas, reliability = ranked.get("roc_auc", {}), pictures.get("reliability")
    return render_page(
        "prediction_report.html",
        title=f"Predictions of {summary['name']} {summary['version']}",
        heading=f"Predictions of {summary['name']}",
        version=f"version {summary['version']}",
        lead=[
            format_row_counts(summary),
            *([format_evaluation(evaluation)] if evaluation else []),
            *describe_drift(summary),
        ],
        troubles=format_reasons(summary),
        warnings=list_warnings(summary),
        drift=drift
        and {
            "classes": class_table(drift),
            "columns": column_table(drift),
            "pictures": [picture for name, picture in pictures.items() if name.startswith(DRAWN)],
            "explanation": EXPLANATION,
        },
        confusion=pictures.get("confusion"),
        figures=evaluation and evaluation_figures(evaluation),
        report=evaluation and report_table(read_class_metrics(evaluation)),
        has_curves=bool(ranked or reliability),
        curves=[pictures.get("roc"), pictures.get("precision-recall"), reliability],
        shown=len(ranked.get("curves", {})),
        reliability=f"{RELIABILITY}{f' {INTERVALS}' if scored.rows_alone else ''}" if reliability else None,
        unknown_classes=tally.unknown_class_rows,
        ranking=RANKING,
        areas=[
            (name, format_area(area), format_area(ranked["average_precision"][name])) for name, area in areas.items()
        ],
        origin=_origin(summary),
    )


def _origin(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = "the version's hold-out rows" if summary["input"] is None else summary["input"]
    return [
        ("model", summary["name"]),
        ("version", summary["version"]),
        ("rows", rows),
        ("journal", summary["journal"]),
    ]


def _rank(scored: ScoredTable) -> dict[str, Any]:
    """Ranking curves and areas with their classes, as the charts need them; empty without probabilities."""
    tally = scored.counts.tally
    ranking = tally.probabilities.describe(tally.classes)
    return {"classes": list(tally.classes), **ranking} if ranking else {}
