"""Colours of pictures."""

import pytest

from bakeoff.report.svg import (
    DARK,
    LIGHT,
    LINE,
    NAMES,
    PAPER,
)


def luminance(color):
    """Relative luminance of a hexadecimal colour (WCAG 2.2)."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_stand_out_from_the_paper(theme):
    """Text and lines by 4.5 to 1; the faint lines between are no news."""
    for color, plain in theme.items():
        light, dark = sorted([luminance(plain), luminance(theme[PAPER])], reverse=True)
        if color not in {LINE, PAPER}:
            assert (light + 0.05) / (dark + 0.05) >= 4.5, NAMES[color]
