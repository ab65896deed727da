"""Change a model's folder, one process at a time; a change is committed by a synced line of the journal."""

import errno
import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bakeoff.errors import ReadError, StoreError, WriteError
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
from bakeoff.store.history import History
from bakeoff.store.keys import Keys
from bakeoff.store.layout import INCOMING, Layout

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

logger = logging.getLogger(__name__)


class Writer:
    """Changes a model's folder; for the process that holds its lock.

    Everything that a change needs is on the disk before its line in the journal. What follows from the line (moving a
    folder into place, replacing `champion` and `journal.head`, removing folders) can be repeated by any later writer.

    Attributes:
        layout: the model's folder.
        keys: the keys to sign with.
        history: the present history.
    """

    def __init__(self, layout: Layout, keys: Keys, history: History) -> None:
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
            append(self.layout.journal.path, content, self.history.size)
        except OSError:
            for path in texts:
                aside_of(path).unlink(missing_ok=True)
            raise
        self.history = after
        with self._following_up():
            for path in texts:
                aside_of(path).replace(path)
            sync(self.layout.folder)

    def _derived_files(self, history: History) -> dict[Path, str]:
        """Return the contents of `journal.head` and `champion` for a history, without those that are right already."""
        texts = {self.layout.journal.head: self.layout.journal.head_text(history, self.keys)}
        if history.champion:
            texts[self.layout.champion_file] = f"{history.champion}\n"
        return {path: text for path, text in texts.items() if not _holds(path, text)}

    def publish(self, version: str) -> None:
        """Move a version into place, once the journal contains it."""
        with self._following_up():
            self.layout.staging(version).rename(self.layout.folder / version)
            sync(self.layout.folder)

    def remove(self, versions: Iterable[str]) -> None:
        """Remove folders, once the journal says they are pruned; a later writer retries what fails."""
        for version in versions:
            _remove(self.layout.folder / version)
            if (self.layout.folder / version).exists():
                logger.warning("%s could not be removed yet; the next writer tries again", self.layout.folder / version)

    def discard(self, version: str) -> None:
        """Remove the staging folder of a version whose export failed, unless the journal contains it after all."""
        with suppress(OSError, ReadError):
            if version not in self.layout.journal.inspect(None)[0].exports:
                _remove(self.layout.staging(version))

    def recover(self) -> None:
        """Finish or undo the work of a writer that died."""
        if not self.layout.journal.path.exists():
            # Its name is synced with the head's, before it contains a line.
            write_file(self.layout.journal.path, b"")
        names = {path.name for path in self.layout.folder.iterdir()}
        for name in names:
            version = name.removeprefix(INCOMING)
            if name == version or not VERSION.fullmatch(version):
                continue
            if version in self.history.versions and version not in names:
                self.publish(version)
            else:
                _remove(self.layout.folder / name)
        self.remove(names & set(self.history.pruned))
        for path in (self.layout.journal.head, self.layout.champion_file):
            _remove(aside_of(path))
        for path, text in self._derived_files(self.history).items():
            write_aside(path, text).replace(path)
            sync(self.layout.folder)

    @contextmanager
    def _following_up(self) -> Iterator[None]:
        """Log errors of work that follows from the journal: the change is committed, and a later writer finishes it."""
        try:
            yield
        except OSError as error:
            logger.warning("%s: the journal is ahead of the files: %s", self.layout.folder, error)


@contextmanager
def writing(layout: Layout, keys: Keys, trusted: Keys | None) -> Iterator[Writer]:
    """Hold the model's lock in the block, and repair first what a writer that died has left.

    Args:
        layout: the model's folder.
        keys: the keys to sign with.
        trusted: the trusted keys; with None signatures are not checked.

    Raises:
        StoreError: the folder can't be written to, or the journal is signed and there is no private key.
        IntegrityError: the journal has a finding.
        WriteError: a write failed, here or in the block; nothing was changed.
        ReadError: the system refused to read a file.
    """
    require_writable(layout.folder, "the store", StoreError)
    try:
        make_folder(layout.folder)
        with locked(layout.lock):
            writer = Writer(layout, keys, layout.read_history(trusted))
            layout.journal.require_key(writer.history, keys)
            writer.recover()
            yield writer
    except OSError as error:
        path = error.filename2 or error.filename
        name = f" ({Path(path).name})" if path else ""
        advice = "; make room and try again" if error.errno in FULL else ""
        raise WriteError(
            f"the store {str(layout.folder.parent)!r} could not be changed: {error.strerror or error}{name}; "
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
