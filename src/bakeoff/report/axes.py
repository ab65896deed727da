"""Axes with lines, markers and labels, as SVG; importing matplotlib would take a tenth of a small run."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from bakeoff.report.svg import (
    INK,
    LINE,
    PAPER,
    SOFT,
    escape_xml,
)

SIZE = 9.5  # font size, in points
RIGHT, TOP = 14.0, 14.0  # margins right of and above the axes, in points
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

Corner = Literal["lower left", "lower right", "upper left", "upper right"]


class Axes:
    """A rectangular plotting area with data coordinates; what is drawn first lies below.

    Args:
        name: the picture's name, for ids.
        size: the picture's width and height, in points.
        left: the space for the labels of the y axis, in points.
        bottom: the space for the labels of the x axis, in points.
        xlim: the values at the left and the right end.
        ylim: the values at the bottom and the top.
    """

    def __init__(
        self,
        name: str,
        size: tuple[float, float],
        left: float,
        bottom: float,
        xlim: tuple[float, float],
        ylim: tuple[float, float],
    ) -> None:
        self.name, self.xlim, self.ylim = name, xlim, ylim
        self.left, self.right = left, size[0] - RIGHT
        self.top, self.bottom = TOP, size[1] - bottom
        self.parts = [
            f'<clipPath id="{name}-clip"><rect x="{left:g}" y="{TOP:g}" width="{self.right - left:g}" '
            f'height="{self.bottom - TOP:g}"/></clipPath>'
        ]

    def x(self, value: float) -> float:
        """Convert a value to a horizontal position, in points."""
        low, high = self.xlim
        return self.left + (self.right - self.left) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Convert a value to a vertical position, in points."""
        low, high = self.ylim
        return self.bottom - (self.bottom - self.top) * (value - low) / (high - low)

    def line(
        self, xs: Iterable[float], ys: Iterable[float], color: str, width: float = 1.6, dash: str = "",
        opacity: float = 1, steps: bool = False,
    ) -> None:  # fmt: skip
        """Draw a line through points; with `steps` it stays at a point's height until the next point."""
        points = [(self.x(x), self.y(y)) for x, y in zip(xs, ys)]
        path = f"M{points[0][0]:.2f} {points[0][1]:.2f}"
        for x, y in points[1:]:
            path += f"H{x:.2f}V{y:.2f}" if steps else f"L{x:.2f} {y:.2f}"
        style = f"fill:none;stroke:{color};stroke-width:{width:g}"
        style += f";stroke-dasharray:{dash}" if dash else ";stroke-linecap:round" if width > 1.6 else ""
        style += f";stroke-opacity:{opacity:g}" if opacity < 1 else ""
        self.parts.append(f'<path clip-path="url(#{self.name}-clip)" d="{path}" style="{style}"/>')

    def scatter(self, x: float, y: float, color: str, radius: float = 3.5, square: bool = False) -> None:
        """Draw a disc, or a square."""
        center, middle = self.x(x), self.y(y)
        side = f'width="{2 * radius:.2f}" height="{2 * radius:.2f}"'
        shape = (
            f'<rect x="{center - radius:.2f}" y="{middle - radius:.2f}" {side}'
            if square
            else f'<circle cx="{center:.2f}" cy="{middle:.2f}" r="{radius:.2f}"'
        )
        self.parts.append(f'{shape} style="fill:{color}"/>')

    def axspan(self, xs: tuple[float, float], ys: tuple[float, float], color: str, opacity: float) -> None:
        """Draw a filled rectangle between data coordinates."""
        left, right = (self.x(x) for x in xs)
        below, above = (self.y(y) for y in ys)
        self.parts.append(
            f'<rect clip-path="url(#{self.name}-clip)" x="{min(left, right):.2f}" y="{min(above, below):.2f}" '
            f'width="{abs(right - left):.2f}" height="{abs(below - above):.2f}" '
            f'style="fill:{color};fill-opacity:{opacity:.3f}"/>'
        )

    def fill_between(
        self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], color: str, opacity: float
    ) -> None:
        """Fill the area between two lines."""
        upper = [f"{self.x(x):.2f} {self.y(y):.2f}" for x, y in zip(xs, high)]
        lower = [f"{self.x(x):.2f} {self.y(y):.2f}" for x, y in zip(reversed(xs), reversed(low))]
        self.parts.append(f'<path d="M{"L".join(upper + lower)}Z" style="fill:{color};fill-opacity:{opacity:g}"/>')

    def text(
        self, x: float, y: float, text: str, anchor: str = "middle", color: str = INK, size: float = SIZE,
        bold: bool = False, turned: bool = False,
    ) -> None:  # fmt: skip
        """Write text at a position of the picture, in points; with `turned` it runs upwards."""
        style = f"fill:{color};font-size:{size:g}px;text-anchor:{anchor}" + (";font-weight:700" if bold else "")
        turn = f' transform="rotate(-90 {x:.2f} {y:.2f})"' if turned else ""
        self.parts.append(f'<text x="{x:.2f}" y="{y:.2f}"{turn} style="{style}">{escape_xml(text)}</text>')

    def x_axis(self, label: str, count: int = 5, grid: bool = True) -> None:
        """Draw the axis with ticks, grid lines and a label."""
        for value, text in ticks(*self.xlim, count):
            place = self.x(value)
            if grid:
                self._rule(place, self.top, place, self.bottom)
            self.text(place, self.bottom + 13, text)
        self._rule(self.left, self.bottom, self.right, self.bottom, 0.9)
        self.text((self.left + self.right) / 2, self.bottom + 28, label)

    def y_axis(self, label: str, count: int = 5) -> None:
        """Draw the axis with ticks, grid lines and a label."""
        for value, text in ticks(*self.ylim, count):
            height = self.y(value)
            self._rule(self.left, height, self.right, height)
            self.text(self.left - 6, height + 3.3, text, "end")
        self._rule(self.left, self.top, self.left, self.bottom, 0.9)
        self.text(11, (self.top + self.bottom) / 2, label, turned=True)

    def set_yticklabels(self, names: Sequence[str], bold: int | None = None, size: float = SIZE) -> None:
        """Label the rows at y = 0, 1, …; `bold` is the position of the row in bold."""
        for place, name in enumerate(names):
            self.text(self.left - 8, self.y(place) + 0.35 * size, name, "end", size=size, bold=place == bold)

    def set_xticklabels(self, names: Sequence[str], size: float, turned: bool) -> None:
        """Label the columns at x = 0, 1, …."""
        for place, name in enumerate(names):
            if turned:
                self.text(self.x(place) + 0.35 * size, self.bottom + 6, name, "end", size=size, turned=True)
            else:
                self.text(self.x(place), self.bottom + 13, name, size=size)

    def border(self) -> None:
        """Draw a frame around the plotting area."""
        self.parts.append(
            f'<rect x="{self.left:g}" y="{self.top:g}" width="{self.right - self.left:g}" '
            f'height="{self.bottom - self.top:g}" style="fill:none;stroke:{LINE};stroke-width:0.9"/>'
        )

    def legend(self, entries: Sequence[tuple[str, str, str]], corner: Corner, heading: str = "") -> None:
        """Draw a legend of (text, colour, dashes) on a translucent background."""
        height = 13.0 * (len(entries) + (1 if heading else 0))
        wide = 5.0 * max(len(text) for text in [heading, *(text for text, _, _ in entries)]) + 26
        x = self.right - wide - 4 if corner.endswith("right") else self.left + 10
        y = self.top + 12 if corner.startswith("upper") else self.bottom - height
        self.parts.append(
            f'<rect x="{x - 4:.2f}" y="{y - 10:.2f}" width="{wide + 4:g}" height="{height:g}" '
            f'style="fill:{PAPER};fill-opacity:0.85"/>'
        )
        if heading:
            self.text(x, y, heading, "start", SOFT, 8.5)
            y += 13
        for text, color, dash in entries:
            style = f"stroke:{color};stroke-width:1.8" + (f";stroke-dasharray:{dash}" if dash else "")
            self.parts.append(f'<path d="M{x:.2f} {y - 3:.2f}h20" style="fill:none;{style}"/>')
            self.text(x + 25, y, text, "start", size=8.5)
            y += 13

    def _rule(self, x1: float, y1: float, x2: float, y2: float, width: float = 0.6) -> None:
        self.parts.append(
            f'<path d="M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}" style="stroke:{LINE};stroke-width:{width:g}"/>'
        )


def ticks(low: float, high: float, count: int = 5) -> list[tuple[float, str]]:
    """Return round numbers between two different values in at most `count` steps, each with its text."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in STEPS if step * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = next(digits for digits in range(20) if abs(round(step, digits) - step) < step * 1e-6)
    return [
        (multiple * step, f"{multiple * step:,.{digits}f}".replace("-", "−")) for multiple in range(first, last + 1)
    ]


def padded_limits(low: float, high: float, share: float = 0.08) -> tuple[float, float]:
    """Extend an interval by a share of its length at both ends; an interval without length gets one."""
    length = (high - low) or abs(high) or 1.0
    return low - share * length, high + share * length
