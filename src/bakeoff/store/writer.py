"""Changing a model's folder: one process at a time, by one synced line of the journal that is the whole change."""

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
        """
        content, after = self.layout.journal.encode_events(self.history, events, self.keys)
        texts = self._derived_files(after)
        try:
            for path, text in texts.items():
                write_aside(path, text)  # with the line on the disk, it must not want for room
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
        """What the files that follow from the journal are to hold, where they hold something else."""
        wanted = {self.layout.journal.head: self.layout.journal.head_text(history, self.keys)}
        if history.champion:
            wanted[self.layout.champion_file] = f"{history.champion}\n"
        return {path: text for path, text in wanted.items() if not _holds(path, text)}

    def publish(self, version: str) -> None:
        """Move a version into its place, when the journal has it."""
        with self._following_up():
            self.layout.staging(version).rename(self.layout.folder / version)
            sync(self.layout.folder)

    def remove(self, versions: Iterable[str]) -> None:
        """Remove folders, when the journal says that they are gone; a later writer tries again what fails."""
        for version in versions:
            _remove(self.layout.folder / version)
            if (self.layout.folder / version).exists():
                logger.warning("%s could not be removed yet; the next writer tries again", self.layout.folder / version)

    def discard(self, version: str) -> None:
        """Give back the room that a version took which could not be exported; not if the journal has it after all."""
        with suppress(OSError, ReadError):
            if version not in self.layout.journal.inspect(None)[0].exports:
                _remove(self.layout.staging(version))

    def recover(self) -> None:
        """Finish or clear what a writer that died left behind."""
        if not self.layout.journal.path.exists():
            write_file(
                self.layout.journal.path, b""
            )  # its name is synced with the head's, before there is a line in it
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
        """Do what follows from the journal. The change is made: an error here is for a later writer to mend."""
        try:
            yield
        except OSError as error:
            logger.warning("%s: the journal is ahead of the files: %s", self.layout.folder, error)


@contextmanager
def writing(layout: Layout, keys: Keys, trusted: Keys | None) -> Iterator[Writer]:
    """Hold the lock, with everything mended.

    Args:
        keys: what is signed with.
        trusted: whose signature the journal must have; None looks at none.

    Raises:
        StoreError: the folder can't be written in, or the journal is signed and there is no private key.
        IntegrityError: the journal is not in order.
        WriteError: the disk refused a write, here or in the block; nothing was changed.
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
        which = f" ({Path(path).name})" if path else ""
        way_out = "; make room and try again" if error.errno in FULL else ""
        raise WriteError(
            f"the store {str(layout.folder.parent)!r} could not be changed: {error.strerror or error}{which}; "
            f"everything is as it was{way_out}"
        ) from error


def _holds(path: Path, text: str) -> bool:
    try:
        return read_file(path, len(text.encode())) == text.encode()
    except OSError:
        return False


def _remove(path: Path) -> None:
    """Remove a folder, or whatever stands in its place, as far as that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
