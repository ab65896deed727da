"""The paths of a model's versions, champion and journal, and functions that read them without a lock."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bakeoff.errors import IntegrityError
from bakeoff.runtime.objects.address import Address
from bakeoff.store.card import Card
from bakeoff.store.entries import VERSION
from bakeoff.store.files.model_files import ModelFiles
from bakeoff.store.history import History
from bakeoff.store.journal import JOURNAL_HEAD, Journal
from bakeoff.store.keys import Keys
from bakeoff.store.manifest import LARGEST_CARD, parse_card

PATIENCE_SECONDS = 2.0  # the longest that a reader waits for a writer
CHAMPION = "champion"  # the file with the champion's id, for programs that don't parse the journal
INCOMING = ".incoming-"  # prefix of a version that is being written, or whose writer died
ABANDONED = timedelta(days=1)  # age of an export to an object store that nobody can be writing any more
SHORT = 1 << 12  # bytes of a one-line file, at most
GONE = "journal.jsonl is gone, or all that was in it; restore the model's folder from a backup, or choose another name"


@dataclass(frozen=True)
class Layout:
    """The files of one model."""

    files: ModelFiles

    @property
    def journal(self) -> Journal:
        """The journal, which decides what exists."""
        return Journal(self.files, self.files.place.name)

    def key(self, version: str) -> str:
        """Return a version's folder; if its writer died before moving it, the staging folder, which is complete too."""
        incoming = f"{INCOMING}{version}"
        return incoming if not self.files.exists(version) and self.files.is_folder(incoming) else version

    def path(self, version: str) -> Path | Address:
        """Return where a version's files are, as `key` has it."""
        return self.files.place / self.key(version)

    def present(self) -> set[str]:
        """Return the names of the folders that are named like a version, in the journal or not.

        In an object store files are written in their place, without those of versions that are being written.
        """
        try:
            names = self.files.names()
        except OSError:
            return set()
        return {name for name in names if VERSION.fullmatch(name) and f"{INCOMING}{name}" not in names}

    def abandoned(self, history: History) -> list[str]:
        """Return the ids of exports to an object store whose writer died, a day ago or longer, before committing them.

        Copies are left: once pruned, they could not be pulled again. In a folder the next writer removes either.
        """
        if isinstance(self.files.place, Path):
            return []
        latest = f"{datetime.now(UTC) - ABANDONED:%Y%m%dT%H%M%SZ}"
        versions = (name.removeprefix(INCOMING) for name in self.files.names() if name.startswith(INCOMING))
        unlisted = {version for version in versions if VERSION.fullmatch(version) and version < latest}
        return sorted(filter(self._is_export, unlisted - history.exports.keys() - history.pruned.keys()))

    def _is_export(self, version: str) -> bool:
        with suppress(OSError):  # it has been removed in the meantime
            return self.files.read(f"{INCOMING}{version}", SHORT).startswith(b"export")
        return False

    def read_pointer(self) -> str:
        """Return the content of the file `champion`, an id; empty if the file is missing or too long."""
        try:
            return self.files.read(CHAMPION, SHORT).decode(errors="replace").strip()
        except OSError:
            return ""

    def derived_files(self, history: History, keys: Keys) -> dict[str, str]:
        """Return the contents, by name, of the files that follow from a history.

        Args:
            history: the history.
            keys: the keys to sign with.
        """
        texts = {JOURNAL_HEAD: self.journal.head_text(history, keys)}
        if history.champion:
            texts[CHAMPION] = f"{history.champion}\n"
        return texts

    def read_history(self, keys: Keys | None) -> History:
        """Read the journal.

        Args:
            keys: the trusted keys; with None signatures are not checked.

        Raises:
            IntegrityError: the journal was changed, is gone, or is not signed by a trusted key.
            ReadError: the system refused to read it.
        """
        return self.require_used(*self.journal.inspect(keys))

    def require_used(self, history: History, findings: list[str]) -> History:
        """Return a history that has no findings, and whose journal is not gone.

        Raises:
            IntegrityError: it has, or it is.
        """
        self.journal.refuse(findings)
        if not history.entries and (self.present() or self.read_pointer()):
            raise IntegrityError(f"the journal of {self.files.place.name!r} is not used: {GONE}")
        return history

    def read_file(self, version: str, name: str, most: int) -> bytes:
        """Read a file of a version, without verifying it.

        Args:
            version: the version's id.
            name: the file's name.
            most: the most bytes that it may have.

        Raises:
            IntegrityError: it is missing, not a file, or too large.
            ReadError: the system refused to read it.
        """
        for folder in (version, f"{INCOMING}{version}", version):  # it may be moved into place in the meantime
            try:
                return self.files.read(f"{folder}/{name}", most)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise IntegrityError(f"{name} can't be read: {error.strerror}") from error
        raise IntegrityError(f"{name} is missing")

    def read_card(self, version: str, history: History) -> Card:
        """Read a version's card, verified against the journal.

        Raises:
            IntegrityError: it was changed, or has a format that this Bakeoff doesn't know.
        """
        return parse_card(self.read_card_file(version, history), version)

    def read_card_file(self, version: str, history: History) -> bytes:
        """Read card.json, verified against the journal.

        Raises:
            IntegrityError: it was changed, or the version is not in the journal.
        """
        if version not in history.exports:
            raise IntegrityError("it is not in the journal: Bakeoff did not export it")
        content = self.read_file(version, "card.json", LARGEST_CARD)
        if hashlib.sha256(content).hexdigest() != history.exports[version]["card_sha256"]:
            raise IntegrityError("card.json differs from the journal")
        return content

    @contextmanager
    def read_locked(self) -> Iterator[None]:
        """Hold the writers' lock in the block if it can be had in two seconds, so that no writer changes anything."""
        with self.files.quiet(PATIENCE_SECONDS):
            yield
