"""Axes in a picture."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bakeoff.report.axes import Axes, padded_limits, ticks
from bakeoff.report.svg import PAPER


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-0.0058, 0.0058, ["−0.0050", "−0.0025", "0.0000", "0.0025", "0.0050"]),
        (0.9878, 0.9976, ["0.988", "0.990", "0.992", "0.994", "0.996"]),
        (0, 5824, ["0", "2,000", "4,000"]),
    ],
)
def test_ticks_are_round(low, high, told):
    assert told == [text for _, text in ticks(low, high)]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 8))
@example(879609.9999999999, 1e-6, 6)
def test_ticks_lie_within_and_are_as_many_as_asked_at_most(low, wide, count):
    found = ticks(low, low + wide, count)
    assert 1 <= len(found) <= count + 1
    slack = 1e-6 * wide + 4 * math.ulp(max(abs(low), wide))  # floats lie no closer
    assert all(low - slack <= value <= low + wide + slack for value, _ in found)
    assert len(found) == len({text for _, text in found})


def test_places_are_where_data_lie():
    """In points, y upwards."""
    axes = Axes("x", (214, 124), 100, 10, (0, 10), (0, 1))
    assert (100, 200) == (axes.x(0), axes.x(10))
    assert (114, 14) == (axes.y(0), axes.y(1))
    axes.line((0, 10), (0, 1), "#fff")
    assert "M100.00 114.00L200.00 14.00" in axes.parts[-1]


def test_steps_keep_the_height_until_the_next_point():
    """As precision does between two recalls, of which the higher comes first."""
    axes = Axes("x", (214, 124), 100, 10, (0, 1), (0, 1))
    axes.line((1, 0.5, 0), (0.2, 0.8, 1), "#fff", steps=True)
    assert "M200.00 94.00H150.00V34.00H100.00V14.00" in axes.parts[-1]


def test_a_range_of_nothing_has_room():
    low, high = padded_limits(0.5, 0.5)
    assert low < 0.5 < high
    assert padded_limits(0.0, 0.0) == (-0.08, 0.08)
    assert ticks(*padded_limits(1.0, 1.0))


def test_names_are_text():
    """Whatever is in them."""
    axes = Axes("x", (214, 124), 100, 10, (0, 1), (1.5, -0.5))
    axes.set_yticklabels(["<b>", "a & b"], bold=1)
    assert [">&lt;b&gt;<", ">a &amp; b<"] == [re.search(r">[^<]*<", part)[0] for part in axes.parts[1:]]
    assert ["font-weight" in part for part in axes.parts[1:]] == [False, True]


@pytest.mark.parametrize("corner", ["upper left", "lower left", "lower right"])
def test_a_legend_stands_on_paper_inside_the_axes(corner):
    """What was drawn before it can't make it unreadable."""
    axes = Axes("any", (300.0, 200.0), 40.0, 30.0, (0, 1), (0, 1))
    drawn = len(axes.parts)
    axes.legend([("one class", "#0069b4", ""), ("another", "#b84a00", "6 3")], corner, "class")
    paper, *entries = axes.parts[drawn:]
    left, top, width, height = (
        float(re.search(rf' {side}="([\d.]+)"', paper)[1]) for side in ("x", "y", "width", "height")
    )
    assert PAPER in paper
    assert axes.left <= left < left + width <= axes.right
    assert axes.top <= top < top + height <= axes.bottom
    places = [re.search(r'<text x="([\d.]+)" y="([\d.]+)"', entry) for entry in entries]
    texts = [(float(place[1]), float(place[2])) for place in places if place]
    assert 3 == len(texts)
    assert all(left <= x < left + width and top + 8 <= y <= top + height for x, y in texts)
