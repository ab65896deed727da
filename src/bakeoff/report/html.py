"""HTML pages from the templates beside this file: without network or script, with a light and a dark theme."""

import functools
from typing import TYPE_CHECKING, Any

from bakeoff.formatting import printable
from bakeoff.report.svg import css

if TYPE_CHECKING:
    from jinja2 import Environment


class Link(str):
    """A text on a page that links to an address."""

    __slots__ = ("address",)
    address: str

    def __new__(cls, text: str, address: str) -> "Link":
        """Make the text, and give it the address."""
        link = super().__new__(cls, text)
        link.address = address
        return link


def render_page(template: str, **content: Any) -> str:
    """Render a whole page.

    Args:
        template: the name of a file in `templates`.
        content: what it takes; all text is escaped.
    """
    return printable(_environment().get_template(template).render(content, colors=css()))


@functools.cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # here: it takes a tenth of a second

    return Environment(
        loader=PackageLoader("bakeoff.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
