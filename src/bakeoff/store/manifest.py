"""A version's folder: its files, and the card that holds their digests."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

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
from bakeoff.store.card import Card, FileDigest

Render = Callable[[Card], str]

FORMAT = 1  # of card.json
LARGEST_CARD = 1 << 26  # bytes
HARMLESS = 1 << 28  # bytes of a sealed file that are read, whatever its card says
REPORT = "report.html"  # drawn from the sealed files, and may be drawn again: not sealed


def write_version(folder: Path, card: Card, files: dict[str, Path], render: Render | None = None) -> str:
    """Copy the files into a version's folder, write the card with their digests and the report, and sync all of it.

    Returns:
        the card's SHA-256.

    Raises:
        IntegrityError: a file is not what it was any more when it was copied, or the card couldn't be read again.
    """
    sealed = {}
    for name, source in files.items():
        digest = sha256_file(source)  # of what was meant to be exported
        sealed[name] = FileDigest(sha256=digest, bytes=source.stat().st_size)
        copy_file(source, folder / name)
        if sha256_file(folder / name) != digest:
            raise IntegrityError(f"{name} was changed while it was copied to {folder}: nothing was exported")
    card = replace(card, files=sealed)
    content = (json.dumps(card.to_dict(), indent=1, ensure_ascii=False) + "\n").encode()
    parse_card(content, card.version)
    write_file(folder / "card.json", content)
    if render:
        write_file(folder / REPORT, render(card).encode())
    for path in (folder, folder.parent):
        sync(path)
    return hashlib.sha256(content).hexdigest()


def parse_card(content: bytes, version: str) -> Card:
    """The card, whose digest was compared before.

    Args:
        version: whose it is.

    Raises:
        IntegrityError: it is of a format that this Bakeoff doesn't know, or no card at all.
    """
    try:
        found = parse_json(content)
    except ValueError as error:
        raise IntegrityError(f"card.json can't be read: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise IntegrityError("card.json is no card")
    if found["format"] != FORMAT:
        raise IntegrityError(f"card.json is of format {str(found['format'])[:20]}, not {FORMAT}: use a newer Bakeoff")
    card = Card.from_dict(found)
    if card.version != version:
        raise IntegrityError(f"card.json is another version's, {card.version}")
    return card


def recorded_digest(card: Card, name: str) -> str | None:
    """A file's SHA-256 by the card; None for a file that it doesn't seal."""
    return card.files[name].sha256 if name in card.files else None


def most_bytes(card: Card, name: str) -> int:
    """How many bytes of a file are read: as many as the card seals, or what does no harm."""
    return max(HARMLESS, card.files[name].bytes) if name in card.files else HARMLESS


def compare_with_manifest(folder: Path, card: Card) -> list[str]:
    """What differs between a version's folder and its card, a sentence each: every file of either.

    Raises:
        ReadError: the system refused to have a file read.
    """
    found = []
    for name in card.files:
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
    known = {*card.files, "card.json", REPORT, aside_of(Path(REPORT)).name}
    return found + [f"{path.name} is not in its card" for path in sorted(folder.iterdir()) if path.name not in known]
