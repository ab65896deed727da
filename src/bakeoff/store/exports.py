"""Add versions to a model: export, import, and write a report again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bakeoff.errors import BakeoffError, IntegrityError, StoreError, WriteError
from bakeoff.runtime.files import require_writable, sha256_file, write_aside
from bakeoff.runtime.locks import locked
from bakeoff.store.card import Card
from bakeoff.store.entries import STAMP, make_event
from bakeoff.store.history import FIRST, History
from bakeoff.store.manifest import REPORT, Render, copy_version, write_version
from bakeoff.store.reader import ADVICE, StoreReader
from bakeoff.store.verification import verify_version
from bakeoff.store.writer import Writer, writing

SECOND = "%Y%m%dT%H%M%SZ"


class ExportingStore(StoreReader):
    """The versions of one model, for reading and adding; the arguments are those of `ModelStore`."""

    def require_ready(self) -> None:
        """Check that an export would not fail.

        Raises:
            StoreError: the store can't be written, or is signed and there is no private key.
            IntegrityError: the journal has a finding.
        """
        require_writable(self.folder, "the store", StoreError)
        self.journal.require_key(self.history(), self.keys)

    def export(
        self,
        files: dict[str, Path],
        describe: Callable[[str, str], Card],
        why: str,
        by: str | None = None,
        render: Render | None = None,
    ) -> Path:
        """Add a version, completely or not at all. The first version of a model becomes champion.

        Args:
            files: the files to copy and seal, by name.
            describe: makes the card, without its `files`, from the version's id and time of creation.
            why: the reason, for the journal.
            by: the user or run that exports it.
            render: makes the report from the card; None for no report.

        Returns:
            The version's folder.

        Raises:
            WriteError: a write failed; nothing was changed.
            IntegrityError: a file was changed while it was copied.
        """
        digest = sha256_file(files["model.joblib"])
        with self._writing() as writer:
            created = datetime.now(UTC)
            version = f"{_next_second(created, writer.history):{SECOND}}-{digest[:5]}"
            card = describe(version, created.strftime(STAMP))
            self._add(writer, version, lambda folder: write_version(folder, card, files, render), "export", why, by)
        return self.folder / version

    def import_version(self, card: Card, card_sha256: str, folder: Path, why: str, by: str | None = None) -> bool:
        """Add a version that another store exported, completely or not at all; returns False if it is there already.

        Args:
            card: its card.
            card_sha256: the SHA-256 of card.json.
            folder: the folder of card.json and the files that it lists, which were verified.
            why: where it comes from, for the journal.
            by: the user who imports it.

        Raises:
            StoreError: the version was pruned here.
            WriteError: a write failed; nothing was changed.
            IntegrityError: the store has another version of this id.
        """
        with self._writing() as writer:
            if self.has(card.version, card_sha256, writer.history):
                return False
            if (self.folder / card.version).exists():
                raise StoreError(
                    f"{str(self.folder / card.version)!r} is in the way, and not in the journal; move it away"
                )
            self._add(writer, card.version, lambda to: copy_version(folder, to, card, card_sha256), "import", why, by)
        return True

    def has(self, version: str, card_sha256: str, history: History | None = None) -> bool:
        """Return whether the store has this very version, and verify it.

        Args:
            version: the version's id.
            card_sha256: the SHA-256 that its card.json should have.
            history: the history, read now by default.

        Raises:
            StoreError: it was pruned.
            IntegrityError: it has another card, or differs from it.
        """
        history = history or self.history()
        self._refuse_pruned(version, history)
        if version not in history.exports:
            return False
        if history.exports[version]["card_sha256"] != card_sha256:
            raise IntegrityError(f"the store has another version {version}, with another card")
        self._require_whole(history, version)
        return True

    def _add(
        self, writer: Writer, version: str, write: Callable[[Path], str], event: str, why: str, by: str | None
    ) -> None:
        """Write a version, commit it, and move it into place; the first one becomes champion.

        Args:
            write: writes it into a folder and returns the SHA-256 of its card.json.
        """
        incoming = self._layout.staging(version)
        incoming.mkdir()
        try:
            events = [make_event(event, why, by, version=version, card_sha256=write(incoming))]
            if not writer.history.exports:
                events.append(make_event("promote", FIRST, by, version=version))
            writer.commit(*events)
        except (OSError, BakeoffError):  # a full disk, for example: free the space again
            writer.discard(version)
            raise
        writer.publish(version)

    def write_report(self, version: str, html: str) -> Path:
        """Write a version's report again; nothing else of it changes.

        Returns:
            The report's path.

        Raises:
            StoreError: there is no such version, or its folder can't be written to.
            WriteError: the write failed; the old report is unchanged.
        """
        path = self.path(self.resolve(version)) / REPORT
        require_writable(path.parent, "the version", StoreError)
        try:
            with locked(self._layout.lock):
                write_aside(path, html).replace(path)
        except OSError as error:
            raise WriteError(f"{path} could not be written: {error.strerror or error}; it is as it was") from error
        return path

    def _require_whole(self, history: History, version: str) -> None:
        """Raise an `IntegrityError` if the version differs from its card or the journal."""
        if findings := verify_version(self._layout, history, version):
            raise IntegrityError(f"version {version} is not used: {findings[0]}; {ADVICE}")

    def _writing(self) -> AbstractContextManager[Writer]:
        return writing(self._layout, self.keys, trusted=self.keys)


def _next_second(now: datetime, history: History) -> datetime:
    """Return the time that names a version: now, or one second after the name of the latest version.

    So ids sort in the order of export even after a version whose clock was ahead; the card has the clock's own time.
    """
    if not history.exports:
        return now
    latest = datetime.strptime(max(history.exports).split("-")[0], SECOND).replace(tzinfo=UTC)
    return max(now, latest + timedelta(seconds=1))
