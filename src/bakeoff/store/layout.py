"""Where a model's versions, champion and journal lie on the disk, and reading them without a lock."""

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

PATIENCE_SECONDS = 2.0  # a reader does not wait longer for a writer
INCOMING = ".incoming-"  # a version that its writer is still at, or died over
SHORT = 1 << 12  # bytes of a file that holds a line
GONE = "journal.jsonl is gone, or all that was in it; restore the model's folder from a backup, or choose another name"


@dataclass(frozen=True)
class Layout:
    """The folder of one model."""

    folder: Path

    @property
    def journal(self) -> Journal:
        """The truth."""
        return Journal(self.folder, self.folder.name)

    @property
    def champion_file(self) -> Path:
        """The file that holds the champion's id, for whoever doesn't want to read the journal."""
        return self.folder / "champion"

    @property
    def lock(self) -> Path:
        """The file whose lock a writer holds."""
        return self.folder / ".lock"

    def staging(self, version: str) -> Path:
        """Where a version is written before it is moved into place."""
        return self.folder / f"{INCOMING}{version}"

    def path(self, version: str) -> Path:
        """The version's folder; one that its writer died over before it could be moved into place is complete too."""
        folder, incoming = self.folder / version, self.staging(version)
        return incoming if not folder.exists() and incoming.exists() else folder

    def present(self) -> set[str]:
        """The version folders that are there, whoever made them."""
        try:
            return {path.name for path in self.folder.iterdir() if VERSION.fullmatch(path.name)}
        except OSError as error:
            raise_refusal(error, self.folder)
            return set()

    def read_pointer(self) -> str:
        """The champion's id as the file has it; empty without a file."""
        try:
            return read_file(self.champion_file, SHORT).decode(errors="replace").strip()
        except OSError as error:
            raise_refusal(error, self.champion_file)
            return ""

    def read_history(self, keys: Keys | None) -> History:
        """What the journal tells.

        Args:
            keys: whose signature it must have; None looks at none.

        Raises:
            IntegrityError: it is not what was written, is gone, or with public keys: not signed by one of them.
            ReadError: the system refused to have it read.
        """
        history = self.journal.read(keys)
        if not history.entries and (self.present() or self.read_pointer()):
            raise IntegrityError(f"the journal of {self.folder.name!r} is not used: {GONE}")
        return history

    def read_file(self, version: str, name: str, most: int) -> bytes:
        """A file of a version, compared with nothing yet.

        Args:
            most: bytes that it may have.

        Raises:
            IntegrityError: it is missing, no file, or too large.
            ReadError: the system refused.
        """
        places = self.folder / version, self.staging(version)
        for folder in (*places, places[0]):  # it may be moved into place meanwhile
            try:
                return read_file(folder / name, most)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise_refusal(error, folder / name)
                raise IntegrityError(f"{name} can't be read: {error.strerror}") from error
        raise IntegrityError(f"{name} is missing")

    def read_card(self, version: str, history: History) -> Card:
        """The version's card, compared with the journal.

        Raises:
            IntegrityError: it is not what was exported, or of a format that this Bakeoff doesn't know.
        """
        return parse_card(self.read_card_file(version, history), version)

    def read_card_file(self, version: str, history: History) -> bytes:
        """The content of card.json, compared with the journal.

        Raises:
            IntegrityError: it is not what was exported.
        """
        if version not in history.exports:
            raise IntegrityError("it is not in the journal: Bakeoff did not export it")
        content = self.read_file(version, "card.json", LARGEST_CARD)
        if hashlib.sha256(content).hexdigest() != history.exports[version]["card_sha256"]:
            raise IntegrityError("card.json differs from the journal")
        return content

    @contextmanager
    def read_locked(self) -> Iterator[None]:
        """Hold the lock where it can be had, so that nothing moves while the block looks; nothing is changed."""
        with locked_if_possible(self.lock, PATIENCE_SECONDS):
            yield
