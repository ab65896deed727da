"""The line on Prefect's pages that leads to the pages of `bakeoff ui`."""

import os
from pathlib import Path
from shlex import quote as shell_quote
from urllib.parse import quote, urlsplit

from bakeoff.report.table_formats import markdown_text
from bakeoff.runtime.objects.address import Address

ADDRESS = "BAKEOFF_UI_URL"  # where `bakeoff ui` can be reached, as http://127.0.0.1:4201


def link_page(store: Path | Address, *parts: str, predictions: Path | None = None) -> str:
    """Return how to see a page of `bakeoff ui`, in markdown: the command, and a link if its address is configured.

    Args:
        store: the store's folder or address.
        parts: the page's path: the model's name, and what follows.
        predictions: the folder that predictions lie in.
    """
    command = f"bakeoff ui --store {shell_quote(str(store))}"
    if predictions is not None:
        command += f" --predictions {shell_quote(str(predictions))}"
    line = f"Look at it: {markdown_text(command)}"
    base = os.environ.get(ADDRESS, "").strip().rstrip("/")
    if not _is_address(base):
        return line
    path = "/".join(quote(part, safe="", errors="replace") for part in parts)
    return f"{line}, [at its page](<{base}/{path}/>)"


def _is_address(text: str) -> bool:
    """Return whether this is an address that markdown can link to."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not set(text) & set("<>\\ \t\n")
