"""What happened to a model's versions, one line an event, only ever appended; the truth about the champion."""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError
from bakeoff.history import STAMP, Entry, History
from bakeoff.signing import Keys

VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{5}")
KEYS = {
    "export": {"version", "card_sha256"},
    "promote": {"version"},
    "rollback": {"version"},
    "prune": {"version"},
    "sign": set[str](),  # vouches for all that stands before it
}
COMMON = {"time", "why", "previous"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HEAD = re.compile(r"(\d+) ([0-9a-f]{64}|-)\n")


@dataclass(frozen=True)
class Journal:
    """The journal of one model: `journal.jsonl`, and `journal.head` with the number and digest of its last line.

    Each line holds the SHA-256 of the line before, so that a line that was changed, removed or put in shows; the head
    shows it of the last one. A head that is behind is what a crash leaves, and no finding.
    """

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "journal.jsonl"

    @property
    def head(self) -> Path:
        """The file that tells how far the journal had come."""
        return self.folder / "journal.head"

    def read(self, keys: Keys) -> History:
        """All events; a last line that a crash cut short is left out.

        With public keys the last entry must be signed by one of them. It vouches for the whole chain before it, since
        nobody signs on a journal that is not in order.

        Raises:
            IntegrityError: a line is not what was written, or the signature is missing or another's.
        """
        history, findings = self.examine(keys)
        if findings:
            raise IntegrityError(f"the journal of {self.name!r} is not used: {findings[0]}")
        return history

    def examine(self, keys: Keys, noted: str | None = None) -> tuple[History, list[str]]:
        """As `read`, with all that is wrong as a list; entries that can't be read are left out of the history.

        Args:
            noted: the head as it was at some time: the journal must hold that line still.
        """
        head = self._read_head()  # before the journal, which may grow meanwhile
        content = self._read()
        size = content.rfind(b"\n") + 1  # what follows the last line's end was cut short
        lines = content[:size].split(b"\n")[:-1]
        entries, digests, findings = list[Entry](), list[str](), list[str]()
        for number, line in enumerate(lines, start=1):
            try:
                entry = _parse(line, number)
            except IntegrityError as error:
                findings.append(str(error))
            else:
                entries.append(entry)
                if entry["previous"] != (digests[-1] if digests else None) or entry.get("number", number) != number:
                    findings.append(f"journal line {number} does not follow from the line before: one was changed")
            digests.append(hashlib.sha256(line).hexdigest())
        if not findings:
            findings += self._check_head(head, digests, entries)
        if not findings and noted is not None:
            findings += self._check_head(f"{noted.strip()}\n", digests, entries)
        history = History(tuple(entries), size, digests[-1] if digests else None)
        if not findings:
            findings += self._check_sense(history)
        if not findings and keys.public and entries:
            findings += self._check_signature(entries[-1], len(entries), keys)
        return history, findings

    def follow(self, history: History, events: Sequence[dict[str, Any]], keys: Keys) -> tuple[bytes, History]:
        """What is to be appended to tell of events, and the history with it.

        Args:
            events: each with `event`, `version`, `why`, `by`, and for an export `card_sha256`.

        Raises:
            StoreError: the journal is signed, and there is no private key.
        """
        time, content = datetime.now(UTC).strftime(STAMP), b""
        for event in events:
            digest, number = history.digest, len(history.entries) + 1
            entry: dict[str, Any] = {"number": number, "time": time, **event, "previous": digest}
            if keys.private or history.is_signed:
                entry |= {"key": keys.own}
                entry |= {"signature": keys.sign(self._message(entry))}
            line = json.dumps(entry, ensure_ascii=False).encode(errors="backslashreplace")  # half a letter of a reason
            content += line + b"\n"
            history = History((*history.entries, entry), history.size + len(line) + 1, hashlib.sha256(line).hexdigest())
        return content, history

    def _message(self, entry: Entry) -> bytes:
        """What is signed: the model's name, so that a line can't serve for another model, and the entry's content."""
        content = {key: value for key, value in entry.items() if key != "signature"}
        return f"bakeoff journal of {self.name}\n{json.dumps(content, sort_keys=True)}".encode()

    def misfits(self, history: History, keys: Keys) -> list[str]:
        """Whether every signature by a trusted key fits its entry."""
        return [
            f"journal line {number}: the signature doesn't fit"
            for number, entry in enumerate(history.entries, start=1)
            if entry.get("key") in keys.public and not self._is_signed(entry, keys)
        ]

    def _is_signed(self, entry: Entry, keys: Keys) -> bool:
        return keys.signed(self._message(entry), str(entry.get("key")), str(entry.get("signature")))

    def _check_signature(self, entry: Entry, number: int, keys: Keys) -> list[str]:
        if self._is_signed(entry, keys):
            return []
        what = f"its last line ({number}, {entry['event']})"
        if "signature" not in entry:
            return [f"{what} is not signed; check what happened, then vouch for it by bakeoff models sign"]
        if entry.get("key") not in keys.public:
            trusted = ", ".join(keys.public)
            return [f"{what} is signed by the key {str(entry.get('key'))[:16]}, trusted is {trusted}"]
        return [f"the signature of {what} doesn't fit"]

    def _check_head(self, head: str | None, digests: list[str], entries: list[Entry]) -> list[str]:
        if head is None:  # as in a store of before there were heads
            return ["journal.head is missing"] if any("number" in entry for entry in entries) else []
        found = HEAD.fullmatch(head)
        if not found:
            return [f"this is no head of a journal: {head[:80]!r}"]
        number = int(found[1])
        if number > len(digests):
            return [f"the journal was cut: {len(digests)} of {number} lines are left"]
        if number and digests[number - 1] != found[2]:
            return [f"journal line {number} is not the one that was written"]
        return []

    @staticmethod
    def _check_sense(history: History) -> list[str]:
        try:
            champion = history.champion
        except IntegrityError as error:
            return [str(error)]
        if champion is not None and champion not in history.versions:
            return [f"the journal makes {champion} champion, which is no version of it"]
        return []

    def _read_head(self) -> str | None:
        try:
            return self.head.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def _read(self) -> bytes:
        """In one call to the system: read piece by piece, a line that is being cut could be mixed with the next."""
        try:
            with self.path.open("rb", buffering=0) as file:
                return file.read(os.fstat(file.fileno()).st_size) or b""
        except FileNotFoundError:
            return b""


def head_line(history: History) -> str:
    """The content of `journal.head`."""
    return f"{len(history.entries)} {history.digest or '-'}\n"


def _parse(line: bytes, number: int) -> dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):  # neither UTF-8 nor JSON
        entry = json.loads(line)
        if isinstance(entry, dict) and _is_entry(entry):
            return entry
    raise IntegrityError(f"journal line {number} is not what was written: {line[:80].decode(errors='replace')!r}")


def _is_entry(entry: dict[str, Any]) -> bool:
    """Whether nothing that is read from it later can be missing, or lead out of the store."""
    keys = KEYS.get(str(entry.get("event")))
    if keys is None or not keys | COMMON <= set(entry):
        return False
    texts = [entry[key] for key in (keys | COMMON) - {"previous"}]
    if not all(isinstance(text, str) for text in texts) or not TIME.fullmatch(entry["time"]):
        return False
    datetime.fromisoformat(entry["time"])  # a ValueError for the 31st of February
    if "version" in keys:
        datetime.fromisoformat(entry["version"][:16])
    return "version" not in keys or VERSION.fullmatch(entry["version"]) is not None
