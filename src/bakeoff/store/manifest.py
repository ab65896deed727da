"""Write and verify a version's folder: its files, and the card with their digests."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from bakeoff.errors import IntegrityError
from bakeoff.runtime.files import (
    aside_of,
    copy_file,
    sha256_file,
    sync,
    write_file,
)
from bakeoff.runtime.typed_json import parse_json
from bakeoff.store.card import Card, FileDigest
from bakeoff.store.files.model_files import ModelFiles

Render = Callable[[Card], str]

FORMAT = 1  # of card.json
CARD, LARGEST_CARD = "card.json", 1 << 26  # bytes
HARMLESS = 1 << 28  # bytes that any file may have, whatever its card says; more only if the card says so
CONFIG = "config.yaml"  # the run's whole config, to make the version again; older versions have it in the card alone
REPORT = "report.html"  # not sealed: derived from the sealed files, and may be written again


def write_version(folder: Path, card: Card, files: dict[str, Path], render: Render | None = None) -> str:
    """Copy the files into a version's folder, write the card with their digests and the report, and sync everything.

    Args:
        folder: the version's folder, which exists.
        card: the card without its files.
        files: the files to copy, by name.
        render: makes the report from the card; None for no report.

    Returns:
        The SHA-256 of card.json.

    Raises:
        IntegrityError: a file changed while it was copied, or the card can't be parsed again.
        OSError: a file can't be read or written.
    """
    sealed = {}
    for name, source in files.items():
        digest = sha256_file(source)  # before copying, to notice a change meanwhile
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


def copy_version(source: Path, folder: Path, card: Card, card_sha256: str) -> str:
    """Copy card.json and the files that it lists into a version's folder, and sync everything.

    Args:
        source: the folder of the files, which were verified.
        folder: the version's folder, which exists.
        card: the card.
        card_sha256: the SHA-256 of card.json.

    Returns:
        The SHA-256 of card.json.

    Raises:
        IntegrityError: a file differs from the card.
        OSError: a file can't be read or written.
    """
    for name, digest in [*((name, file.sha256) for name, file in card.files.items()), ("card.json", card_sha256)]:
        copy_file(source / name, folder / name)
        if sha256_file(folder / name) != digest:
            raise IntegrityError(f"{name} was changed while it was copied to {folder}: nothing was imported")
    for path in (folder, folder.parent):
        sync(path)
    return card_sha256


def parse_card(content: bytes, version: str) -> Card:
    """Parse a card whose digest has been verified.

    Args:
        content: the content of card.json.
        version: the id that the card must have.

    Raises:
        IntegrityError: it is not a card, is another version's, or has a format that this Bakeoff doesn't know.
    """
    card = _parse_card(content)
    if card.version != version:
        raise IntegrityError(f"card.json is another version's, {card.version}")
    return card


@lru_cache(maxsize=2)  # champion and challenger: each is read several times, and parsing a wide table's takes seconds
def _parse_card(content: bytes) -> Card:
    try:
        parsed = parse_json(content)
    except ValueError as error:
        raise IntegrityError(f"card.json can't be read: {error}") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("format"), int):
        raise IntegrityError("card.json is no card")
    if parsed["format"] != FORMAT:
        raise IntegrityError(f"card.json is of format {str(parsed['format'])[:20]}, not {FORMAT}: use a newer Bakeoff")
    return Card.from_dict(parsed)


def recorded_digest(card: Card, name: str) -> str | None:
    """Return a file's SHA-256 in the card; None for a file that is not sealed."""
    return card.files[name].sha256 if name in card.files else None


def most_bytes(card: Card, name: str) -> int:
    """Return the most bytes that a file may have to be read: those in its card, but always what does no harm."""
    return max(HARMLESS, card.files[name].bytes) if name in card.files else HARMLESS


def compare_with_manifest(files: ModelFiles, key: str, card: Card) -> list[str]:
    """Compare a version's folder with its card: files that differ or are missing, and files that the card doesn't list.

    Args:
        files: the model's files.
        key: the folder's key.
        card: the card.

    Returns:
        A sentence for each file that differs.

    Raises:
        ReadError: the system refused to read a file.
    """
    findings = []
    for name in card.files:
        try:
            if files.measure(f"{key}/{name}", most_bytes(card, name))[1] != recorded_digest(card, name):
                findings.append(f"{name} differs from its card")
        except FileNotFoundError:
            findings.append(f"{name} is missing")
        except OSError as error:
            findings.append(f"{name} can't be read: {error.strerror}")
    known = {*card.files, "card.json", REPORT, aside_of(Path(REPORT)).name}
    return findings + [f"{name} is not in its card" for name in sorted(files.names(key) - known)]
