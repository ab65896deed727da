"""Versions on disk, the champion among them, and the journal that tells how it came about."""

from collections.abc import Callable, Mapping
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
from bakeoff.store.history import FIRST, History
from bakeoff.store.manifest import REPORT, Render, write_version
from bakeoff.store.reader import ELSE, StoreReader
from bakeoff.store.retention import RetentionPlan, plan_retention
from bakeoff.store.verification import verify_journal, verify_version, verify_versions
from bakeoff.store.writer import Writer, writing

SECOND = "%Y%m%dT%H%M%SZ"


class ModelStore(StoreReader):
    """The versions of one model, and every change of them.

    Several processes may use it at once: writers take turns by a lock that a dead process doesn't hold.

    Args:
        keys: what is signed with, and whose signatures are asked for.
    """

    def require_ready(self) -> None:
        """Refuse a store that an export would fail in.

        Raises:
            StoreError: it can't be written, or is signed and there is no private key.
            IntegrityError: its journal is not in order.
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
        """Add a version: whole, or not at all. The first one of a name becomes champion.

        Args:
            files: the sealed files by name; copied.
            describe: makes the card, all but its `files`, from the version's id and time of creation.
            why: the journal's sentence.
            by: who or which run exports it.
            render: makes the report from the card; None writes none.

        Returns:
            the version's folder.

        Raises:
            WriteError: the disk refused; nothing was changed.
        """
        digest = sha256_file(files["model.joblib"])
        with self._writing() as writer:
            created = datetime.now(UTC)
            version = f"{_next_second(created, writer.history):{SECOND}}-{digest[:5]}"
            incoming = self._layout.staging(version)
            incoming.mkdir()
            try:
                card_sha256 = write_version(incoming, describe(version, created.strftime(STAMP)), files, render)
                events = [make_event("export", why, by, version=version, card_sha256=card_sha256)]
                if not writer.history.exports:
                    events.append(make_event("promote", FIRST, by, version=version))
                writer.commit(*events)
            except (OSError, BakeoffError):  # a full disk, say: give back what was taken of it
                writer.discard(version)
                raise
            writer.publish(version)
        return self.folder / version

    def write_report(self, version: str, html: str) -> Path:
        """Write a version's report anew; nothing else of it changes.

        Returns:
            the file.

        Raises:
            StoreError: there is no such version, or its folder can't be written in.
            WriteError: the disk refused; the report is as it was.
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
        """Make a version the champion; False when it is already.

        Args:
            instead_of: the champion that the decision was made against.
            figures: what was measured for it, for the journal: numbers and text by name.

        Raises:
            StoreError: there is no such version.
            ChampionChangedError: another one is the champion by now.
            IntegrityError: its files are not what its card says.
            WriteError: the disk refused; the champion is still the one before.
        """
        self.resolve(version)
        with self._writing() as writer:
            version = self.resolve(version, writer.history)
            if writer.history.champion == version:
                return False
            self._require_champion(writer.history, instead_of)
            self._require_whole(writer.history, version)
            writer.commit(make_event("promote", why, by, version=version, figures=figures))
        return True

    def keep(
        self, champion: str, challenger: str, why: str, by: str | None = None, figures: Mapping[str, Any] | None = None
    ) -> None:
        """Write down that a challenger does not take the champion's place.

        Args:
            figures: what was measured for the decision: numbers and text by name.

        Raises:
            ChampionChangedError: another one is the champion by now.
            WriteError: the disk refused; nothing was changed.
        """
        self.resolve(challenger)
        with self._writing() as writer:
            challenger = self.resolve(challenger, writer.history)
            self._require_champion(writer.history, champion)
            writer.commit(make_event("keep", why, by, version=champion, challenger=challenger, figures=figures))

    def rollback(self, why: str, by: str | None = None) -> str:
        """Make the champion before the present one champion again, and return it.

        Raises:
            StoreError: there was none before, or it was pruned.
            IntegrityError: its files are not what its card says.
            WriteError: the disk refused; the champion is still the one before.
        """
        self.resolve("champion")
        with self._writing() as writer:
            version = writer.history.champion_before
            if version is None:
                raise StoreError(
                    f"{self.name!r} has no champion before the present one: there is nothing to roll back to"
                )
            self._require_whole(writer.history, version)
            writer.commit(make_event("rollback", why, by, version=version))
        return version

    def prune(self, last: int, days: float, why: str, by: str | None = None) -> RetentionPlan:
        """Remove all versions but the champion, the last ones, and those that were champion lately; as `plan_prune`.

        Raises:
            StoreError: there is no such model.
            WriteError: the disk refused; nothing was changed.
        """
        self.resolve("latest")
        with self._writing() as writer:
            plan = plan_retention(self._layout, writer.history, last, days)
            if plan.pruned:
                writer.commit(make_event("prune", why, by, versions=plan.pruned))
                writer.remove(plan.pruned)
        return plan

    def sign(self, why: str, by: str | None = None, *, as_it_stands: bool = False) -> History:
        """Vouch by a signature for everything that the store holds, whoever wrote it; from then on it is signed.

        Args:
            as_it_stands: also when the journal's last line is not signed, or by none of the trusted keys.

        Returns:
            the history that was signed.

        Raises:
            StoreError: there is no private key.
            IntegrityError: something is not as it was sealed, or the last line not signed by a trusted key.
        """
        self.keys.require_private()
        history = self._layout.read_history(None)
        self.resolve("latest", history)
        trusted = None if as_it_stands else self.keys
        with writing(self._layout, self.keys, trusted) as writer:
            history, found = verify_journal(self._layout, trusted)
            found += verify_versions(self._layout, history, self._names(history))
            if found:
                raise IntegrityError(f"nothing was signed: {found[0].version or self.name}: {found[0].text}")
            writer.commit(make_event("sign", why, by))
        return history

    def _require_champion(self, history: History, expected: str | None) -> None:
        if expected is not None and history.champion != expected:
            raise ChampionChangedError(f"the champion is {history.champion} by now, not {expected} any more")

    def _require_whole(self, history: History, version: str) -> None:
        if findings := verify_version(self._layout, history, version):
            raise IntegrityError(f"version {version} is not used: {findings[0]}; {ELSE}")

    def _writing(self) -> AbstractContextManager[Writer]:
        return writing(self._layout, self.keys, trusted=self.keys)


def _next_second(now: datetime, history: History) -> datetime:
    """The second that names a version: now, or the next one after the latest version's name.

    Sorted by name, versions are in order of export, also behind one whose clock was ahead: its card has the true time.
    """
    if not history.exports:
        return now
    latest = datetime.strptime(max(history.exports).split("-")[0], SECOND).replace(tzinfo=UTC)
    return max(now, latest + timedelta(seconds=1))
