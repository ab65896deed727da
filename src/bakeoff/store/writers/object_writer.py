"""Change a model in an object store: a change is committed by replacing the journal if nobody else has, by If-Match."""

import logging
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bakeoff.errors import BakeoffError, IntegrityError, StoreError, WriteError
from bakeoff.runtime.objects.place import naming
from bakeoff.runtime.workspace import UPLOAD, locked_folder
from bakeoff.store.entries import VERSION
from bakeoff.store.files.object_files import ObjectFiles
from bakeoff.store.history import History
from bakeoff.store.journal import JOURNAL, JOURNAL_HEAD, LARGEST, LONGEST_HEAD
from bakeoff.store.keys import Keys
from bakeoff.store.layout import CHAMPION, INCOMING, SHORT, Layout
from bakeoff.store.manifest import CARD, LARGEST_CARD, compare_with_manifest, parse_card
from bakeoff.store.writers.addition import Addition

TRIES = 15
PAUSE_SECONDS = 0.05  # at most, after the first try; twice as long after each further one
LONGEST_PAUSE = 3.0
ABANDONED = timedelta(days=1)
MOST = {JOURNAL_HEAD: LONGEST_HEAD, JOURNAL: LARGEST, CHAMPION: SHORT}  # bytes, in the order in which they are read

Changed = TypeVar("Changed")

logger = logging.getLogger(__name__)


class ConflictError(BakeoffError):
    """Another process changed the model first, so the change must be made again, on what is there now.

    Attributes:
        is_final: whether the request that was refused can't take effect later.
    """

    def __init__(self, *, is_final: bool = True) -> None:
        super().__init__("another process changed the model at the same time")
        self.is_final = is_final


@dataclass(frozen=True)
class Found:
    """An object as it was read: its content, and the version that it must still have to be replaced."""

    content: bytes = b""
    version: str | None = None


class ObjectWriter:
    """Changes a model in an object store, as a `Writer`; nothing keeps other processes from doing so, too.

    All objects that a change needs are there before its line in the journal; the journal, one object, is replaced only
    if it is still the one that was read. What follows from the line (`champion`, `journal.head`, removing objects) can
    be repeated by any later writer. A version's files are written in their place, whose marker `.incoming-<version>`
    says that the journal may lack it.

    Attributes:
        history: the present history.
    """

    def __init__(self, layout: Layout, files: ObjectFiles, keys: Keys, trusted: Keys | None) -> None:
        """Read the journal; errors are those of `change_objects`."""
        self._layout, self._files, self._objects = layout, files, files.objects
        self._keys, self._trusted = keys, trusted
        self._read()

    def _read(self) -> None:
        """Read the journal and what follows from it."""
        try:
            with self._files.reading(JOURNAL):
                self._found = {name: Found(*self._objects.read_versioned(name, most)) for name, most in MOST.items()}
        except OSError as error:
            raise IntegrityError(f"an object of {self._files.place} can't be read: {error.strerror}") from error
        head, self._content = self._found[JOURNAL_HEAD], self._found[JOURNAL].content
        text = None if head.version is None else head.content.decode(errors="replace")
        checked = self._layout.journal.check(text, self._content, self._trusted)
        self.history: History = self._layout.require_used(*checked)

    def commit(self, *events: dict[str, Any]) -> None:
        """Append events to the journal, which commits the change.

        Raises:
            ConflictError: another process has changed the journal; nothing was changed.
            WriteError: the request failed.
        """
        lines, after = self._layout.journal.encode_events(self.history, events, self._keys)
        before = self._found[JOURNAL]
        content = before.content[: self.history.size] + lines
        try:
            landed = self._objects.replace_if(JOURNAL, content, before.version)
        except Exception as error:
            self._require_landed(before, content, error)
        else:
            if not landed:
                self._require_landed(before, content, None)
        self.history, self._content = after, content
        with self._following_up():
            self._update()

    def _require_landed(self, before: Found, content: bytes, error: Exception | None) -> None:
        """Look whether the journal was replaced after all, since the answer to a request can get lost.

        A line of another process with the same time, reason and effect counts as this one's.

        Raises:
            ConflictError: another process has changed the journal.
            WriteError: it was not replaced, or nobody knows.
        """
        try:
            now = Found(*self._objects.read_versioned(JOURNAL, LARGEST))
        except Exception as unreadable:
            raise WriteError(
                f"{self._files.place} could not be written, and now can't be read: whether the change was made, "
                "bakeoff models log will show"
            ) from (error or unreadable)
        if now.content.startswith(content):
            return
        if error is None or now != before:
            raise ConflictError(is_final=now != before) from error
        raise error

    def _update(self) -> None:
        """Write what follows from the journal, until nobody has changed it in the meantime."""
        for left in reversed(range(TRIES)):
            texts = self._layout.derived_files(self.history, self._keys)
            written = [self._replace(name, text.encode()) for name, text in texts.items()]
            if all(written) and self._objects.read(JOURNAL, LARGEST) == self._content:
                return
            if left:
                _pause(TRIES - left)
                self._read()

    def _replace(self, name: str, content: bytes) -> bool:
        """Write an object, unless it has this content; returns False if it has changed since it was read."""
        found = self._found[name]
        return found.content == content or self._objects.replace_if(name, content, found.version)

    def add(self, addition: Addition) -> None:
        """Write a version, read it again, and commit it.

        Raises:
            ConflictError: another process has added this version, or a later one.
            IntegrityError: an object is not what was written.
            StoreError: it took so long that the version was pruned.
        """
        version, exports = addition.version, addition.event == "export"
        if not self._objects.replace_if(f"{INCOMING}{version}", addition.event.encode(), None) and exports:
            raise ConflictError
        committing = False
        try:
            card_sha256 = self._upload(addition)
            self._read()  # so that a long upload meets no change of others
            if version in self.history.pruned:
                raise StoreError(f"version {version} was pruned while it was written; try again")
            if version in self.history.exports or (exports and version <= max(self.history.exports, default="")):
                raise ConflictError
            committing = True
            self.commit(*addition.events(self.history, card_sha256))
        except Exception as error:
            settled = not committing or (isinstance(error, ConflictError) and error.is_final)
            if exports and settled:  # a copy may be another process's, too
                self._discard(version)
            raise
        with self._following_up():
            self._objects.remove(f"{INCOMING}{version}")

    def _upload(self, addition: Addition) -> str:
        """Write a version's files; returns the SHA-256 of its card.json."""
        version = addition.version
        with _temporary_folder() as folder:
            with _naming_folder():
                card_sha256 = addition.write(folder)
                card = parse_card((folder / CARD).read_bytes(), version)
            for path in sorted(folder.iterdir()):
                self._objects.replace(f"{version}/{path.name}", path)
        findings = compare_with_manifest(self._files, version, card)
        if self._files.measure(f"{version}/{CARD}", LARGEST_CARD)[1] != card_sha256:
            findings.append(f"{CARD} differs")
        if findings:
            raise IntegrityError(f"{findings[0]}, as it was written to {self._files.place}: nothing was changed")
        return card_sha256

    def _discard(self, version: str) -> None:
        """Remove the files of a version that was not committed, as far as possible."""
        with suppress(Exception):
            self._remove(version)

    def remove(self, versions: Iterable[str]) -> None:
        """Remove the files of versions, once the journal says they are pruned; a later writer retries what fails."""
        for version in versions:
            with self._following_up():
                self._remove(version)

    def _remove(self, version: str) -> None:
        for name in self._objects.names(version):
            self._objects.remove(f"{version}/{name}")
        self._objects.remove(f"{INCOMING}{version}")  # last, since it says what the others are

    def abandoned(self) -> list[str]:
        """Return the ids of exports whose writer died, a day ago or longer, before it committed them.

        Copies are left: once pruned, they could not be pulled again.
        """
        latest = f"{datetime.now(UTC) - ABANDONED:%Y%m%dT%H%M%SZ}"
        unlisted = [version for version in self._incoming() if version not in self.history.exports]
        return sorted(
            version
            for version in unlisted
            if version < latest and self._objects.read_versioned(f"{INCOMING}{version}", SHORT)[0] == b"export"
        )

    def recover(self) -> None:
        """Finish the work of writers that died."""
        names = self._objects.names()
        for version in self._incoming(names):
            if version in self.history.versions:
                self._objects.remove(f"{INCOMING}{version}")
        self.remove({name.removeprefix(INCOMING) for name in names} & set(self.history.pruned))
        texts = self._layout.derived_files(self.history, self._keys)
        if self.history.entries and any(self._found[name].content != text.encode() for name, text in texts.items()):
            with self._following_up():
                self._update()

    def _incoming(self, names: set[str] | None = None) -> Iterator[str]:
        """Yield the ids of the versions that have a marker."""
        for name in self._objects.names() if names is None else names:
            version = name.removeprefix(INCOMING)
            if name != version and VERSION.fullmatch(version):
                yield version

    @contextmanager
    def _following_up(self) -> Iterator[None]:
        """Log errors of work that follows from the journal: the change is committed, and a later writer finishes it."""
        try:
            yield
        except Exception as error:
            logger.warning("%s: the journal is ahead of the other objects: %s", self._files.place, error)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """Make a folder for the files of a version."""
    with locked_folder(UPLOAD) as temporary:
        (temporary / "version").mkdir()
        yield temporary / "version"


@contextmanager
def _naming_folder() -> Iterator[None]:
    """Raise an OSError of this machine in the block as a WriteError."""
    try:
        yield
    except OSError as error:
        name = f" ({Path(error.filename).name})" if error.filename else ""
        raise WriteError(
            f"{tempfile.gettempdir()!r} could not be written: {error.strerror or error}{name}; TMPDIR chooses another"
        ) from error


def _pause(attempt: int) -> None:
    """Wait, the longer the more attempts there were, so that processes don't meet again."""
    time.sleep(random.uniform(0.5, 1) * min(PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE))  # noqa: S311  no secret


def change_objects(
    layout: Layout, files: ObjectFiles, keys: Keys, trusted: Keys | None, change: Callable[[ObjectWriter], Changed]
) -> Changed:
    """Change a model in an object store, again from the start whenever another process was first.

    Args:
        layout: the model's files.
        files: the same.
        keys: the keys to sign with.
        trusted: the trusted keys; with None signatures are not checked.
        change: makes the change, by the writer that it is given, and returns what this function returns.

    Raises:
        UserError: the store can't be used.
        StoreError: the journal is signed and there is no private key.
        IntegrityError: the journal has a finding.
        WriteError: a request failed, or others were always first; nothing was changed.
        ReadError: the store can't be read.
    """
    with naming(files.place, writes=True):
        files.objects.require_conditions()
        for attempt in range(TRIES):
            writer = ObjectWriter(layout, files, keys, trusted)
            layout.journal.require_key(writer.history, keys)
            writer.recover()
            try:
                return change(writer)
            except ConflictError:
                _pause(attempt)
    raise WriteError(
        f"{files.place} could not be changed: other processes changed it first, {TRIES} times; nothing was changed, "
        "try again"
    )
