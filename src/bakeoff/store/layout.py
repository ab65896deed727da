"""The paths of a model's versions, champion and journal, and functions that read them without a lock."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bakeoff.errors import IntegrityError
from bakeoff.runtime.files import raise_refusal, read_file
from bakeoff.runtime.locks import locked_if_possible
from bakeoff.store.card import Card
from bakeoff.store.entries import VERSION
from bakeoff.store.history import History
from bakeoff.store.journal import Journal
from bakeoff.store.keys import Keys
from bakeoff.store.manifest import LARGEST_CARD, parse_card

PATIENCE_SECONDS = 2.0  # the longest that a reader waits for a writer
INCOMING = ".incoming-"  # prefix of a version that is being written, or whose writer died
SHORT = 1 << 12  # bytes of a one-line file, at most
GONE = "journal.jsonl is gone, or all that was in it; restore the model's folder from a backup, or choose another name"


@dataclass(frozen=True)
class Layout:
    """The folder of one model."""

    folder: Path

    @property
    def journal(self) -> Journal:
        """The journal, which decides what exists."""
        return Journal(self.folder, self.folder.name)

    @property
    def champion_file(self) -> Path:
        """The file with the champion's id, for programs that don't parse the journal."""
        return self.folder / "champion"

    @property
    def lock(self) -> Path:
        """The file that writers lock."""
        return self.folder / ".lock"

    def staging(self, version: str) -> Path:
        """Return the folder where a version is written before it is moved into place."""
        return self.folder / f"{INCOMING}{version}"

    def path(self, version: str) -> Path:
        """Return a version's folder; if its writer died before moving it, the staging folder, which is complete too."""
        folder, incoming = self.folder / version, self.staging(version)
        return incoming if not folder.exists() and incoming.exists() else folder

    def present(self) -> set[str]:
        """Return the names of the folders that are named like a version, in the journal or not."""
        try:
            return {path.name for path in self.folder.iterdir() if VERSION.fullmatch(path.name)}
        except OSError as error:
            raise_refusal(error, self.folder)
            return set()

    def read_pointer(self) -> str:
        """Return the content of the file `champion`, an id; empty if the file is missing or too long."""
        try:
            return read_file(self.champion_file, SHORT).decode(errors="replace").strip()
        except OSError as error:
            raise_refusal(error, self.champion_file)
            return ""

    def read_history(self, keys: Keys | None) -> History:
        """Read the journal.

        Args:
            keys: the trusted keys; with None signatures are not checked.

        Raises:
            IntegrityError: the journal was changed, is gone, or is not signed by a trusted key.
            ReadError: the system refused to read it.
        """
        history = self.journal.read(keys)
        if not history.entries and (self.present() or self.read_pointer()):
            raise IntegrityError(f"the journal of {self.folder.name!r} is not used: {GONE}")
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
        folders = self.folder / version, self.staging(version)
        for folder in (*folders, folders[0]):  # it may be moved into place in the meantime
            try:
                return read_file(folder / name, most)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise_refusal(error, folder / name)
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
        with locked_if_possible(self.lock, PATIENCE_SECONDS):
            yield
