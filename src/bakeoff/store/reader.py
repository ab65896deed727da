"""Read a model's versions, champion and history, verified against card and journal."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bakeoff.errors import ConfigError, IntegrityError, StoreError
from bakeoff.runtime.files import DENIED, NAME, raise_refusal
from bakeoff.runtime.objects.address import Address, parse_place, path_or_address
from bakeoff.store.card import Card
from bakeoff.store.entries import HEAD
from bakeoff.store.files.object_files import names_below, open_files
from bakeoff.store.history import History
from bakeoff.store.journal import JOURNAL
from bakeoff.store.keys import NO_KEYS, Keys
from bakeoff.store.layout import Layout
from bakeoff.store.manifest import LARGEST_CARD, REPORT, most_bytes, parse_card, recorded_digest
from bakeoff.store.retention import RetentionPlan, plan_retention
from bakeoff.store.verification import Finding, verify_journal, verify_versions

LARGEST_REPORT = 1 << 26  # bytes
ADVICE = "restore it from a backup, or use another version"


class StoreReader:
    """The versions of one model, `<root>/<name>/<version>/`, for reading.

    It takes no lock: a reader sees a version or champion as before or after a change, never in between.

    Args:
        root: the store's folder, or its address in an object store.
        name: the model's name.
        keys: the trusted keys.

    Raises:
        ConfigError: the root is neither a path on this machine nor an address of an object store.
    """

    def __init__(self, root: Path | Address | str, name: str, keys: Keys = NO_KEYS) -> None:
        self.name = name
        self.root = root if isinstance(root, Address) else _parse_root(str(root))
        self.folder = self.root / name
        self.keys = keys
        self._layout = Layout(open_files(self.root, name))
        self.journal = self._layout.journal

    def exists(self) -> bool:
        """Return whether the model has a folder, or objects."""
        return self._layout.files.is_folder("")

    def history(self) -> History:
        """Read the journal.

        Raises:
            IntegrityError: it was changed, is gone, or is not signed by a trusted key.
            ReadError: the system refused to read it.
        """
        try:
            return self._layout.read_history(self.keys)
        except IntegrityError:
            with self._layout.read_locked():  # a writer may just have cut off the rest of a line that a crash left
                return self._layout.read_history(self.keys)

    def versions(self) -> list[str]:
        """Return all versions, oldest first."""
        return self.history().versions

    def champion(self) -> str | None:
        """Return the champion, or None."""
        return self.history().champion

    def resolve(self, wanted: str, history: History | None = None) -> str:
        """Return the id of a version given as `champion`, `latest` or an id.

        Args:
            wanted: `champion`, `latest` or an id.
            history: the history, read now by default.

        Raises:
            StoreError: there is no such model or version; the message lists what there is.
        """
        history = history or self.history()
        versions = history.versions
        if not versions:
            root = str(self.root)
            others = ", ".join(names_in(self.root))
            if not others:  # the name may be the default
                raise StoreError(f"there is no model in {root!r} yet: train first, or give another --store")
            hint = f"there {'are' if ',' in others else 'is'} {others}"
            raise StoreError(
                f"there is no model {self.name!r} in {root!r} ({hint}): train first, or give another --store or --name"
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

    def path(self, version: str) -> Path | Address:
        """Return the version's folder, or its address."""
        return self._layout.path(version)

    def card(self, version: str, history: History | None = None) -> Card:
        """Read a version's card, verified against the journal.

        Args:
            version: the version's id.
            history: the history, read now by default.

        Raises:
            IntegrityError: it was changed, or has a format that this Bakeoff doesn't know.
            StoreError: the version was pruned.
        """
        history = history or self.history()
        with self._naming(version):
            return self._layout.read_card(version, history)

    def card_json(self, version: str, history: History | None = None) -> dict[str, Any]:
        """Read card.json with all its keys, also those that this Bakeoff doesn't know; verified like `card`.

        Args:
            version: the version's id.
            history: the history, read now by default.

        Raises:
            IntegrityError: as for `card`.
        """
        parsed: dict[str, Any] = json.loads(self.card_bytes(version, history))
        return parsed

    def card_bytes(self, version: str, history: History | None = None) -> bytes:
        """Read card.json as it was sealed; arguments and errors as for `card`."""
        history = history or self.history()
        with self._naming(version):
            content = self._layout.read_card_file(version, history)
            parse_card(content, version)
        return content

    def read_report(self, version: str) -> bytes | None:
        """Read a version's report, which is not sealed; None if it is missing, too large, or a link.

        Raises:
            ReadError: the system refused to read it.
        """
        try:
            return self._layout.files.read(f"{self._layout.key(version)}/{REPORT}", LARGEST_REPORT, follow=False)
        except OSError:
            return None

    def mentions(self, version: str, text: str) -> bool:
        """Return whether card.json contains a text, without verifying it, which is faster than reading the card.

        Raises:
            IntegrityError: it is missing.
        """
        return text.encode() in self._layout.read_file(version, "card.json", LARGEST_CARD)

    def read(self, version: str, name: str, history: History | None = None) -> bytes:
        """Read a sealed file, verified against the card, and the card against the journal.

        Args:
            version: the version's id.
            name: the file's name.
            history: the history, read now by default.

        Raises:
            IntegrityError: a file was changed, is missing or is not sealed; the message names it.
            StoreError: the version was pruned.
        """
        card = self.card(version, history)
        with self._naming(version):
            content = self._layout.read_file(version, name, most_bytes(card, name))
            if hashlib.sha256(content).hexdigest() != recorded_digest(card, name):
                raise IntegrityError(f"{name} differs from its card")
        return content

    def plan_prune(self, last: int, days: float) -> RetentionPlan:
        """Return what `prune` would remove now.

        Args:
            last: the number of newest versions to keep.
            days: versions that were champion within this many days are kept; the champion always is.

        Raises:
            StoreError: there is no such model.
        """
        history = self.history()
        self.resolve("latest", history)
        return plan_retention(self._layout, history, last, days)

    def verify(self, version: str | None = None, noted: str | None = None) -> list[Finding]:
        """Verify every file against its card, cards against the journal, and the journal itself.

        Args:
            version: verify only this one; by default all.
            noted: an earlier head, whose line the journal must contain. Without it an old copy of the whole folder,
                which is consistent in itself, has no findings.

        Returns:
            The differences found; if the journal itself has some, `version` is not verified.

        Raises:
            StoreError: there is no such version, or `noted` is not a head.
        """
        if noted is not None and not HEAD.fullmatch(noted.strip()):
            raise StoreError(
                f"{noted!r} is no head of a journal: a line number and a SHA-256, as journal.head holds them"
            )
        history, findings = verify_journal(self._layout, self.keys, noted)
        if findings:
            with self._layout.read_locked():  # a writer may just have been at work
                history, findings = verify_journal(self._layout, self.keys, noted)
        names = self._names(history)
        if version is not None:
            names = [] if findings else [self.resolve(version, history)]
        return findings + verify_versions(self._layout, history, names)

    def _names(self, history: History) -> list[str]:
        """Return the versions in the journal or in the folder, oldest first."""
        return sorted({*history.versions, *self._layout.present()})

    @contextmanager
    def _naming(self, version: str) -> Iterator[None]:
        """Add the version to an IntegrityError; raise a StoreError instead if it was pruned in the meantime."""
        try:
            yield
        except IntegrityError as error:
            self._refuse_pruned(version, self._layout.journal.inspect(None)[0])
            raise IntegrityError(f"version {version} is not used: {error}; {ADVICE}") from error

    def _refuse_pruned(self, version: str, history: History) -> None:
        if version in history.pruned:
            raise StoreError(f"version {version} of {self.name!r} was pruned at {history.pruned[version]['time']}")


def _parse_root(text: str) -> Path | Address:
    try:
        return parse_place(path_or_address(text))
    except ValueError as error:
        raise ConfigError(f"the store {error}") from error


def names_in(root: Path | Address) -> list[str]:
    """Return the names of the models in a store, including models whose own folder may not be read.

    Raises:
        StoreError: the store's path is a file.
        UserError: the object store can't be used.
        ReadError: the system refused to read the store's folder.
    """
    if isinstance(root, Address):
        names = sorted(name for name in names_below(root) if re.fullmatch(NAME, name))
        return [name for name in names if open_files(root, name).exists(JOURNAL)]
    if os.path.exists(root) and not os.path.isdir(root):  # noqa: PTH110, PTH112  Path's methods raise if access is denied
        raise StoreError(f"the store {str(root)!r} is a file; give a folder")
    try:
        names = sorted(path.name for path in root.iterdir())
    except OSError as error:
        raise_refusal(error, root)
        return []
    return [name for name in names if re.fullmatch(NAME, name) and _has_journal(root / name)]


def _has_journal(folder: Path) -> bool:
    try:
        (folder / JOURNAL).stat()
    except OSError as error:
        return error.errno in DENIED
    return True
