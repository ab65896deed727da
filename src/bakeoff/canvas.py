"""A figure of matplotlib's as a picture inside a page: in the page's colours, light or dark, its text as text."""

import io
import re
import warnings
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What is drawn in the first becomes the page's own colour of that name; the second is for where there is no page.
INK, SOFT, LINE = "#010101", "#010102", "#010103"
SERIES = tuple(f"#01020{place}" for place in range(1, 9))
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1.5, 2)))  # beside the colours, for whoever can't tell them apart
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LIGHT = {
    INK: "#1c1e21", SOFT: "#5a6068", LINE: "#d5d8dc",
    **dict(zip(SERIES, ("#0069b4", "#b84a00", "#00734f", "#a3357f", "#6b5900", "#5847c2", "#1f6f78", "#555b63"))),
}  # fmt: skip
DARK = {
    INK: "#e8eaed", SOFT: "#a9b0b8", LINE: "#3f454c",
    **dict(zip(SERIES, ("#5ab4f0", "#f39a5b", "#43c99b", "#e38fc7", "#d8bf4a", "#aaa2ff", "#6ecbd6", "#b9c0c8"))),
}  # fmt: skip
NAMES = {INK: "--ink", SOFT: "--soft", LINE: "--line", **{color: f"--c{color[-1]}" for color in SERIES}}
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # letters that XML can't hold, in a class's name say
WIDTH = 331.0  # points: what a telephone is wide
STYLE: Any = {
    "text.parse_math": False,  # a class may be called $x$
    "svg.fonttype": "none",
    "svg.hashsalt": "bakeoff",
    "font.size": 9.5,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
}


class Picture(NamedTuple):
    """A picture, and what it shows in words.

    Attributes:
        name: of a single word.
        title: its heading.
        description: what who can't see it should know.
        svg: with the stand-ins for the page's colours.
        width: in points.
    """

    name: str
    title: str
    description: str
    svg: str
    width: float

    def inline(self) -> str:
        """For a page that has CSS."""
        svg = self.svg
        for color, name in NAMES.items():
            svg = svg.replace(color, f"var({name})")
        return (
            f'<figure><figcaption aria-hidden="true">{escape(self.title)}</figcaption>'
            f'<div class="picture" style="max-width:{self.width * 4 / 3:.0f}px">{svg}</div></figure>'
        )

    def alone(self) -> str:
        """As a file of its own, on white."""
        svg = self.svg
        for color, plain in LIGHT.items():
            svg = svg.replace(color, plain)
        svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        return svg.replace("</desc>", '</desc><rect width="100%" height="100%" fill="#fff"/>', 1)


def css() -> str:
    """The colours, for light and dark pages."""
    light, dark = (" ".join(f"{NAMES[color]}: {plain};" for color, plain in theme.items()) for theme in (LIGHT, DARK))
    return f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def draw(
    name: str,
    title: str,
    description: str,
    paint: Callable[["Axes"], Any],
    size: tuple[float, float],
    left: float,
    bottom: float = 34,
) -> Picture:
    """Have a picture painted.

    Args:
        paint: draws on the axes that it gets.
        size: width and height, in points.
        left: what the labels of the y axis need, in points; matplotlib's own layouts draw everything twice to find out.
        bottom: what the labels of the x axis need, in points.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        width, height = size
        figure = Figure(figsize=(width / 72, height / 72))
        FigureCanvasSVG(figure)
        figure.patch.set_alpha(0)
        axes = figure.add_axes((left / width, bottom / height, 1 - (left + 10) / width, 1 - (bottom + 14) / height))
        axes.patch.set_alpha(0)
        paint(axes)
        written = io.StringIO()
        with warnings.catch_warnings():  # text stays text: the page's fonts draw it
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            figure.savefig(written, format="svg", metadata={"Date": None})
    return Picture(name, title, description, _tidy(written.getvalue(), name, title, description), width)


def _tidy(svg: str, name: str, title: str, description: str) -> str:
    """Without what only a file of its own needs; ids that are referred to are the picture's own."""
    svg = CONTROL.sub("\ufffd", svg[svg.index("<svg") :])
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>|<defs>\s*</defs>", "", svg, flags=re.DOTALL)
    referred = set(re.findall(r'#([A-Za-z][\w-]*)["\)]', svg))
    svg = re.sub(r' id="([^"]+)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in referred else "", svg)
    svg = re.sub(r"(url\(|href=\")#", rf"\g<1>#{name}-", svg).replace("xlink:href", "href")
    svg = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font-size: \1", svg)  # the page's own
    svg = re.sub(r"\n\s*", "\n", svg)
    view = re.search(r'viewBox="[^"]+"', svg)
    assert view
    told = (
        f'<svg {view[0]} role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{_text(title)}</title><desc id="{name}-desc">{_text(description)}</desc>'
    )
    return told + svg[svg.index(">") + 1 :].strip()


def _text(text: str) -> str:
    return CONTROL.sub("\ufffd", escape(text))
