"""The seal of a copied version: the lines of the journal that vouch for its card."""

import hashlib
import re

from bakeoff.errors import IntegrityError, StoreError
from bakeoff.store.entries import LONGEST, encode_entry, parse_entry
from bakeoff.store.history import EXPORTS, Entry, History
from bakeoff.store.journal import Journal
from bakeoff.store.keys import Keys

SEAL = re.compile(r"seal(\.[0-9a-f]{16})?\.jsonl")
LARGEST_SEAL = 1 << 26  # bytes, as of a journal


def make_seal(history: History, version: str) -> tuple[str, bytes]:
    """Make the seal of a version: its line of the journal, and those after it up to the one that the key in use signed.

    Each line contains the digest of the one before, so the signature of the last covers the first.

    Returns:
        The name of the seal's file, and its content.

    Raises:
        StoreError: a line of the journal can't be repeated, since it was not written by Bakeoff.
    """
    first = next(at for at, entry in enumerate(history.entries) if entry is history.exports[version])
    key = history.entries[-1].get("key") if history.is_signed else None
    after = history.entries[first:]
    last = next((at for at, entry in enumerate(after) if entry.get("key") == key), 0) if key else 0
    lines = [encode_entry(entry) for entry in after[: last + 1]]
    digests = [*(entry["previous"] for entry in after[1:]), history.digest]
    for line, digest in zip(lines, digests):
        if hashlib.sha256(line).hexdigest() != digest:
            raise StoreError(
                f"the journal's line of {version} has a form that Bakeoff doesn't write: it can't be copied"
            )
    return f"seal.{key}.jsonl" if key else "seal.jsonl", b"".join(line + b"\n" for line in lines)


def check_seal(content: bytes, journal: Journal, version: str, keys: Keys) -> Entry:
    """Check a seal and return its first line, which contains the digest of the version's card.

    Args:
        content: the seal's content.
        journal: the journal of the model, whose name the signature must cover.
        version: the version's id.
        keys: the trusted keys; without public ones signatures are not checked.

    Raises:
        IntegrityError: it is not a seal of this version, was changed, or is not signed by a trusted key.
    """
    lines = content.split(b"\n")
    if lines[-1] or len(lines) < 2 or max(map(len, lines)) > LONGEST:
        raise IntegrityError("its seal is not what was written")
    entries, digest = list[Entry](), None
    for number, line in enumerate(lines[:-1], start=1):
        entry = parse_entry(line, number)
        if digest is not None and entry["previous"] != digest:
            raise IntegrityError(f"line {number} of its seal does not follow from the line before: one was changed")
        digest = hashlib.sha256(line).hexdigest()
        entries.append(entry)
    if entries[0]["event"] not in EXPORTS or entries[0]["version"] != version:
        raise IntegrityError("its seal is another version's")
    if keys.public and not journal.is_signed(entries[-1], keys):
        raise IntegrityError(
            f"its seal is not signed by {', '.join(keys.public)} for the model {journal.name!r}; "
            "sign the store that it comes from, and push it again"
        )
    return entries[0]
