"""What the site's theme leaves out for screen readers and the keyboard; MkDocs calls these functions by their names."""

from typing import Any

from mkdocs.exceptions import PluginError

SEARCH = '<div class="md-search" data-md-component="search" role="dialog"'
NAMED = f'{SEARCH} aria-label="Search"'


def on_page_content(html: str, **_: Any) -> str:
    """Let the keyboard reach what scrolls where it is wider than the page: tables and code."""
    return html.replace("<table>", '<table tabindex="0">').replace("<pre>", '<pre tabindex="0">')


def on_post_page(output: str, **_: Any) -> str:
    """Give the search a name."""
    if SEARCH not in output:
        raise PluginError(f"the theme's search is another one than docs/site_hooks.py expects: {SEARCH}")
    return output.replace(SEARCH, NAMED)


def on_post_template(output_content: str, **_: Any) -> str:
    """The same on the page for addresses that lead nowhere; the other templates are no pages."""
    return output_content.replace(SEARCH, NAMED)
