"""Building blocks of HTML pages that need no network or script, have a light and a dark theme, and can be printed."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from bakeoff.formatting import printable
from bakeoff.report.svg import Picture, css
from bakeoff.report.table_formats import html_table

OPEN, MOST = 30, 300  # rows of a long table that are shown at once, and in all

CSS = """
:root { color-scheme: light dark; --mark: #0069b41a; --was: #b84a00; }
@media screen and (prefers-color-scheme: dark) { :root { --mark: #5ab4f022; --was: #f39a5b; } }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 72rem; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0 0; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 3rem 0 .5rem; padding-top: .7rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 2rem 0 .3rem; }
p, ul { max-width: 46rem; } .lead { font-size: 1.2rem; } .muted { color: var(--soft); }
a { color: var(--c1); } nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; list-style: none; }
.warning { border-left: 4px solid var(--was); padding-left: .8rem; }
.scroll { overflow-x: auto; margin: .8rem 0; } .scroll:focus-visible { outline: 2px solid var(--c1); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem; }
th, td { padding: .35rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; } th:first-child { text-align: left; }
.text { text-align: left; white-space: normal; overflow-wrap: break-word; min-width: 9rem; }
tr.winner { background: var(--mark); } tr.winner th, tr.winner td { font-weight: 600; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1.5rem 2.5rem;
  margin: 1.2rem 0; align-items: start; }
.small { grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
.beside { display: flex; flex-wrap: wrap; gap: 0 3rem; } .beside > div { min-width: 0; max-width: 100%; }
figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 600; margin-bottom: .3rem; }
.picture svg { display: block; width: 100%; height: auto; font-family: system-ui, sans-serif; overflow: visible;
  stroke-linejoin: round; }
pre { background: var(--mark); padding: 1rem; overflow-x: auto; font-size: .88rem; }
code { overflow-wrap: anywhere; } summary { cursor: pointer; }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } h2 { break-after: avoid; }
  details::details-content { content-visibility: visible; height: auto; } pre { white-space: pre-wrap; }
  nav { display: none; }
  .scroll { overflow: visible; } table { font-size: .8rem; } th, td { padding: .2rem .4rem; } }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """Build a whole page.

    Args:
        title: the title, as text.
        parts: the parts of the body, as HTML.
    """
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{css()}{CSS}</style>"
    )
    body = "\n".join(parts)
    html = f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><main>\n{body}\n</main></body></html>\n'
    return printable(html)


def join(*parts: str) -> str:
    """Join the parts that are not empty."""
    return "\n".join(part for part in parts if part)


def section(name: str, heading: str, *parts: str) -> str:
    """A section with a heading, which the table of contents links to."""
    body = "\n".join(part for part in parts if part)
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(heading)}</h2>\n{body}\n</section>'


def contents(sections: Iterable[tuple[str, str]]) -> str:
    """The table of contents: links to sections, given by name and heading."""
    links = "".join(f'<li><a href="#{name}">{escape(heading)}</a></li>' for name, heading in sections)
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>'


def paragraph(text: str | None, kind: str | None = None) -> str:
    """Text as a paragraph; empty for None."""
    return f"<p{f' class={kind!r}' if kind else ''}>{escape(text)}</p>" if text else ""


def unordered_list(lines: Sequence[str]) -> str:
    """Return a list of lines of text; empty without lines."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def gallery(pictures: Iterable[Picture | None], small: bool = False) -> str:
    """Pictures side by side where the page is wide enough; empty without pictures."""
    figures = "\n".join(picture.to_inline_svg() for picture in pictures if picture)
    return f'<div class="pictures{" small" if small else ""}">\n{figures}\n</div>' if figures else ""


def long_table(header: tuple[str, ...], rows: Sequence[Any], noun: str, label: str, text: bool = False) -> str:
    """The first rows as a table; more of them unfold, and of the rest the number is told.

    Args:
        noun: what a row is, as `columns`.
        text: as for `html_table`.
    """
    parts = [html_table(header, list(rows[:OPEN]), text=text, label=label)]
    if more := rows[OPEN:MOST]:
        table = html_table(header, list(more), text=text, label=f"More {noun}")
        parts.append(f"<details><summary>{len(more):,} more {noun}</summary>\n{table}\n</details>")
    if len(rows) > MOST:
        parts.append(paragraph(f"And {len(rows) - MOST:,} more {noun}, which are not listed here."))
    return join(*parts)


def side_by_side(parts: Iterable[str]) -> str:
    """Parts side by side where the page is wide enough."""
    return f'<div class="beside">{"".join(f"<div>{part}</div>" for part in parts)}</div>'
