"""Add versions to a model: export, import, and write a report again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bakeoff.errors import IntegrityError, StoreError
from bakeoff.runtime.files import sha256_file
from bakeoff.runtime.objects.address import Address
from bakeoff.store.card import Card
from bakeoff.store.entries import STAMP
from bakeoff.store.history import History
from bakeoff.store.manifest import REPORT, Render, copy_version, write_version
from bakeoff.store.reader import ADVICE, StoreReader
from bakeoff.store.verification import verify_version
from bakeoff.store.writers.addition import Addition, Writer
from bakeoff.store.writers.change import change_model, replace_report, require_changeable

Changed = TypeVar("Changed")

SECOND = "%Y%m%dT%H%M%SZ"


class ExportingStore(StoreReader):
    """The versions of one model, for reading and adding; the arguments are those of `ModelStore`."""

    def require_ready(self) -> None:
        """Check that an export would not fail.

        Raises:
            StoreError: the store can't be written, or is signed and there is no private key.
            IntegrityError: the journal has a finding.
        """
        require_changeable(self._layout)
        self.journal.require_key(self.history(), self.keys)

    def export(
        self,
        files: dict[str, Path],
        describe: Callable[[str, str], Card],
        why: str,
        by: str | None = None,
        render: Render | None = None,
    ) -> Path | Address:
        """Add a version, completely or not at all. The first version of a model becomes champion.

        Args:
            files: the files to copy and seal, by name.
            describe: makes the card, without its `files`, from the version's id and time of creation.
            why: the reason, for the journal.
            by: the user or run that exports it.
            render: makes the report from the card; None for no report.

        Returns:
            The version's folder, or its address.

        Raises:
            WriteError: a write failed; nothing was changed.
            IntegrityError: a file was changed while it was copied.
        """
        digest = sha256_file(files["model.joblib"])

        def add(writer: Writer) -> str:
            created = datetime.now(UTC)
            version = _next_id(created, digest[:5], writer)
            card = describe(version, created.strftime(STAMP))
            writer.add(Addition(version, lambda to: write_version(to, card, files, render), "export", why, by))
            return version

        return self.folder / self._change(add)

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

        def add(writer: Writer) -> bool:
            if self.has(card.version, card_sha256, writer.history):
                return False
            if card.version in self._layout.present():
                if self.has(card.version, card_sha256):  # committed since the writer read the journal of a bucket
                    return False
                raise StoreError(
                    f"{str(self.folder / card.version)!r} is in the way, and not in the journal; move it away"
                )
            writer.add(
                Addition(
                    card.version,
                    lambda to: copy_version(folder, to, card, card_sha256),
                    "import",
                    why,
                    by,
                    token=card_sha256,
                )
            )
            return True

        return self._change(add)

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

    def write_report(self, version: str, html: str) -> Path | Address:
        """Write a version's report again; nothing else of it changes.

        Returns:
            The report's path or address.

        Raises:
            StoreError: there is no such version, or its folder can't be written to.
            WriteError: the write failed; the old report is unchanged.
        """
        version = self.resolve(version)
        replace_report(self._layout, version, html)
        return self.path(version) / REPORT

    def _require_whole(self, history: History, version: str) -> None:
        """Raise an `IntegrityError` if the version differs from its card or the journal."""
        if findings := verify_version(self._layout, history, version):
            raise IntegrityError(f"version {version} is not used: {findings[0]}; {ADVICE}")

    def _change(self, change: Callable[[Writer], Changed]) -> Changed:
        return change_model(self._layout, self.keys, self.keys, change)


def _next_id(now: datetime, suffix: str, writer: Writer) -> str:
    """Return a free id: its time is now, or one second after that of the latest version.

    So ids sort in the order of export even after a version whose clock was ahead; the card has the clock's own time.
    """
    if exports := writer.history.exports:
        latest = datetime.strptime(max(exports).split("-")[0], SECOND).replace(tzinfo=UTC)
        now = max(now, latest + timedelta(seconds=1))
    while (version := f"{now:{SECOND}}-{suffix}") in writer.begun:
        now += timedelta(seconds=1)
    return version
