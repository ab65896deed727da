"""A version's HTML report: who won and how clearly, which errors it makes, and how it was made."""

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from bakeoff.classifiers import title
from bakeoff.config.yaml_file import dump_yaml
from bakeoff.formatting import NONE
from bakeoff.report.accuracy_in_use import HEADER
from bakeoff.report.card_tables import (
    BALANCED,
    SPREAD,
    describe_origin,
    headline,
    race_table,
    recall_table,
    report_table,
    result_table,
    search_tables,
    training_table,
)
from bakeoff.report.card_text import (
    describe_calibration,
    describe_choice,
    describe_decision,
    describe_disagreement,
    explain_brier,
    format_warnings,
    list_approximations,
    list_baseline,
    list_searches,
    list_troubles,
    warn_of_baseline,
)
from bakeoff.report.charts import label_ceiling
from bakeoff.report.curve_charts import (
    INTERVALS,
    MOST_SHARES,
    RANKING,
    RELIABILITY,
    Outcomes,
    format_area,
)
from bakeoff.report.html import render_page
from bakeoff.report.inspection.section import describe_importance, describe_learning
from bakeoff.report.svg import Picture
from bakeoff.report.threshold_section import describe_thresholds
from bakeoff.runtime.objects.address import parse_place
from bakeoff.store.card import FRAME, Card
from bakeoff.store.manifest import CONFIG
from bakeoff.tables.schema import Feature

UNREAD = (
    "p",
    "Precision",
    "Predicted (s)",
    "Rows/s",
    "Status",
)  # columns that hardly anybody reads
MOST_SMALL = 7  # classes up to which three confusion matrices stand side by side
MOST_CATEGORIES = 8  # listed per column
FITTED = "It is drawn from training rows, each predicted by a model that was not fitted on it."


def render_report(
    card: Card,
    outcomes: Mapping[str, Outcomes],
    pictures: Mapping[str, Picture],
    inspection: Mapping[str, Any] | None = None,
    in_use: Sequence[tuple[str, ...]] = (),
) -> str:
    """Render the page.

    Args:
        card: the version's card.
        outcomes: the ranking curves of each contestant on the test rows; empty for older versions.
        pictures: the pictures of `draw_all` by name; without them the page has only tables and text.
        inspection: for a deep report the result of `inspect_model`.
        in_use: the rows of `weekly_rows`; empty without labels.
    """
    scoring, deep = card.selection.scoring, inspection or {}
    curve = deep.get("learning_curve")
    return render_page(
        "version_report.html",
        title=f"{card.name} {card.version}",
        heading=f"{card.name}: {title(card.classifier)}",
        version=f"version {card.version}, created {card.created}",
        first=warn_of_baseline(card),
        lead=[describe_choice(card), headline(card)],
        warnings=format_warnings(card),
        card=card,
        winner=title(card.classifier),
        in_use=(HEADER, in_use) if in_use else None,
        **_leaderboard(card, pictures),
        **_errors(card, pictures),
        **_probabilities(card, outcomes, pictures),
        **_data(card),
        thresholds=describe_thresholds(card),
        importance=describe_importance(deep.get("importance") or card.importance, scoring, len(card.features)),
        deepen=f"bakeoff report {card.version} --deep {_store_options(card)}",
        learning=describe_learning(curve, scoring) if curve else None,
        origin=describe_origin(card),
        config=dump_yaml(card.config),
        config_path=_config_path(card),
        of_frame=card.settings.dataset.path == FRAME,
    )


def _store_options(card: Card) -> str:
    return f"--store {quote(card.settings.store)} --name {quote(card.name)}"


def _config_path(card: Card) -> str:
    """Return the path of the version's config, quoted for a shell; older versions have no such file."""
    sealed = CONFIG in card.files
    return quote(str(parse_place(card.settings.store) / card.name / card.version / CONFIG)) if sealed else CONFIG


def _leaderboard(card: Card, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    ceiling = label_ceiling(card)
    return {
        "accuracies": [pictures.get("race"), pictures.get("test")],
        "noise": None if ceiling is None else f"{100 * card.settings.dataset.flip_y:.3g}",
        "ceiling": None if ceiling is None else f"{ceiling:.4f}",
        "spread": SPREAD,
        "balanced": BALANCED,
        "race": _shown(*race_table(card)),
        "results": _shown(*result_table(card)),  # those that did not finish have a note
        "recalls": _by_class(card),
        "training": training_table(card),
        "searches": search_tables(card),
        "notes": [*list_baseline(card), *list_approximations(card), *list_searches(card), *list_troubles(card)],
    }


def _shown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return a table without the columns that hardly anybody reads."""
    places = [place for place, name in enumerate(header) if name not in UNREAD]
    return tuple(header[place] for place in places), [tuple(row[place] for place in places) for row in rows]


def _by_class(card: Card) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the recall table with a row per class, since there are more classes than contestants."""
    (_, *classes), rows, _ = recall_table(card, most=None)
    contestants, *recalls = zip(*rows)
    return ("Recall", *contestants), [(name, *cells) for name, cells in zip(classes, recalls)]


def _errors(card: Card, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    return {
        "small": len(card.classes) <= MOST_SMALL,
        "shares": len(card.classes) <= MOST_SHARES,
        "confusions": [picture for name, picture in pictures.items() if name.startswith("confusion")],
        "reports": [
            (title(name), name == card.classifier, report_table(scores.report))
            for name, scores in sorted(card.classifiers.items(), key=lambda item: item[0] != card.classifier)
            if scores.report
        ],
    }


def _probabilities(card: Card, outcomes: Mapping[str, Outcomes], pictures: Mapping[str, Picture]) -> dict[str, Any]:
    calibration, reliability = describe_calibration(card), pictures.get("reliability")
    ranked = {name: outcome for name, outcome in outcomes.items() if "roc_auc" in outcome}
    figures = ("roc_auc_macro", "average_precision_macro")
    kinds = ("roc-contestants", "precision-recall-contestants", "roc", "precision-recall")
    winner = ranked.get(card.classifier)
    shown = len(winner["curves"]) if winner else 0
    return {
        "calibration": f"{calibration} {explain_brier(card)}" if calibration else None,
        "disagreement": describe_disagreement(card),
        "decision": describe_decision(card),
        "curves": [*(pictures.get(kind) for kind in kinds), reliability],
        "shown": shown,
        "left_out": winner is not None and shown < len(winner["roc_auc"]),
        "reliability": f"{RELIABILITY} {INTERVALS} {FITTED}" if reliability else None,
        "ranking": RANKING,
        "areas": [(title(name), *(format_area(outcome[key]) for key in figures)) for name, outcome in ranked.items()],
    }


def _data(card: Card) -> dict[str, Any]:
    rows = {"training": card.rows.train, "test": card.rows.test, "hold-out": card.rows.validation}
    return {
        "n_rows": f"{sum(rows.values()):,}",
        "parts": [(part, f"{count:,}") for part, count in rows.items()],
        "classes": [
            (name, f"{count:,}", f"{count / card.rows.train:.1%}") for name, count in card.class_counts.items()
        ],
        "features": [_feature(feature) for feature in card.features],
    }


def _feature(feature: Feature) -> tuple[str, ...]:
    values = NONE
    if ends := feature.range:
        values = f"{ends[0]:.4g} to {ends[1]:.4g}"
    elif known := feature.categories:
        more = f" and {len(known) - MOST_CATEGORIES:,} more" if len(known) > MOST_CATEGORIES else ""
        values = ", ".join(known[:MOST_CATEGORIES]) + more
    return feature.name, feature.kind, "yes" if feature.missing else "no", values
