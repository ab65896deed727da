"""The lines of a journal: their events, how a line is read, and how each follows from the one before."""

import contextlib
import json
import re
from datetime import datetime
from typing import Any

from bakeoff.errors import IntegrityError
from bakeoff.runtime.typed_json import LARGEST
from bakeoff.store.history import Entry, History

HEAD = re.compile(r"([0-9]{1,12}) ([0-9a-f]{64}|-)(?: ([0-9a-f]{16}) ([A-Za-z0-9+/=]+))?")  # with key and signature

VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{5}")
STAMP = "%Y-%m-%dT%H:%M:%SZ"
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
EVENTS = {
    "export": {"version", "card_sha256"},
    "promote": {"version"},
    "keep": {"version", "challenger"},  # a challenger was exported and did not take the champion's place
    "rollback": {"version"},
    "prune": {"versions"},
    "sign": set[str](),  # vouches for all that stands before it
}
COMMON = {"time", "event", "why", "previous"}
OPTIONAL = {"by", "key", "signature"}
SHORTEST, LONGEST = 100, 1 << 22  # bytes of a line
SHOWN = 20  # findings that are told of a journal
MOST_FIGURES = 100
FIGURES = "figures"  # of a promotion or the lack of one: what was measured, by name


def make_event(event: str, why: str, by: str | None = None, **more: Any) -> dict[str, Any]:
    """What an entry tells, all but what the journal adds to every entry.

    Args:
        why: the reason; half a letter in it, from a terminal of another encoding, becomes a question mark.
        by: who or which run does it.
        more: what else the event tells; what is None or empty is left out.
    """
    told = {"event": event, "why": why, "by": by, **more}
    return {
        key: value.encode(errors="replace").decode() if isinstance(value, str) else value
        for key, value in told.items()
        if value is not None and value != {}
    }


def parse_entry(line: bytes, number: int) -> dict[str, Any]:
    """The entry in a line, without its end.

    Raises:
        IntegrityError: the line is not what was written.
    """
    with contextlib.suppress(ValueError, RecursionError):  # neither UTF-8 nor JSON
        entry = len(line) <= LONGEST and json.loads(line, parse_constant=_refuse_constant)
        if isinstance(entry, dict) and _is_entry(entry):
            return entry
    raise IntegrityError(f"journal line {number} is not what was written: {line[:80].decode(errors='replace')!r}")


def _is_entry(entry: dict[str, Any]) -> bool:
    """Whether nothing that is read from it later can be missing, of another type, or lead out of the store."""
    keys = EVENTS.get(str(entry.get("event")))
    if keys is None or not keys | COMMON <= set(entry) <= keys | COMMON | OPTIONAL | {"number", FIGURES}:
        return False
    texts = [entry[key] for key in set(entry) - {"previous", "versions", "number", FIGURES}]
    if not all(isinstance(text, str) for text in texts) or not TIME.fullmatch(entry["time"]):
        return False
    if not isinstance(entry.get("number", 0), int) or not isinstance(entry["previous"], str | None):
        return False
    datetime.fromisoformat(entry["time"])  # a ValueError for the 31st of February
    named = [entry[key] for key in ("version", "challenger") if key in keys]
    versions = entry["versions"] if "versions" in keys else named
    return isinstance(versions, list) and all(map(_is_version, versions)) and _are_figures(entry.get(FIGURES, {}))


def _are_figures(figures: Any) -> bool:
    """Text and finite numbers by name."""
    return (
        isinstance(figures, dict)
        and len(figures) <= MOST_FIGURES
        and all(
            isinstance(figure, str) or (isinstance(figure, int | float) and abs(figure) <= LARGEST)
            for figure in figures.values()
        )
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _is_version(version: Any) -> bool:
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        return False
    datetime.fromisoformat(version[:16])
    return version < "9999"  # there is a second after it


def head_of(history: History) -> str:
    """What `journal.head` begins with: the number and the SHA-256 of the last line."""
    return f"{len(history.entries)} {history.digest or '-'}"


def verify_chain(lines: list[bytes], digests: list[str]) -> tuple[list[Entry], list[str]]:
    """The entries, and the first places where one is no entry or doesn't follow from the line before.

    Args:
        digests: the lines' SHA-256.
    """
    entries, findings = list[Entry](), list[str]()
    for number, (line, previous) in enumerate(zip(lines, [None, *digests]), start=1):
        try:
            entry = parse_entry(line, number)
        except IntegrityError as error:
            findings.append(str(error))
            if len(findings) == SHOWN:
                break  # nothing of it can be used
        else:
            entries.append(entry)
            if entry["previous"] != previous:
                findings.append(f"journal line {number} does not follow from the line before: one was changed")
    return entries, findings


def check_head(head: str | None, digests: list[str], entries: list[Entry]) -> list[str]:
    """Whether the journal holds the line that a head tells of; it may have grown since.

    Args:
        head: as `head_of` makes it; None where there is none.
        digests: the lines' SHA-256.
    """
    if head is None:  # as in a store of before there were heads, and line numbers
        return ["journal.head is missing"] if any("number" in entry for entry in entries) else []
    found = HEAD.fullmatch(head.strip())
    if not found:
        return [f"journal.head is not what was written: {head[:80]!r}"]
    number = int(found[1])
    if number > len(digests):
        return [f"the journal was cut: {len(digests)} of {number} lines are left"]
    if number and digests[number - 1] != found[2]:
        return [f"journal line {number} is not the one that was written"]
    return []


def check_consistency(history: History) -> list[str]:
    """Whether the entries can have come about: rollbacks to former champions, and a champion that there is."""
    try:
        champion = history.champion
    except IntegrityError as error:
        return [str(error)]
    if champion is not None and champion not in history.versions:
        return [f"the journal makes {champion} champion, which is no version of it"]
    for entry in history.entries:
        if entry["event"] == "keep" and not {entry["version"], entry["challenger"]} <= set(history.exports):
            return [f"the journal tells of {entry['challenger']} beside {entry['version']}, not both versions of it"]
    return []
