"""Change a model in an object store: a change is committed by replacing the journal if nobody else has, by If-Match."""

import contextlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from bakeoff.errors import IntegrityError, StoreError, WriteError
from bakeoff.runtime.objects.place import describe_failure, naming
from bakeoff.runtime.workspace import UPLOAD, locked_folder, naming_folder
from bakeoff.store.entries import VERSION
from bakeoff.store.files.object_files import ObjectFiles
from bakeoff.store.keys import Keys
from bakeoff.store.layout import INCOMING, SHORT, Layout
from bakeoff.store.manifest import CARD, LARGEST_CARD, compare_with_manifest, parse_card
from bakeoff.store.writers.addition import Addition
from bakeoff.store.writers.journal_object import TRIES, ConflictError, JournalObject, pause

Changed = TypeVar("Changed")

logger = logging.getLogger(__name__)


class ObjectWriter(JournalObject):
    """Changes a model in an object store, as a `Writer`; nothing keeps other processes from doing so, too.

    All objects that a change needs are there before its line in the journal. What follows from the line can be repeated
    by any later writer. A version's files are written in their place by the process whose marker `.incoming-<version>`
    is there; it says that the journal may lack the version.

    Attributes:
        begun: the ids of the versions that had a marker.
    """

    begun: Collection[str] = ()

    def add(self, addition: Addition) -> None:
        """Write a version, read it again, and commit it.

        Raises:
            ConflictError: another process is adding this version, or has added it or a later one.
            IntegrityError: an object is not what was written.
            StoreError: it took so long that the version was pruned, or another copy of it was begun.
        """
        version, exports = addition.version, addition.event == "export"
        self._begin(addition)
        committing = False
        try:
            card_sha256 = self._upload(addition)
            self.read()  # so that a long upload meets no change of others
            if version in self.history.pruned:
                raise StoreError(f"version {version} was pruned while it was written; try again")
            if version in self.history.exports or (exports and version <= max(self.history.exports, default="")):
                raise ConflictError
            committing = True
            self.commit(*addition.events(self.history, card_sha256))
        except Exception as error:
            if exports and (not committing or isinstance(error, ConflictError)):  # a copy may be another process's, too
                self._discard(version)
            raise
        self._remove_markers([version])

    def _begin(self, addition: Addition) -> None:
        """Write a version's marker, so that no other process writes other files in the version's place.

        Raises:
            ConflictError: another process is adding this version, or has added it.
            StoreError: another copy of this version was begun.
        """
        version, content = addition.version, f"{addition.event} {addition.token}".encode()
        marker = f"{INCOMING}{version}"
        if not self._objects.replace_if(marker, content, None):
            found = self._objects.read_versioned(marker, SHORT)[0]
            if found.split(b" ")[0] == b"import" == addition.event.encode() and found != content:
                raise StoreError(
                    f"another copy of version {version} was begun, with another card; copy that one, or remove "
                    f"{self._files.place / marker}"
                )
            if found != content:  # else the answer to this very request was lost, or the same copy is being written
                raise ConflictError(f"another process is adding version {version}")
        self.read()  # the process that removed an earlier marker has added the version
        if version in self.history.exports:
            self._remove_markers([version])
            raise ConflictError

    def _upload(self, addition: Addition) -> str:
        """Write a version's files; returns the SHA-256 of its card.json."""
        version = addition.version
        with contextlib.ExitStack() as open_folders:
            with naming_folder():
                folder = open_folders.enter_context(locked_folder(UPLOAD)) / "version"
                folder.mkdir()
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

    def _remove_markers(self, versions: Iterable[str]) -> None:
        """Remove markers of versions that the journal has, which say nothing; a bucket may let nobody delete."""
        try:
            for version in versions:
                self._objects.remove(f"{INCOMING}{version}")
        except Exception as error:
            logger.warning("%s: %s* can't be removed: %s", self._files.place, INCOMING, describe_failure(error))

    def _discard(self, version: str) -> None:
        """Remove the files of a version that was not committed, as far as possible."""
        with contextlib.suppress(Exception):
            self.read()
            if version not in self.history.exports:
                self._remove(version)

    def remove(self, versions: Iterable[str]) -> None:
        """Remove the files of versions, once the journal says they are pruned; a later writer retries what fails."""
        for version in versions:
            with self.following_up():
                self._remove(version)

    def _remove(self, version: str) -> None:
        for name in self._objects.names(version):
            self._objects.remove(f"{version}/{name}")
        self._objects.remove(f"{INCOMING}{version}")  # last, since it says what the others are

    def recover(self) -> None:
        """Finish the work of writers that died."""
        names = self._objects.names()
        self.begun = set(self._incoming(names))
        self._remove_markers({*self.begun} & {*self.history.versions})
        self.remove({name.removeprefix(INCOMING) for name in names} & set(self.history.pruned))
        if not self.is_followed:
            # The head must be there before the first line: without one, lines could have been cut off.
            with self.following_up() if self.history.entries else contextlib.nullcontext():
                self.update()

    def _incoming(self, names: set[str] | None = None) -> Iterator[str]:
        """Yield the ids of the versions that have a marker."""
        for name in self._objects.names() if names is None else names:
            version = name.removeprefix(INCOMING)
            if name != version and VERSION.fullmatch(version):
                yield version


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
            except ConflictError as error:
                conflict = str(error)
                pause(attempt)
    raise WriteError(f"{files.place} could not be changed, {TRIES} times: {conflict}; nothing was changed, try again")
