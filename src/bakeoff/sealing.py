"""A version's folder: its files, and the card that holds their digests."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError
from bakeoff.files import sha256_file, sync
from bakeoff.report import render_html

FORMAT = 1  # of card.json
SEALED = ("model.joblib", "validation.parquet", "leaderboard.csv")  # the files that every card has digests of
DERIVED = "report.html"  # written from the card, and may be written again: not sealed
KEYS = {
    "version",
    "created",
    "classifier",
    "classifiers",
    "selection",
    "classes",
    "features",
    "target",
    "rows",
    "files",
    "environment",
}


def fill_folder(folder: Path, card: dict[str, Any], files: dict[str, Path]) -> str:
    """Copy the files into a version's folder, write the card with their digests and the report, and sync all of it.

    Returns:
        the card's SHA-256.
    """
    sealed = {}
    for name, source in files.items():
        shutil.copyfile(source, folder / name)
        sealed[name] = {"sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size}
    card = card | {"files": sealed}
    content = (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode()
    (folder / "card.json").write_bytes(content)
    (folder / DERIVED).write_text(render_html(card), encoding="utf-8")
    for path in (*folder.iterdir(), folder, folder.parent):
        sync(path)
    return hashlib.sha256(content).hexdigest()


def parse_card(version: str, content: bytes) -> dict[str, Any]:
    """The card, whose digest was compared before.

    Raises:
        IntegrityError: it is of a format that this Bakeoff doesn't know, or no card at all.
    """
    try:
        card = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"the card of version {version} can't be read: {error}") from error
    if not isinstance(card, dict) or not isinstance(card.get("format"), int):
        raise IntegrityError(f"the card of version {version} is none")
    if card["format"] != FORMAT:
        raise IntegrityError(f"the card of version {version} is not of format {FORMAT}: use a newer Bakeoff")
    if missing := KEYS - set(card):
        raise IntegrityError(f"the card of version {version} lacks {', '.join(sorted(missing))}")
    if missing := set(SEALED) - set(card["files"]):
        raise IntegrityError(f"the card of version {version} seals no {', '.join(sorted(missing))}")
    return card


def compare_files(folder: Path, card: dict[str, Any]) -> list[str]:
    """What differs between a version's folder and its card, a sentence each: every file of either."""
    found = []
    for name, sealed in card["files"].items():
        if not (folder / name).is_file():
            found.append(f"{name} is missing")
        elif sha256_file(folder / name) != sealed["sha256"]:
            found.append(f"{name} differs from its card")
    known = {*card["files"], "card.json", DERIVED}
    return found + [f"{path.name} is not in its card" for path in sorted(folder.iterdir()) if path.name not in known]
