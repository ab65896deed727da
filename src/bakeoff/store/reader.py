"""Reading a model's versions, champion and history, each compared with what was sealed."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError, StoreError
from bakeoff.runtime.files import DENIED, NAME, raise_refusal
from bakeoff.store.card import Card
from bakeoff.store.entries import HEAD
from bakeoff.store.history import History
from bakeoff.store.keys import NO_KEYS, Keys
from bakeoff.store.layout import Layout
from bakeoff.store.manifest import most_bytes, parse_card, recorded_digest
from bakeoff.store.retention import RetentionPlan, plan_retention
from bakeoff.store.verification import Finding, verify_journal, verify_versions

ELSE = "restore it from a backup, or use another version"


class StoreReader:
    """The versions of one model, `<root>/<name>/<version>/`, for who only reads them.

    No lock is taken: a version or champion is seen before or after a change, never in between.

    Args:
        keys: whose signatures are asked for.
    """

    def __init__(self, root: Path | str, name: str, keys: Keys = NO_KEYS) -> None:
        self.name = name
        self.folder = Path(root) / name
        self.keys = keys
        self._layout = Layout(self.folder)
        self.journal = self._layout.journal

    def history(self) -> History:
        """What the journal tells.

        Raises:
            IntegrityError: it is not what was written, or with public keys: not signed by one of them.
        """
        try:
            return self._layout.read_history(self.keys)
        except IntegrityError:
            with self._layout.read_locked():  # it may have been read while what a crash left of a line was cut
                return self._layout.read_history(self.keys)

    def versions(self) -> list[str]:
        """All versions, oldest first."""
        return self.history().versions

    def champion(self) -> str | None:
        """The version in use."""
        return self.history().champion

    def resolve(self, wanted: str, history: History | None = None) -> str:
        """The version that `champion`, `latest` or an id means.

        Args:
            history: as it was read before; by default it is read now.

        Raises:
            StoreError: there is none; the text says which there are.
        """
        history = history or self.history()
        versions = history.versions
        if not versions:
            root = str(self.folder.parent)
            others = ", ".join(names_in(self.folder.parent))
            if not others:  # the name may be a default that nobody gave
                raise StoreError(f"there is no model in {root!r} yet: train first, or give another --store")
            there = f"there {'are' if ',' in others else 'is'} {others}"
            raise StoreError(
                f"there is no model {self.name!r} in {root!r} ({there}): train first, or give another --store or --name"
            )
        if wanted == "latest":
            return versions[-1]
        if wanted == "champion" and history.champion:
            return history.champion
        self._refuse_pruned(wanted, history)
        if wanted not in versions:
            shown = ", ".join(versions[-5:])
            raise StoreError(f"{self.name!r} has no version {wanted!r}; allowed: champion, latest or an id ({shown})")
        return wanted

    def path(self, version: str) -> Path:
        """The version's folder."""
        return self._layout.path(version)

    def card(self, version: str, history: History | None = None) -> Card:
        """The version's card, compared with the journal.

        Args:
            history: as it was read before; by default it is read now.

        Raises:
            IntegrityError: it is not what was exported, or is of a format that this Bakeoff doesn't know.
        """
        history = history or self.history()
        with self._naming(version):
            return self._layout.read_card(version, history)

    def card_json(self, version: str, history: History | None = None) -> dict[str, Any]:
        """What card.json holds, keys of other Bakeoffs included; checked as `card` does.

        Args:
            history: as it was read before; by default it is read now.

        Raises:
            IntegrityError: as `card` does.
        """
        history = history or self.history()
        with self._naming(version):
            content = self._layout.read_card_file(version, history)
            parse_card(content, version)
        found: dict[str, Any] = json.loads(content)
        return found

    def read(self, version: str, name: str, history: History | None = None) -> bytes:
        """A sealed file's content, compared with the card, and the card with the journal.

        Args:
            history: as it was read before; by default it is read now.

        Raises:
            IntegrityError: naming what differs.
        """
        card = self.card(version, history)
        with self._naming(version):
            content = self._layout.read_file(version, name, most_bytes(card, name))
            if hashlib.sha256(content).hexdigest() != recorded_digest(card, name):
                raise IntegrityError(f"{name} differs from its card")
        return content

    def plan_prune(self, last: int, days: float) -> RetentionPlan:
        """What `prune` would do now.

        Args:
            last: how many of the newest versions are kept.
            days: what was champion within so many days is kept; the champion always is.
        """
        history = self.history()
        self.resolve("latest", history)
        return plan_retention(self._layout, history, last, days)

    def verify(self, version: str | None = None, noted: str | None = None) -> list[Finding]:
        """Check every file against its card, cards against the journal, and the journal against itself.

        Args:
            version: only this one; by default all of them.
            noted: a head of the journal from before, which it must have come by: an old copy of the whole folder, put
                back in its place, is in order by itself.

        Raises:
            StoreError: there is no such version, or what was noted is no head.
        """
        if noted is not None and not HEAD.fullmatch(noted.strip()):
            raise StoreError(
                f"{noted!r} is no head of a journal: a line number and a SHA-256, as journal.head holds them"
            )
        with self._layout.read_locked():
            history, found = verify_journal(self._layout, self.keys, noted)
            names = self._names(history)
        if version is not None:
            names = [] if found else [self.resolve(version, history)]
        return found + verify_versions(self._layout, history, names)

    def _names(self, history: History) -> list[str]:
        return sorted({*history.versions, *self._layout.present()})

    @contextmanager
    def _naming(self, version: str) -> Iterator[None]:
        """Have an error name the version, and tell one that was pruned meanwhile from a damaged one."""
        try:
            yield
        except IntegrityError as error:
            self._refuse_pruned(version, self._layout.journal.inspect(None)[0])
            raise IntegrityError(f"version {version} is not used: {error}; {ELSE}") from error

    def _refuse_pruned(self, version: str, history: History) -> None:
        if version in history.pruned:
            raise StoreError(f"version {version} of {self.name!r} was pruned at {history.pruned[version]['time']}")


def names_in(root: Path) -> list[str]:
    """The models in a store's folder, those among them that nobody may look into, too.

    Raises:
        StoreError: a file stands there.
        ReadError: the folder may not be read.
    """
    if os.path.exists(root) and not os.path.isdir(root):  # noqa: PTH110, PTH112  Path's raise where nobody may look
        raise StoreError(f"the store {str(root)!r} is a file; give a folder")
    try:
        names = sorted(path.name for path in root.iterdir())
    except OSError as error:
        raise_refusal(error, root)
        return []
    return [name for name in names if re.fullmatch(NAME, name) and _has_journal(root / name)]


def _has_journal(folder: Path) -> bool:
    try:
        (folder / "journal.jsonl").stat()
    except OSError as error:
        return error.errno in DENIED
    return True
