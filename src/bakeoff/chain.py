"""Whether a journal's lines are what was written: each follows from the one before, and the head from the last."""

import re

from bakeoff.entry import parse_entry
from bakeoff.errors import IntegrityError
from bakeoff.history import Entry, History

HEAD = re.compile(r"([0-9]{1,12}) ([0-9a-f]{64}|-)(?: ([0-9a-f]{16}) ([A-Za-z0-9+/=]+))?")  # with key and signature


def head_of(history: History) -> str:
    """What `journal.head` begins with: the number and the SHA-256 of the last line."""
    return f"{len(history.entries)} {history.digest or '-'}"


def follow_chain(lines: list[bytes], digests: list[str]) -> tuple[list[Entry], list[str]]:
    """The entries, and where one is no entry or doesn't follow from the line before.

    Args:
        digests: the lines' SHA-256.
    """
    entries, findings = list[Entry](), list[str]()
    for number, (line, previous) in enumerate(zip(lines, [None, *digests]), start=1):
        try:
            entry = parse_entry(line, number)
        except IntegrityError as error:
            findings.append(str(error))
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


def check_sense(history: History) -> list[str]:
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
