"""Change the versions of a model: export, promote, roll back, resume, prune and sign."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bakeoff.errors import (
    BakeoffError,
    ChampionChangedError,
    IntegrityError,
    StoreError,
    WriteError,
)
from bakeoff.runtime.files import require_writable, sha256_file, write_aside
from bakeoff.runtime.locks import locked
from bakeoff.store.card import Card
from bakeoff.store.entries import STAMP, make_event
from bakeoff.store.history import FIRST, HOLDS, PROMOTION, History, Hold
from bakeoff.store.manifest import REPORT, Render, copy_version, write_version
from bakeoff.store.reader import ADVICE, StoreReader
from bakeoff.store.retention import RetentionPlan, plan_retention
from bakeoff.store.verification import verify_journal, verify_version, verify_versions
from bakeoff.store.writer import Writer, writing

SECOND = "%Y%m%dT%H%M%SZ"


class ModelStore(StoreReader):
    """The versions of one model, for reading and writing.

    Several processes may use it at once: writers take turns by a lock, which is released when its process ends. Every
    change raises a `StoreError` if the store can't be written or needs a private key, an `IntegrityError` if the
    journal has a finding, and a `WriteError` if a write fails.

    Args:
        keys: the keys to sign with and to trust.
    """

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

    def promote(
        self,
        version: str,
        why: str,
        by: str | None = None,
        *,
        instead_of: str | None = None,
        figures: Mapping[str, Any] | None = None,
    ) -> bool:
        """Make a version the champion; returns False if it already is.

        Args:
            version: the version's id, or `latest`.
            why: the reason, for the journal.
            by: the user or run that promotes it.
            instead_of: the champion that an automatic decision was made against; None for a decision by hand, which
                is possible while promotion is held, and doesn't lift the hold.
            figures: the measurements for the decision, for the journal: numbers and text by name.

        Raises:
            StoreError: there is no such version.
            ChampionChangedError: another version became champion in the meantime, or promotion is held.
            IntegrityError: its files differ from its card.
            WriteError: a write failed; the champion is unchanged.
        """
        self.resolve(version)
        with self._writing() as writer:
            version = self.resolve(version, writer.history)
            if writer.history.champion == version:
                return False
            self._require_champion(writer.history, instead_of)
            if instead_of is not None and writer.history.hold:
                raise ChampionChangedError(str(writer.history.hold))
            self._require_whole(writer.history, version)
            writer.commit(make_event("promote", why, by, version=version, figures=figures))
        return True

    def keep(
        self, champion: str, challenger: str, why: str, by: str | None = None, figures: Mapping[str, Any] | None = None
    ) -> None:
        """Record in the journal that a challenger does not replace the champion.

        Args:
            champion: the champion that the decision was made against.
            challenger: the challenger's id.
            why: the reason, for the journal.
            by: the user or run that decided.
            figures: the measurements for the decision: numbers and text by name.

        Raises:
            ChampionChangedError: another version became champion in the meantime.
            WriteError: a write failed; nothing was changed.
        """
        self.resolve(challenger)
        with self._writing() as writer:
            challenger = self.resolve(challenger, writer.history)
            self._require_champion(writer.history, champion)
            writer.commit(make_event("keep", why, by, version=champion, challenger=challenger, figures=figures))

    def record_labels(
        self, results: Sequence[tuple[str, str, str, int, int]], why: str, by: str | None = None
    ) -> list[str]:
        """Record in the journal how many predictions were right, by labels that came later.

        Args:
            results: for each table of predictions its version, its SHA-256, its ISO week, how many of its rows have a
                label, and how many of those are right.
            why: where the labels come from, for the journal.
            by: the user who gave them.

        Returns:
            The versions of which something new was recorded; what the journal has already is not repeated.

        Raises:
            WriteError: a write failed; nothing was changed.
        """
        with self._writing() as writer:
            new: dict[tuple[str, str], dict[str, Any]] = {}
            for version, digest, week, rows, right in results:
                figures = {"predictions": digest, "week": week, "rows": rows, "right": right}
                if version in writer.history.exports and writer.history.label_counts.get((version, digest)) != figures:
                    new[version, digest] = figures
            if new:
                writer.commit(
                    *(
                        make_event("labels", why, by, version=version, figures=new[version, digest])
                        for version, digest in new
                    )
                )
        return sorted({version for version, _ in new})

    def rollback(self, why: str, by: str | None = None) -> str:
        """Make the champion before the present one champion again, and hold automatic promotion; returns its id.

        Raises:
            StoreError: there is no previous champion, or it was pruned.
            IntegrityError: its files differ from its card.
            WriteError: a write failed; the champion is unchanged.
        """
        self.resolve("champion")
        with self._writing() as writer:
            version = writer.history.champion_before
            if version is None:
                raise StoreError(
                    f"{self.name!r} has no champion before the present one: there is nothing to roll back to"
                )
            self._require_whole(writer.history, version)
            writer.commit(make_event("rollback", why, by, version=version, **{HOLDS: PROMOTION}))
        return version

    def resume(self, why: str, by: str | None = None) -> Hold | None:
        """Lift the hold of automatic promotion; returns the hold, or None if there was none.

        Raises:
            StoreError: there is no such model.
            WriteError: a write failed; the hold stays.
        """
        self.resolve("latest")
        with self._writing() as writer:
            hold = writer.history.hold
            if hold:
                writer.commit(make_event("resume", why, by))
        return hold

    def prune(self, last: int, days: float, why: str, by: str | None = None) -> RetentionPlan:
        """Remove all versions except the champion, the newest ones, and recent champions; see `plan_prune`.

        Raises:
            StoreError: there is no such model.
            WriteError: a write failed; nothing was changed.
        """
        self.resolve("latest")
        with self._writing() as writer:
            plan = plan_retention(self._layout, writer.history, last, days)
            if plan.pruned:
                writer.commit(make_event("prune", why, by, versions=plan.pruned))
                writer.remove(plan.pruned)
        return plan

    def sign(self, why: str, by: str | None = None, *, as_it_stands: bool = False) -> History:
        """Verify all versions of the model, and sign the journal; from then on every change must be signed.

        Args:
            why: the reason, for the journal.
            by: the user or run that signs.
            as_it_stands: sign even if the journal's last line is not signed by a trusted key.

        Returns:
            The history before the signature, which vouches for it.

        Raises:
            StoreError: there is no private key.
            IntegrityError: a file differs from what was sealed, or the last line is not signed by a trusted key.
        """
        self.keys.require_private()
        history = self._layout.read_history(None)
        self.resolve("latest", history)
        trusted = None if as_it_stands else self.keys
        with writing(self._layout, self.keys, trusted) as writer:
            history, findings = verify_journal(self._layout, trusted)
            findings += verify_versions(self._layout, history, self._names(history))
            if findings:
                raise IntegrityError(f"nothing was signed: {findings[0].version or self.name}: {findings[0].text}")
            writer.commit(make_event("sign", why, by))
        return history

    def _require_champion(self, history: History, expected: str | None) -> None:
        if expected is not None and history.champion != expected:
            raise ChampionChangedError(f"the champion is {history.champion} now, no longer {expected}")

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
