"""The card for people: as a page that needs no network and no script, and as markdown for Prefect's pages."""

import json
from html import escape
from pathlib import Path
from typing import Any

from bakeoff.board import SPREAD, TEST, figure, headline, race_table, result_table
from bakeoff.classifiers import title

CSS = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --win: #2a7d4f; }
@media (prefers-color-scheme: dark) { :root { --win: #6fcf97; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 66rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.2rem; } .lead { font-size: 1.15rem; } .muted { opacity: .75; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } .text { text-align: left; white-space: normal; }
tr.winner td { font-weight: 600; } tr.winner td:first-child { color: var(--win); }
pre { background: var(--soft); padding: 1rem; overflow-x: auto; } code { overflow-wrap: anywhere; }
"""


def render_html(card: dict[str, Any]) -> str:
    """The version's report: everything it shows is in the card."""
    name, version = escape(card["name"]), escape(card["version"])
    rows = card["rows"]
    parts = [
        f"<h1>{name}</h1>",
        f'<p class="muted">version {version}, created {escape(card["created"])}</p>',
        f'<p class="lead">{escape(_sentence(card))}</p>',
        f'<p class="lead">{escape(headline(card))}</p>',
        "<h2>Leaderboard</h2>",
        f"<p>Compared by cross-validation on the {rows['train']:,} training rows. {escape(SPREAD)}</p>",
        _html_table(*race_table(card), marked=title(card["classifier"]), text=True),
        f"<p>On {rows['test']:,} test rows that no contestant had seen, and that had no part in the choice. Precision, "
        "recall and F1 are plain means over the classes.</p>",
        _html_table(*result_table(card), marked=title(card["classifier"]), text=True),
        *(f"<p>{escape(trouble)}</p>" for trouble in _troubles(card)),
    ]
    for contestant, scores in card["classifiers"].items():
        if scores["report"]:
            parts += [
                f"<h2>Classification report: {escape(title(contestant))}</h2>",
                _html_table(*_classification_report(scores["report"])),
            ]
    parts += [
        "<h2>How it was made</h2>",
        _html_table(("What", "Value"), _facts(card), text=True),
        "<h2>Config</h2>",
        f"<pre>{escape(json.dumps(card['config'], indent=2, ensure_ascii=False))}</pre>",
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name} {version}</title>'
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{CSS}</style></head>\n<body>\n{body}\n</body></html>\n'


def render_markdown(card: dict[str, Any], folder: str, decision: str | None = None) -> str:
    """The card as markdown, for Prefect's pages.

    Args:
        folder: where the version lies.
        decision: what came of its meeting with the champion.
    """
    report = card["classifiers"][card["classifier"]]["report"]
    header, rows = result_table(card)
    return "\n\n".join(
        [
            f"# {card['name']} · {title(card['classifier'])}",
            _sentence(card),
            headline(card),
            *([decision] if decision else []),
            "## Leaderboard",
            SPREAD,
            _markdown_table(*race_table(card)),
            # Without the status: Prefect's pages are narrow, and what has not finished has a sentence below.
            _markdown_table(header[:-1], [row[:-1] for row in rows]),
            *_troubles(card),
            f"## Classification report of {title(card['classifier'])}",
            _markdown_table(*_classification_report(report)),
            "## How it was made",
            _markdown_table(("What", "Value"), [*_facts(card), ("folder", f"`{folder}`")]),
        ]
    )


def render_text(card: dict[str, Any]) -> str:
    """The leaderboard and the reason for the choice as lines of text, the winner marked by a star."""
    winner = title(card["classifier"])
    lines = []
    for header, rows in (race_table(card), result_table(card)):
        marked = [(f"{'*' if row[0] == winner else ' '} {row[0]}", *row[1:-1]) for row in rows]
        table = _text_table((f"  {header[0]}", *header[1:-1]), marked)
        lines += [f"{line}  {last}" for line, last in zip(table, [header[-1], *(row[-1] for row in rows)])]
        lines.append("")
    return "\n".join([*lines, *(f"  {trouble}" for trouble in _troubles(card)), _sentence(card), headline(card)])


def show_prediction(folder: str) -> str:
    """What a prediction run prints at its end: how many rows were scored, how well, and where they went."""
    summary = _summary(folder)
    lines = ["", _counts(summary)]
    if "evaluation" in summary:
        figures = ", ".join(f"{name} {summary['evaluation'][key]:.4f}" for key, name in TEST.items())
        lines += [f"On {summary['evaluation']['rows']:,} rows with a known class: {figures}.", ""]
        lines += _text_table(*_classification_report(summary["evaluation"]["report"]))
    return "\n".join([*lines, "", folder])


def render_summary(folder: Path) -> str:
    """A prediction run's summary as markdown, for Prefect's pages."""
    summary = _summary(folder)
    parts = [f"# {summary['name']} {summary['version']}", _counts(summary)]
    if "evaluation" in summary:
        figures = [(name, figure(summary["evaluation"][key])) for key, name in TEST.items()]
        parts += ["## Evaluation", _markdown_table(("Metric", "Value"), figures)]
        parts += [_markdown_table(*_classification_report(summary["evaluation"]["report"]))]
    return "\n\n".join([*parts, f"Folder: `{folder}`"])


def class_rows(report: dict[str, Any]) -> list[dict[str, str]]:
    """A classification report as a table of text, for Prefect's pages."""
    header, rows = _classification_report(report)
    return [dict(zip(header, row)) for row in rows]


def _summary(folder: str | Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((Path(folder) / "summary.json").read_text(encoding="utf-8"))
    return summary


def _counts(summary: dict[str, Any]) -> str:
    refused = f", {summary['rejected']:,} rejected (see rejected.parquet)" if summary["rejected"] else ""
    return f"{summary['predicted']:,} of {summary['rows']:,} rows scored with {summary['version']}{refused}."


def _sentence(card: dict[str, Any]) -> str:
    why = card["selection"]["why"]
    return f"{why[0].upper()}{why[1:]}."


def _troubles(card: dict[str, Any]) -> list[str]:
    """A sentence for each contestant that did not finish."""
    return [
        f"{title(contestant)} {scores['status']}: {scores['reason']}"
        for contestant, scores in card["classifiers"].items()
        if scores["status"] != "ok"
    ]


def _classification_report(report: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = ("Class", "Precision", "Recall", "F1", "Rows")
    rows = [
        (name, *(figure(line[metric]) for metric in ("precision", "recall", "f1")), f"{line['support']:,}")
        for name, line in report.items()
    ]
    return header, rows


def _facts(card: dict[str, Any]) -> list[tuple[str, str]]:
    rows, kinds = card["rows"], card["features"]
    facts = [
        ("version", card["version"]),
        ("rows", f"{rows['train']:,} training, {rows['test']:,} test, {rows['validation']:,} validation"),
        ("target", f"{card['target']}: {len(card['classes'])} classes"),
        ("features", f"{len(kinds)}"),
        ("data (SHA-256)", card["data_sha256"]),
        ("model (SHA-256)", card["files"]["model.joblib"]["sha256"]),
    ]
    return facts + list(card["environment"].items())


def _html_table(header: tuple[str, ...], rows: list[Any], marked: str | None = None, text: bool = False) -> str:
    kind = ' class="text"' if text else ""  # the last column's
    heads = [f'<th scope="col">{escape(cell)}</th>' for cell in header[:-1]]
    lines = ["".join([*heads, f'<th scope="col"{kind}>{escape(header[-1])}</th>'])]
    for row in rows:
        cells = [f"<td>{escape(cell)}</td>" for cell in row[:-1]] + [f"<td{kind}>{escape(row[-1])}</td>"]
        lines.append("".join(cells))
    body = "".join(
        f'<tr class="winner">{line}</tr>' if marked == row[0] else f"<tr>{line}</tr>"
        for row, line in zip(rows, lines[1:])
    )
    return f'<div class="scroll"><table><thead><tr>{lines[0]}</tr></thead><tbody>{body}</tbody></table></div>'


def _markdown_table(header: tuple[str, ...], rows: list[Any]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _text_table(header: tuple[str, ...], rows: list[Any]) -> list[str]:
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    aligned = []
    for first, *others in lines:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:]))]
        aligned.append("  ".join(cells))
    return aligned
