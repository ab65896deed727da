"""Change a model's folder, one process at a time; a change is committed by a synced line of the journal."""

import errno
import logging
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from bakeoff.errors import BakeoffError, ReadError, StoreError, WriteError
from bakeoff.runtime.files import (
    append,
    aside_of,
    make_folder,
    read_file,
    require_writable,
    sync,
    write_aside,
    write_file,
)
from bakeoff.runtime.locks import locked
from bakeoff.store.entries import VERSION
from bakeoff.store.files.folder_files import LOCK
from bakeoff.store.history import History
from bakeoff.store.keys import Keys
from bakeoff.store.layout import CHAMPION, INCOMING, Layout
from bakeoff.store.writers.addition import Addition

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

Changed = TypeVar("Changed")

logger = logging.getLogger(__name__)


class FolderWriter:
    """Changes a model's folder, as a `Writer`; for the process that holds its lock.

    Everything that a change needs is on the disk before its line in the journal. What follows from the line (moving a
    folder into place, replacing `champion` and `journal.head`, removing folders) can be repeated by any later writer.

    Attributes:
        folder: the model's folder.
        layout: its files.
        keys: the keys to sign with.
        history: the present history.
        begun: nothing, as nobody else can be adding a version.
    """

    begun: Collection[str] = ()

    def __init__(self, folder: Path, layout: Layout, keys: Keys, history: History) -> None:
        self.folder = folder
        self.layout = layout
        self.keys = keys
        self.history = history

    def commit(self, *events: dict[str, Any]) -> None:
        """Append events to the journal, which commits the change.

        Raises:
            OSError: a write failed; nothing was changed.
        """
        content, after = self.layout.journal.encode_events(self.history, events, self.keys)
        texts = self._derived_files(after)
        try:
            for path, text in texts.items():
                write_aside(path, text)  # before the line: afterwards they must not fail on a full disk
            append(self._journal, content, self.history.size)
        except OSError:
            for path in texts:
                aside_of(path).unlink(missing_ok=True)
            raise
        self.history = after
        with self._following_up():
            for path in texts:
                aside_of(path).replace(path)
            sync(self.folder)

    def add(self, addition: Addition) -> None:
        """Write a version, commit it, and move it into place.

        Raises:
            OSError: a write failed; nothing was changed.
        """
        incoming = self._staging(addition.version)
        incoming.mkdir()
        try:
            self.commit(*addition.events(self.history, addition.write(incoming)))
        except (OSError, BakeoffError):  # a full disk, for example: free the space again
            self._discard(addition.version)
            raise
        self._publish(addition.version)

    @property
    def _journal(self) -> Path:
        return self.folder / self.layout.journal.path.name

    def _staging(self, version: str) -> Path:
        """Return the folder where a version is written before it is moved into place."""
        return self.folder / f"{INCOMING}{version}"

    def _derived_files(self, history: History) -> dict[Path, str]:
        """Return the contents of `journal.head` and `champion` for a history, without those that are right already."""
        texts = self.layout.derived_files(history, self.keys)
        paths = {self.folder / name: text for name, text in texts.items()}
        return {path: text for path, text in paths.items() if not _holds(path, text)}

    def _publish(self, version: str) -> None:
        """Move a version into place, once the journal contains it."""
        with self._following_up():
            self._staging(version).rename(self.folder / version)
            sync(self.folder)

    def remove(self, versions: Iterable[str]) -> None:
        """Remove folders, once the journal says they are pruned; a later writer retries what fails."""
        for version in versions:
            _remove(self.folder / version)
            if (self.folder / version).exists():
                logger.warning("%s could not be removed yet; the next writer tries again", self.folder / version)

    def _discard(self, version: str) -> None:
        """Remove the staging folder of a version whose export failed, unless the journal contains it after all."""
        with suppress(OSError, ReadError):
            if version not in self.layout.journal.inspect(None)[0].exports:
                _remove(self._staging(version))

    def recover(self) -> None:
        """Finish or undo the work of a writer that died."""
        if not self._journal.exists():
            # Its name is synced with the head's, before it contains a line.
            write_file(self._journal, b"")
        names = {path.name for path in self.folder.iterdir()}
        for name in names:
            version = name.removeprefix(INCOMING)
            if name == version or not VERSION.fullmatch(version):
                continue
            if version in self.history.versions and version not in names:
                self._publish(version)
            else:
                _remove(self.folder / name)
        self.remove(names & set(self.history.pruned))
        for name in (self.layout.journal.head.name, CHAMPION):
            _remove(aside_of(self.folder / name))
        for path, text in self._derived_files(self.history).items():
            write_aside(path, text).replace(path)
            sync(self.folder)

    @contextmanager
    def _following_up(self) -> Iterator[None]:
        """Log errors of work that follows from the journal: the change is committed, and a later writer finishes it."""
        try:
            yield
        except OSError as error:
            logger.warning("%s: the journal is ahead of the files: %s", self.folder, error)


def change_folder(
    folder: Path, layout: Layout, keys: Keys, trusted: Keys | None, change: Callable[[FolderWriter], Changed]
) -> Changed:
    """Change a model's folder while its lock is held, and repair first what a writer that died has left.

    Args:
        folder: the model's folder.
        layout: its files.
        keys: the keys to sign with.
        trusted: the trusted keys; with None signatures are not checked.
        change: makes the change, by the writer that it is given, and returns what this function returns.

    Raises:
        StoreError: the folder can't be written to, or the journal is signed and there is no private key.
        IntegrityError: the journal has a finding.
        WriteError: a write failed; nothing was changed.
        ReadError: the system refused to read a file.
    """
    require_writable(folder, "the store", StoreError)
    try:
        make_folder(folder)
        with locked(folder / LOCK):
            writer = FolderWriter(folder, layout, keys, layout.read_history(trusted))
            layout.journal.require_key(writer.history, keys)
            writer.recover()
            return change(writer)
    except OSError as error:
        path = error.filename2 or error.filename
        name = f" ({Path(path).name})" if path else ""
        advice = "; make room and try again" if error.errno in FULL else ""
        raise WriteError(
            f"the store {str(folder.parent)!r} could not be changed: {error.strerror or error}{name}; "
            f"everything is as it was{advice}"
        ) from error


def _holds(path: Path, text: str) -> bool:
    """Return whether a file has exactly this content."""
    try:
        return read_file(path, len(text.encode())) == text.encode()
    except OSError:
        return False


def _remove(path: Path) -> None:
    """Remove a folder, or whatever is in its place, as far as possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
