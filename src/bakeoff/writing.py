"""Changing a model's folder: one process at a time, by one synced line of the journal that is the whole change."""

import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from bakeoff.errors import StoreError, WriteError
from bakeoff.files import append, locked, make_folder, require_writable, sync, write_aside
from bakeoff.history import History
from bakeoff.journal import head_line
from bakeoff.layout import INCOMING, Layout
from bakeoff.signing import Keys

FIRST = "the first version of this name"

logger = logging.getLogger(__name__)


class Writer:
    """The holder of a model's lock.

    What a change needs is on the disk before the journal's line is, and what follows from it (a folder's move into
    place, the files `champion` and `journal.head`, a removed folder) any later writer can do again.

    Attributes:
        history: what the journal tells now.
    """

    def __init__(self, layout: Layout, keys: Keys, history: History) -> None:
        self.layout = layout
        self.keys = keys
        self.history = history

    def commit(self, *events: dict[str, Any]) -> None:
        """Append events to the journal: that is the change.

        Raises:
            OSError: the disk refused; nothing was changed.
            StoreError: the journal is signed, and there is no private key.
        """
        content, after = self.layout.journal.follow(self.history, events, self.keys)
        texts = {self.layout.journal.head: head_line(after)}
        if after.champion != self.history.champion:
            texts[self.layout.pointer] = f"{after.champion}\n"
        asides = {}
        try:
            for path, text in texts.items():
                asides[path] = write_aside(path, text)  # with the line on the disk, it must not want for room
            append(self.layout.journal.path, content, self.history.size)
        except OSError:
            for aside in asides.values():
                aside.unlink(missing_ok=True)
            raise
        self.history = after
        with self._following_up():
            for path, aside in asides.items():
                aside.replace(path)
            sync(self.layout.folder)

    def arrive(self, version: str) -> None:
        """Move a version into its place, when the journal has it."""
        with self._following_up():
            self.layout.incoming(version).rename(self.layout.folder / version)
            sync(self.layout.folder)

    def remove(self, versions: Iterable[str]) -> None:
        """Remove folders, when the journal says that they are gone; a later writer tries again what fails."""
        for version in versions:
            shutil.rmtree(self.layout.folder / version, ignore_errors=True)

    def mend(self) -> None:
        """Finish or clear what a writer that died left behind."""
        names = {path.name for path in self.layout.folder.iterdir()}
        for name in names:
            if name.startswith(INCOMING):
                version = name.removeprefix(INCOMING)
                if version in self.history.versions and version not in names:
                    self.arrive(version)
                else:
                    shutil.rmtree(self.layout.folder / name)
            elif name.endswith(".aside"):
                (self.layout.folder / name).unlink()
        self.remove(names & set(self.history.pruned))
        if self.history.versions and self.history.champion is None:
            self.commit(event("promote", self.history.versions[0], FIRST))
        wanted = {self.layout.journal.head: head_line(self.history)}
        if self.history.champion:
            wanted[self.layout.pointer] = f"{self.history.champion}\n"
        for path, text in wanted.items():
            if not path.exists() or path.read_bytes() != text.encode():
                write_aside(path, text).replace(path)
                sync(self.layout.folder)

    @contextmanager
    def _following_up(self) -> Iterator[None]:
        """Do what follows from the journal. The change is made: an error here is for a later writer to mend."""
        try:
            yield
        except OSError as error:
            logger.warning("%s: the journal is ahead of the files: %s", self.layout.folder, error)


@contextmanager
def writing(layout: Layout, keys: Keys, trusted: Keys) -> Iterator[Writer]:
    """Hold the lock, with everything mended.

    Args:
        keys: what is signed with.
        trusted: whose signature the journal must have.

    Raises:
        StoreError: the folder can't be written in.
        IntegrityError: the journal is not in order.
        WriteError: the disk refused a write, here or in the block; nothing was changed.
    """
    require_writable(layout.folder, "the store", StoreError)
    try:
        make_folder(layout.folder)
        with locked(layout.lock):
            writer = Writer(layout, keys, layout.read_history(trusted))
            writer.mend()
            yield writer
    except OSError as error:
        raise WriteError(
            f"the store {str(layout.folder.parent)!r} refused a write: {error.strerror or error}; "
            "nothing was changed: make room or mend the disk, and try again"
        ) from error


def event(kind: str, version: str | None, why: str, by: str | None = None, **more: str) -> dict[str, Any]:
    """An entry of the journal, all but what every entry has."""
    entry = {"event": kind, "version": version, "why": why, "by": by, **more}
    return {key: value for key, value in entry.items() if value is not None}
