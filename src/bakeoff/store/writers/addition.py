"""A version that is added to a model, and what can change a model."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from bakeoff.store.entries import make_event
from bakeoff.store.history import FIRST, History


@dataclass(frozen=True)
class Addition:
    """A version to add.

    Attributes:
        version: its id.
        write: writes its files into a folder, and returns the SHA-256 of its card.json.
        event: the event of the journal that adds it, `export` or `import`.
        why: the reason, for the journal.
        by: the user or run that adds it.
        token: what tells it from other additions of this id: those with the same token write the same files.
    """

    version: str
    write: Callable[[Path], str]
    event: str
    why: str
    by: str | None
    token: str = field(default_factory=lambda: uuid4().hex)

    def events(self, history: History, card_sha256: str) -> list[dict[str, Any]]:
        """Return the events that add it to a history: the first version becomes champion."""
        events = [make_event(self.event, self.why, self.by, version=self.version, card_sha256=card_sha256)]
        if not history.exports:
            events.append(make_event("promote", FIRST, self.by, version=self.version))
        return events


class Writer(Protocol):
    """Changes a model's files; a change is committed by its lines of the journal.

    Attributes:
        history: the present history.
        begun: the ids of versions that other processes are adding, or had begun to when they died.
    """

    history: History
    begun: Collection[str]

    def commit(self, *events: dict[str, Any]) -> None:
        """Append events to the journal, which commits the change."""

    def add(self, addition: Addition) -> None:
        """Add a version, completely or not at all."""

    def remove(self, versions: Iterable[str]) -> None:
        """Remove the files of versions, once the journal says they are pruned; a later writer retries what fails."""
