"""A version's HTML report: who won and how clearly, which errors it makes, and how it was made."""

from collections.abc import Mapping
from html import escape

import yaml

from bakeoff.classifiers import title
from bakeoff.formatting import NONE
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
    explain_brier,
    format_warnings,
    list_approximations,
    list_troubles,
)
from bakeoff.report.charts import label_ceiling
from bakeoff.report.curve_charts import (
    INTERVALS,
    RANKING,
    RELIABILITY,
    Outcomes,
    format_area,
)
from bakeoff.report.html import (
    MOST,
    contents,
    gallery,
    join,
    long_table,
    page,
    paragraph,
    section,
    side_by_side,
    unordered_list,
)
from bakeoff.report.svg import Picture
from bakeoff.report.table_formats import html_table
from bakeoff.store.card import Card
from bakeoff.tables.schema import Feature

MOST_CATEGORIES = 8  # listed per column
FITTED = "It is drawn from training rows, each predicted by a model that was not fitted on it."
CONFUSION = "Test rows by true class (down) and predicted class (across)."


def render_report(
    card: Card, outcomes: Mapping[str, Outcomes], pictures: Mapping[str, Picture], *more: tuple[str, str]
) -> str:
    """Render the page.

    Args:
        card: the version's card.
        outcomes: the ranking curves of each contestant on the test rows; empty for older versions.
        pictures: the pictures of `draw_all` by name; without them the page has only tables and text.
        more: further sections: heading and HTML.
    """
    parts = {
        "Leaderboard": _leaderboard(card, pictures),
        TIDIED: unordered_list(card.tidied),
        "Where it errs": _errors(card, pictures),
        "Probabilities": _probabilities(card, outcomes, pictures),
        **dict(more),
        "Data": _data(card),
        "How it was made": _origin(card),
    }
    shown = {heading: body for heading, body in parts.items() if body}
    names = {heading: heading.lower().replace(" ", "-") for heading in shown}
    return page(
        f"{card.name} {card.version}",
        [
            f"<h1>{escape(card.name)}: {escape(title(card.classifier))}</h1>",
            paragraph(f"version {card.version}, created {card.created}", "muted"),
            paragraph(describe_choice(card), "lead"),
            paragraph(headline(card), "lead"),
            *(paragraph(warning, "warning") for warning in format_warnings(card)),
            contents((names[heading], heading) for heading in shown),
            *(section(names[heading], heading, body) for heading, body in shown.items()),
        ],
    )


def _leaderboard(card: Card, pictures: Mapping[str, Picture]) -> str:
    rows, recalls, winner = card.rows, recall_table(card, most=None), title(card.classifier)
    ceiling = label_ceiling(card)
    return join(
        gallery([pictures.get("race"), pictures.get("test")]),
        paragraph(
            f"The classes of {100 * card.settings.dataset.flip_y:.3g} % of the rows were drawn anew, so no "
            f"classifier can be expected to be right in more than {ceiling:.4f} of them."
            if ceiling is not None
            else None
        ),
        "<h3>Cross-validation</h3>",
        paragraph(f"Compared on the {rows.train:,} training rows. {SPREAD}"),
        html_table(*race_table(card), marked=winner, text=True, label="Cross-validation"),
        "<h3>Test rows</h3>",
        paragraph(
            f"On {rows.test:,} test rows that no contestant had seen, and that played no part in the choice. "
            f"{BALANCED} Precision and F1 are plain means over the classes, too."
        ),
        html_table(*result_table(card), marked=winner, text=True, label="Test rows"),
        html_table(recalls[0], recalls[1], marked=winner, label="Recall by class"),
        *(paragraph(note) for note in [*list_approximations(card), *list_troubles(card)]),
    )


def _errors(card: Card, pictures: Mapping[str, Picture]) -> str:
    drawn = [picture for name, picture in pictures.items() if name.startswith("confusion")]
    reports = [
        f"<h3>Classification report: {escape(title(name))}</h3>\n"
        + html_table(*report_table(scores.report), label=f"Classification report: {title(name)}")
        for name, scores in card.classifiers.items()
        if scores.report
    ]
    return join(paragraph(CONFUSION) if drawn else "", gallery(drawn, small=True), side_by_side(reports))


def _probabilities(card: Card, outcomes: Mapping[str, Outcomes], pictures: Mapping[str, Picture]) -> str:
    calibration, reliability = describe_calibration(card), pictures.get("reliability")
    ranked = {name: outcome for name, outcome in outcomes.items() if "roc_auc" in outcome}
    figures = ("roc_auc_macro", "average_precision_macro")
    rows = [(title(name), *(format_area(outcome[key]) for key in figures)) for name, outcome in ranked.items()]
    header = ("Classifier", "Area under ROC", "Average precision")
    kinds = ("roc-contestants", "precision-recall-contestants", "roc", "precision-recall")
    curves, winner = [pictures.get(kind) for kind in kinds], ranked.get(card.classifier)
    shown = len(winner["curves"]) if winner else 0
    left_out = winner is not None and shown < len(winner["roc_auc"])
    return join(
        paragraph(f"{calibration} {explain_brier(card)}" if calibration else None),
        paragraph(describe_decision(card)),
        gallery([*curves, reliability]),
        paragraph(f"Curves of the {shown} classes that {title(card.classifier)} ranks worst." if left_out else None),
        paragraph(f"{RELIABILITY} {INTERVALS} {FITTED}" if reliability else None),
        paragraph(f"{RANKING} On the test rows, plain means over the classes:" if rows else None),
        html_table(header, rows, marked=title(card.classifier), label="Ranking") if rows else "",
    )


def _data(card: Card) -> str:
    rows, counts = vars(card.rows), card.class_counts
    parts = [paragraph(f"{sum(rows.values()):,} rows, {len(card.features):,} columns to learn {card.target} from.")]
    parts.append(html_table(("Part", "Rows"), [(part, f"{count:,}") for part, count in rows.items()], label="Parts"))
    if counts:
        lines = [(name, f"{count:,}", f"{count / card.rows.train:.1%}") for name, count in counts.items()]
        parts.append(html_table(("Class", "Training rows", "Share"), lines, label="Classes"))
    listed = [_feature(feature) for feature in card.features]
    header = ("Column", "Kind", "Missing", "Values in training")
    parts.append(long_table(header, listed, "columns", "Columns", text=True))
    if len(listed) > MOST:
        parts.append(paragraph("card.json lists all columns."))
    return join(*parts)


def _feature(feature: Feature) -> tuple[str, ...]:
    values = NONE
    if ends := feature.range:
        values = f"{ends[0]:.4g} to {ends[1]:.4g}"
    elif known := feature.categories:
        more = f" and {len(known) - MOST_CATEGORIES:,} more" if len(known) > MOST_CATEGORIES else ""
        values = ", ".join(known[:MOST_CATEGORIES]) + more
    return feature.name, feature.kind, "yes" if feature.missing else "no", values


def _origin(card: Card) -> str:
    config = yaml.safe_dump(card.config, sort_keys=False, allow_unicode=True)
    return join(
        html_table(("What", "Value"), describe_origin(card), text=True, label="How it was made"),
        "<p>The same config gives the same model and scores, on the same versions of the libraries. Saved as "
        "<code>made.yaml</code>, this makes it again:</p>",
        '<pre tabindex="0"><code>python -m flows.training --config made.yaml</code></pre>',
        f'<details><summary>made.yaml</summary>\n<pre tabindex="0"><code>{escape(config)}</code></pre>\n</details>',
    )
