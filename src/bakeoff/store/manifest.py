"""A version's folder: its files, and the card that holds their digests."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError
from bakeoff.runtime.files import (
    aside_of,
    copy_file,
    raise_refusal,
    sha256_file,
    sync,
    write_file,
)
from bakeoff.runtime.untrusted_json import parse_json
from bakeoff.store.card import find_odd

Render = Callable[[dict[str, Any]], str]

FORMAT = 1  # of card.json
LARGEST_CARD = 1 << 26  # bytes
HARMLESS = 1 << 28  # bytes of a sealed file that are read, whatever its card says
REPORT = "report.html"  # drawn from the sealed files, and may be drawn again: not sealed


def write_version(folder: Path, card: dict[str, Any], files: dict[str, Path], render: Render | None = None) -> str:
    """Copy the files into a version's folder, write the card with their digests and the report, and sync all of it.

    Returns:
        the card's SHA-256.

    Raises:
        IntegrityError: a file is not what it was any more when it was copied.
    """
    sealed = {}
    for name, source in files.items():
        sealed[name] = {"sha256": sha256_file(source), "bytes": source.stat().st_size}  # what was meant to be exported
        copy_file(source, folder / name)
        if sha256_file(folder / name) != sealed[name]["sha256"]:
            raise IntegrityError(f"{name} was changed while it was copied to {folder}: nothing was exported")
    card = card | {"files": sealed}
    content = (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode()
    write_file(folder / "card.json", content)
    if render:
        write_file(folder / REPORT, render(card).encode())
    for path in (folder, folder.parent):
        sync(path)
    return hashlib.sha256(content).hexdigest()


def parse_card(content: bytes, version: str) -> dict[str, Any]:
    """The card, whose digest was compared before.

    Args:
        version: whose it is.

    Raises:
        IntegrityError: it is of a format that this Bakeoff doesn't know, or no card at all.
    """
    try:
        card = parse_json(content)
    except ValueError as error:
        raise IntegrityError(f"card.json can't be read: {error}") from error
    if not isinstance(card, dict) or not isinstance(card.get("format"), int):
        raise IntegrityError("card.json is no card")
    if card["format"] != FORMAT:
        raise IntegrityError(f"card.json is of format {str(card['format'])[:20]}, not {FORMAT}: use a newer Bakeoff")
    if odd := find_odd(card):
        raise IntegrityError(f"card.json doesn't hold what a card must hold: {odd}")
    if card["version"] != version:
        raise IntegrityError(f"card.json is another version's, {card['version']}")
    return card


def recorded_digest(card: dict[str, Any], name: str) -> str | None:
    """A file's SHA-256 by the card; None for a file that it doesn't seal."""
    digest: str | None = card["files"].get(name, {}).get("sha256")
    return digest


def most_bytes(card: dict[str, Any], name: str) -> int:
    """How many bytes of a file are read: as many as the card seals, or what does no harm."""
    size: int = card["files"].get(name, {}).get("bytes", 0)
    return max(HARMLESS, size)


def compare_with_manifest(folder: Path, card: dict[str, Any]) -> list[str]:
    """What differs between a version's folder and its card, a sentence each: every file of either.

    Raises:
        ReadError: the system refused to have a file read.
    """
    found = []
    for name in card["files"]:
        try:
            if (folder / name).stat().st_size > most_bytes(card, name) or (
                sha256_file(folder / name) != recorded_digest(card, name)
            ):
                found.append(f"{name} differs from its card")
        except FileNotFoundError:
            found.append(f"{name} is missing")
        except OSError as error:
            raise_refusal(error, folder / name)
            found.append(f"{name} can't be read: {error.strerror}")
    known = {*card["files"], "card.json", REPORT, aside_of(Path(REPORT)).name}
    return found + [f"{path.name} is not in its card" for path in sorted(folder.iterdir()) if path.name not in known]
