"""SVG pictures in the colours of the page, light or dark, with text as text."""

import base64
from html import escape
from typing import NamedTuple

from bakeoff.formatting import printable
from bakeoff.report.table_formats import markdown_text

# Placeholders: in a page each becomes the CSS variable in NAMES, in a standalone file the colour in LIGHT.
INK, SOFT, LINE, PAPER = "#010101", "#010102", "#010103", "#010104"
SERIES = tuple(f"#01020{place}" for place in range(1, 9))
DASHES = ("", "6 3", "1.5 2.5", "8 3 2 3")  # for readers who can't tell the colours apart
LIGHT = {
    INK: "#1c1e21", SOFT: "#5a6068", LINE: "#d5d8dc", PAPER: "#ffffff",
    **dict(zip(SERIES, ("#0069b4", "#b84a00", "#00734f", "#a3357f", "#6b5900", "#5847c2", "#1f6f78", "#555b63"))),
}  # fmt: skip
DARK = {
    INK: "#e8eaed", SOFT: "#a9b0b8", LINE: "#3f454c", PAPER: "#15171a",
    **dict(zip(SERIES, ("#5ab4f0", "#f39a5b", "#43c99b", "#e38fc7", "#d8bf4a", "#aaa2ff", "#6ecbd6", "#b9c0c8"))),
}  # fmt: skip
NAMES = {
    INK: "--ink", SOFT: "--soft", LINE: "--line", PAPER: "--paper", **{color: f"--c{color[-1]}" for color in SERIES}
}  # fmt: skip
WIDTH = 331.0  # points: the width of a phone


class Picture(NamedTuple):
    """A picture and its description.

    Attributes:
        name: the name, a single word.
        title: the heading.
        description: the content in words, for readers who can't see the picture.
        svg: the SVG, with placeholders for the page's colours.
        width: the width, in points.
    """

    name: str
    title: str
    description: str
    svg: str
    width: float

    def to_inline_svg(self) -> str:
        """SVG for a page with CSS."""
        svg = self.svg
        for color, name in NAMES.items():
            svg = svg.replace(color, f"var({name})")
        return (
            f'<figure><figcaption aria-hidden="true">{escape(self.title)}</figcaption>'
            f'<div class="picture" style="max-width:{self.width * 5 / 3:.0f}px">{svg}</div></figure>'
        )

    def to_standalone_svg(self) -> str:
        """SVG as a file of its own, on white."""
        svg = self.svg
        for color, plain in LIGHT.items():
            svg = svg.replace(color, plain)
        own = f'xmlns="http://www.w3.org/2000/svg" width="{self.width * 4 / 3:.0f}" font-family="system-ui, sans-serif"'
        svg = svg.replace("<svg ", f"<svg {own} ", 1)
        return svg.replace("</desc>", '</desc><rect width="100%" height="100%" fill="#fff"/>', 1)


def markdown_picture(picture: Picture) -> str:
    """The picture as markdown, with its description as alternative text."""
    data = base64.b64encode(picture.to_standalone_svg().encode()).decode()
    text = markdown_text(f"{picture.title}: {picture.description}")
    return f"**{markdown_text(picture.title)}**\n\n![{text}](data:image/svg+xml;base64,{data})"


def css() -> str:
    """The colours, for light and dark pages."""
    light, dark = (" ".join(f"{NAMES[color]}: {plain};" for color, plain in theme.items()) for theme in (LIGHT, DARK))
    return f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def escape_xml(text: str) -> str:
    """Escape text for XML."""
    return escape(printable(text))


def make_picture(name: str, title: str, description: str, size: tuple[float, float], parts: list[str]) -> Picture:
    """Make a picture of its parts.

    Args:
        name: the name, a single word.
        title: the heading.
        description: the content in words.
        size: width and height, in points.
        parts: SVG elements.
    """
    width, height = size
    name = escape_xml(name)
    opening = (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape_xml(title)}</title><desc id="{name}-desc">{escape_xml(description)}</desc>'
    )
    return Picture(name, title, description, opening + "".join(parts) + "</svg>", width)
