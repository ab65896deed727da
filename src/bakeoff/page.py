"""The card as a page that needs no network and no script."""

import json
from html import escape
from typing import Any

from bakeoff.board import (
    BALANCED,
    SPREAD,
    describe_origin,
    headline,
    race_table,
    recall_table,
    report_table,
    result_table,
)
from bakeoff.classifiers import title
from bakeoff.curve import draw_reliability
from bakeoff.findings import (
    BRIER,
    explain,
    labels,
    list_approximations,
    list_troubles,
    say_calibration,
    say_decision,
    say_warnings,
)
from bakeoff.tabular import html_table

CURVE = (
    "Each point is a bin of predicted probability, over all rows and classes, larger where there are more: on the "
    "diagonal, what is said to be likely by so much comes true that often."
)
JUDGED = " Calibrated probabilities are judged on folds that their calibrator never saw."
CSS = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --win: #2a7d4f; --was: #b35c1e; }
@media (prefers-color-scheme: dark) { :root { --win: #6fcf97; --was: #e8a26b; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 74rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.2rem; } .lead { font-size: 1.15rem; } .muted { opacity: .75; }
.warning { border-left: 4px solid var(--was); padding-left: .8rem; }
.scroll { overflow-x: auto; } .scroll + .scroll { margin-top: 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } .text { text-align: left; white-space: normal; }
tr.winner td { font-weight: 600; } tr.winner td:first-child { color: var(--win); }
.curve { width: 100%; max-width: 27rem; font-size: 12px; fill: currentColor; } .curve .frame { fill: none; }
.curve .frame, .curve .grid { stroke: var(--line); } .curve .grid { opacity: .5; }
.curve .diagonal { stroke: currentColor; opacity: .45; stroke-dasharray: 2 4; } .curve .tick { opacity: .75; }
.curve polyline { fill: none; stroke-width: 2; } .curve .before { stroke: var(--was); fill: var(--was); }
.curve .before polyline { stroke-dasharray: 6 4; } .curve .after { stroke: var(--win); fill: var(--win); }
pre { background: var(--soft); padding: 1rem; overflow-x: auto; } code { overflow-wrap: anywhere; }
"""


def render_html(card: dict[str, Any]) -> str:
    """The version's report: everything it shows is in the card."""
    name, version = escape(card["name"]), escape(card["version"])
    rows, recalls = card["rows"], recall_table(card, most=None)
    parts = [
        f"<h1>{name}</h1>",
        f'<p class="muted">version {version}, created {escape(card["created"])}</p>',
        f'<p class="lead">{escape(explain(card))}</p>',
        f'<p class="lead">{escape(headline(card))}</p>',
        *(f'<p class="warning">{escape(warning)}</p>' for warning in say_warnings(card)),
        "<h2>Leaderboard</h2>",
        f"<p>Compared by cross-validation on the {rows['train']:,} training rows. {escape(SPREAD)}</p>",
        html_table(*race_table(card), marked=title(card["classifier"]), text=True),
        f"<p>On {rows['test']:,} test rows that no contestant had seen, and that had no part in the choice. {BALANCED} "
        "Precision and F1 are plain means over the classes, too.</p>",
        html_table(*result_table(card), marked=title(card["classifier"]), text=True),
        html_table(recalls[0], recalls[1], marked=title(card["classifier"])),
        *(f"<p>{escape(note)}</p>" for note in [*list_approximations(card), *list_troubles(card)]),
        *_html_probabilities(card),
    ]
    for contestant, scores in card["classifiers"].items():
        if scores["report"]:
            parts += [
                f"<h2>Classification report: {escape(title(contestant))}</h2>",
                html_table(*report_table(scores["report"])),
            ]
    parts += [
        "<h2>How it was made</h2>",
        html_table(("What", "Value"), describe_origin(card), text=True),
        "<h2>Config</h2>",
        f"<pre>{escape(json.dumps(card['config'], indent=2, ensure_ascii=False))}</pre>",
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name} {version}</title>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{CSS}</style></head>\n<body>\n{body}\n</body></html>\n'


def _html_probabilities(card: dict[str, Any]) -> list[str]:
    """The winner's: how far they can be believed, and what is decided with them."""
    calibration, decision = say_calibration(card), say_decision(card)
    decided = [f"<p>{escape(decision)}</p>"] if decision else []
    if not calibration:
        return decided
    curves = {kind: curve for kind, curve in card["calibration"]["reliability"].items() if curve}
    return [
        "<h2>Probabilities</h2>",
        f"<p>{escape(calibration)} {escape(BRIER)}</p>",
        *decided,
        f"<p>{escape(CURVE)}{JUDGED if 'after' in curves else ''}</p>",
        draw_reliability(curves, labels(card)),
    ]
