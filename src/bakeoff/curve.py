"""The reliability curve as a picture inside the report: SVG by hand, in the page's own colours, light or dark."""

import math
from collections.abc import Mapping
from html import escape
from typing import Any

SIDE = 300  # of the square that the curve is in, in the picture's units
LEFT, TOP = 62, 14
WIDTH, HEIGHT = LEFT + SIDE + 18, TOP + SIDE + 58
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
TITLE = "Reliability: what was predicted, and how often it came true"


def draw_reliability(curves: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> str:
    """Curves over the diagonal, on which they would lie if every probability came true as often as it says.

    Args:
        curves: by `before` or `after`: predicted, observed and pairs of each bin, as the card has them.
        labels: what each is called.
    """
    marks = [_mark(kind, curve) for kind, curve in curves.items()]
    told = ", ".join(labels[kind] for kind in curves)
    description = f"Observed share over mean predicted probability, in bins of predicted probability: {told}."
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="curve-title curve-desc">'
        f'<title id="curve-title">{TITLE}</title><desc id="curve-desc">{escape(description)}</desc>'
        f"{_axes()}{''.join(marks)}{_legend(curves, labels)}</svg>"
    )


def _axes() -> str:
    parts = [
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>',
        f'<line class="diagonal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>',
        f'<text x="{_x(0.5)}" y="{_y(0) + 44:g}" text-anchor="middle">Predicted probability</text>',
        f'<text transform="rotate(-90)" x="{-_y(0.5)}" y="{LEFT - 44}" text-anchor="middle">Observed share</text>',
    ]
    for tick in TICKS:
        if 0 < tick < 1:
            parts.append(f'<line class="grid" x1="{_x(tick)}" y1="{_y(0)}" x2="{_x(tick)}" y2="{_y(1)}"/>')
            parts.append(f'<line class="grid" x1="{_x(0)}" y1="{_y(tick)}" x2="{_x(1)}" y2="{_y(tick)}"/>')
        parts.append(f'<text class="tick" x="{_x(tick)}" y="{_y(0) + 19:g}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text class="tick" x="{LEFT - 9}" y="{_y(tick) + 4:g}" text-anchor="end">{tick:g}</text>')
    return "".join(parts)


def _mark(kind: str, curve: Mapping[str, Any]) -> str:
    places = [(_x(p), _y(o)) for p, o in zip(curve["predicted"], curve["observed"])]
    line = " ".join(f"{x:g},{y:g}" for x, y in places)
    points = "".join(
        f'<circle cx="{x:g}" cy="{y:g}" r="{2 + math.log10(pairs):.1f}">'  # ten times the pairs: a step larger
        f"<title>{predicted:.3f} predicted, {observed:.3f} observed, {pairs:,} pairs of a row and a class</title>"
        "</circle>"
        for (x, y), predicted, observed, pairs in zip(places, curve["predicted"], curve["observed"], curve["pairs"])
    )
    return f'<g class="{kind}"><polyline points="{line}"/>{points}</g>'


def _legend(curves: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """In the upper left, where only a curve that is far off would be."""
    parts = []
    for place, kind in enumerate(curves):
        y = TOP + 20 + 20 * place
        parts.append(
            f'<g class="{kind}"><polyline points="{LEFT + 12},{y} {LEFT + 40},{y}"/><circle cx="{LEFT + 26}" cy="{y}" '
            f'r="3.5"/></g><text x="{LEFT + 48}" y="{y + 4}">{escape(labels[kind])}</text>'
        )
    return "".join(parts)


def _x(share: float) -> float:
    return round(LEFT + SIDE * share, 1)


def _y(share: float) -> float:
    return round(TOP + SIDE * (1 - share), 1)
