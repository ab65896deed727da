"""What happened to a model's versions, one line an event, only ever appended; the truth about the champion."""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError
from bakeoff.files import append_line

EVENTS = ("export", "promote", "rollback")
KEYS = {event: {"time", "version", "why", "previous"} for event in EVENTS}
KEYS["export"] |= {"card_sha256"}
STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Journal:
    """The journal of one model. Writing is for the holder of the store's lock."""

    path: Path

    def entries(self) -> list[dict[str, Any]]:
        """All events, oldest first; a last line that a crash cut short is left out.

        Raises:
            IntegrityError: a line is not what was written.
        """
        return [_parse(line, number) for number, line in enumerate(self._lines(), start=1)]

    def append(self, event: str, version: str, why: str, **more: Any) -> None:
        """Write an event: `export`, `promote` or `rollback`. Each line holds the SHA-256 of the line before."""
        lines = self._lines()
        previous = hashlib.sha256(lines[-1]).hexdigest() if lines else None
        entry = {"time": datetime.now(UTC).strftime(STAMP), "event": event, "version": version, "why": why, **more}
        append_line(self.path, json.dumps({**entry, "previous": previous}, ensure_ascii=False))

    def champions(self) -> list[str]:
        """The champions so far that a rollback can go back through; the last one is in use.

        Raises:
            IntegrityError: a line is missing or not what was written.
        """
        stack: list[str] = []
        for entry in self.entries():
            if entry["event"] == "promote":
                stack.append(entry["version"])
            elif entry["event"] == "rollback":
                if not stack:
                    raise IntegrityError("the journal holds a rollback without a champion before it")
                stack.pop()
        return stack

    def findings(self) -> list[str]:
        """Where the chain of digests is broken: a line was changed, removed or put in."""
        previous, found = None, []
        for number, line in enumerate(self._lines(), start=1):
            try:
                entry = _parse(line, number)
            except IntegrityError as error:
                found.append(str(error))
            else:
                if entry.get("previous") != previous:
                    found.append(f"journal line {number} does not follow from the line before: one was changed")
            previous = hashlib.sha256(line).hexdigest()
        return found

    def _lines(self) -> list[bytes]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        return content.split(b"\n")[:-1]  # what follows the last line's end was cut short


def _parse(line: bytes, number: int) -> dict[str, Any]:
    with contextlib.suppress(ValueError):  # neither UTF-8 nor JSON
        entry = json.loads(line)
        if isinstance(entry, dict) and entry.get("event") in EVENTS and set(entry) >= KEYS[entry["event"]]:
            return entry
    raise IntegrityError(f"journal line {number} is not what was written: {line[:80].decode(errors='replace')!r}")
