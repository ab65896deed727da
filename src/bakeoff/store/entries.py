"""The entries of a journal: build, parse and check them, one line each."""

import contextlib
import json
import re
from datetime import datetime
from typing import Any

from bakeoff.errors import IntegrityError
from bakeoff.runtime.typed_json import LARGEST
from bakeoff.store.history import HOLDS, PROMOTION, Entry, History

HEAD = re.compile(r"([0-9]{1,12}) ([0-9a-f]{64}|-)(?: ([0-9a-f]{16}) ([A-Za-z0-9+/=]+))?")  # with key and signature

VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{5}")
STAMP = "%Y-%m-%dT%H:%M:%SZ"
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")
EVENTS = {
    "export": {"version", "card_sha256"},
    "import": {"version", "card_sha256"},  # a copy of a version that another store exported
    "promote": {"version"},
    "keep": {"version", "challenger"},  # a challenger was exported and did not become champion
    "rollback": {"version"},
    "resume": set[str](),  # lifts the hold of the rollbacks before it
    "prune": {"versions"},
    "labels": {"version", "figures"},  # how many of some predictions were right, by labels that came later
    "sign": set[str](),  # vouches for all lines before it
}
COMMON = {"time", "event", "why", "previous"}
OPTIONAL = {"by", "key", "signature"}
OPTIONAL_OF = {"rollback": {HOLDS}}
SHORTEST, LONGEST = 100, 1 << 22  # bytes of a line
SHOWN = 20  # findings listed per journal
MOST_FIGURES = 100
FIGURES = "figures"  # key of the measurements for a decision about promotion, by name


def make_event(event: str, why: str, by: str | None = None, **more: Any) -> dict[str, Any]:
    """Build an event: an entry without the fields that the journal adds to every entry.

    Args:
        event: a key of `EVENTS`.
        why: the reason; lone surrogates, from a terminal of another encoding, become question marks.
        by: the user or run that caused it.
        more: further fields; those that are None or empty are left out.
    """
    fields = {"event": event, "why": why, "by": by, **more}
    return {
        key: value.encode(errors="replace").decode() if isinstance(value, str) else value
        for key, value in fields.items()
        if value is not None and value != {}
    }


def encode_entry(entry: Entry) -> bytes:
    """Encode an entry as its line, without the line end."""
    return json.dumps(entry, ensure_ascii=False, allow_nan=False).encode()


def parse_entry(line: bytes, number: int) -> dict[str, Any]:
    """Parse a line, given without its line end.

    Raises:
        IntegrityError: the line is not a valid entry.
    """
    with contextlib.suppress(ValueError, RecursionError):  # it is not UTF-8, not JSON, or nested too deep
        entry = len(line) <= LONGEST and json.loads(line, parse_constant=_refuse_constant)
        if isinstance(entry, dict) and _is_entry(entry):
            return entry
        if isinstance(entry, dict) and isinstance(entry.get("event"), str) and entry["event"] not in EVENTS:
            raise IntegrityError(
                f"journal line {number} holds the event {entry['event'][:40]!r}, which this Bakeoff doesn't know: a "
                "newer one wrote it, so use that, or somebody else did"
            )
    raise IntegrityError(f"journal line {number} is not what was written: {line[:80].decode(errors='replace')!r}")


def _is_entry(entry: dict[str, Any]) -> bool:
    """Return whether all fields exist, have the right types, and hold only ids that can't lead out of the folder.

    Raises:
        ValueError: a time is not in the calendar.
    """
    event = str(entry.get("event"))
    keys, optional = EVENTS.get(event), OPTIONAL | OPTIONAL_OF.get(event, set()) | {"number", FIGURES}
    if keys is None or not keys | COMMON <= set(entry) <= keys | COMMON | optional:
        return False
    if event == "labels" and not _are_label_counts(entry[FIGURES]):
        return False
    texts = [entry[key] for key in set(entry) - {"previous", "versions", "number", FIGURES}]
    if not all(isinstance(text, str) for text in texts) or not TIME.fullmatch(entry["time"]):
        return False
    if not isinstance(entry.get("number", 0), int) or not isinstance(entry["previous"], str | None):
        return False
    if entry.get(HOLDS, PROMOTION) != PROMOTION:
        return False
    datetime.fromisoformat(entry["time"])  # a ValueError for the 31st of February
    named = [entry[key] for key in ("version", "challenger") if key in keys]
    versions = entry["versions"] if "versions" in keys else named
    return isinstance(versions, list) and all(map(_is_version, versions)) and _are_figures(entry.get(FIGURES, {}))


def _are_figures(figures: Any) -> bool:
    """Return whether this is a dict of text and finite numbers, not too many of them."""
    return (
        isinstance(figures, dict)
        and len(figures) <= MOST_FIGURES
        and all(
            isinstance(figure, str) or (isinstance(figure, int | float) and abs(figure) <= LARGEST)
            for figure in figures.values()
        )
    )


def _are_label_counts(figures: Any) -> bool:
    """Return whether these are the figures of an entry about labels."""
    if not isinstance(figures, dict) or not {"predictions", "week", "rows", "right"} <= set(figures):
        return False
    rows, right = figures["rows"], figures["right"]
    texts = isinstance(figures["predictions"], str) and bool(WEEK.fullmatch(str(figures["week"])))
    return texts and isinstance(rows, int) and isinstance(right, int) and 0 <= right <= rows and rows > 0


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _is_version(version: Any) -> bool:
    """Return whether this is a version's id.

    Raises:
        ValueError: its time is not in the calendar.
    """
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        return False
    datetime.fromisoformat(version[:16])
    return version < "9999"  # so that the next version can be named a second later


def head_of(history: History) -> str:
    """Return the head of a journal, the number and the SHA-256 of its last line, with which `journal.head` starts."""
    return f"{len(history.entries)} {history.digest or '-'}"


def verify_chain(lines: list[bytes], digests: list[str]) -> tuple[list[Entry], list[str]]:
    """Parse the lines and check that each contains the digest of the line before.

    Args:
        lines: the lines, without line ends.
        digests: the SHA-256 of each line.

    Returns:
        The valid entries, and at most `SHOWN` findings.
    """
    entries, findings = list[Entry](), list[str]()
    for number, (line, previous) in enumerate(zip(lines, [None, *digests]), start=1):
        try:
            entry = parse_entry(line, number)
        except IntegrityError as error:
            findings.append(str(error))
            if len(findings) == SHOWN:
                break  # the journal is unusable anyway
        else:
            entries.append(entry)
            if entry["previous"] != previous:
                findings.append(f"journal line {number} does not follow from the line before: one was changed")
    return entries, findings


def check_head(head: str | None, digests: list[str], entries: list[Entry]) -> list[str]:
    """Check that the journal contains the line that a head names; it may have grown since.

    Args:
        head: the content of `journal.head`, which starts like `head_of`; None if the file is missing.
        digests: the SHA-256 of each line.
        entries: the entries of the journal.

    Returns:
        The findings.
    """
    if head is None:  # older stores have neither heads nor line numbers
        return ["journal.head is missing"] if any("number" in entry for entry in entries) else []
    match = HEAD.fullmatch(head.strip())
    if not match:
        return [f"journal.head is not what was written: {head[:80]!r}"]
    number = int(match[1])
    if number > len(digests):
        return [f"the journal was cut: {len(digests)} of {number} lines are left"]
    if number and digests[number - 1] != match[2]:
        return [f"journal line {number} is not the one that was written"]
    return []


def check_consistency(history: History) -> list[str]:
    """Check that the entries are possible: rollbacks to former champions, and champions and challengers that exist.

    Returns:
        The first finding, or none.
    """
    try:
        champion = history.champion
    except IntegrityError as error:
        return [str(error)]
    if champion is not None and champion not in history.versions:
        return [f"the journal makes {champion} champion, which is not one of its versions"]
    for entry in history.entries:
        if entry["event"] == "keep" and not {entry["version"], entry["challenger"]} <= set(history.exports):
            return [f"the journal compares {entry['challenger']} with {entry['version']}, not both versions of it"]
    return []
