"""Versions on disk, the champion among them, and the journal that tells how it came about."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bakeoff.chain import HEAD
from bakeoff.entry import STAMP, make_event
from bakeoff.errors import BakeoffError, IntegrityError, StoreError
from bakeoff.files import require_writable, sha256_file
from bakeoff.history import FIRST, History
from bakeoff.layout import Layout
from bakeoff.pruning import Pruning, plan_pruning
from bakeoff.sealing import fill_folder, sealed_digest
from bakeoff.signing import NO_KEYS, Keys
from bakeoff.verification import Finding, verify_journal, verify_version, verify_versions
from bakeoff.writing import Writer, writing

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"  # of a model: a folder, and nothing but a folder
ELSE = "restore it from a backup, or use another version"
SECOND = "%Y%m%dT%H%M%SZ"


class ModelStore:
    """The versions of one model: `<root>/<name>/<version>/`.

    Several processes may use it at once: writers take turns by a lock that a dead process doesn't hold; readers take
    none, and see a version or champion before or after a change, never in between.

    Args:
        keys: what is signed with, and whose signatures are asked for.
    """

    def __init__(self, root: Path | str, name: str, keys: Keys = NO_KEYS) -> None:
        self.name = name
        self.folder = Path(root) / name
        self.keys = keys
        self._layout = Layout(self.folder)
        self.journal = self._layout.journal

    def require_ready(self) -> None:
        """Refuse a store that an export would fail in.

        Raises:
            StoreError: it can't be written, or is signed and there is no private key.
            IntegrityError: its journal is not in order.
        """
        require_writable(self.folder, "the store", StoreError)
        self.journal.require_key(self.history(), self.keys)

    def history(self) -> History:
        """What the journal tells.

        Raises:
            IntegrityError: it is not what was written, or with public keys: not signed by one of them.
        """
        try:
            return self._layout.read_history(self.keys)
        except IntegrityError:
            with self._layout.quiet():  # it may have been read while what a crash left of a line was cut
                return self._layout.read_history(self.keys)

    def versions(self) -> list[str]:
        """All versions, oldest first."""
        return self.history().versions

    def champion(self) -> str | None:
        """The version in use."""
        return self.history().champion

    def resolve(self, wanted: str, history: History | None = None) -> str:
        """The version that `champion`, `latest` or an id means.

        Args:
            history: as it was read before; by default it is read now.

        Raises:
            StoreError: there is none; the text says which there are.
        """
        history = history or self.history()
        versions = history.versions
        if not versions:
            others = ", ".join(names_in(self.folder.parent))
            there = f" (there {'are' if ',' in others else 'is'} {others})" if others else ""
            raise StoreError(f"there is no model {self.name!r} in {str(self.folder.parent)!r}{there}: train first")
        if wanted == "latest":
            return versions[-1]
        if wanted == "champion" and history.champion:
            return history.champion
        self._refuse_pruned(wanted, history)
        if wanted not in versions:
            shown = ", ".join(versions[-5:])
            raise StoreError(f"{self.name!r} has no version {wanted!r}; allowed: champion, latest or an id ({shown})")
        return wanted

    def path(self, version: str) -> Path:
        """The version's folder."""
        return self._layout.path(version)

    def card(self, version: str, history: History | None = None) -> dict[str, Any]:
        """The version's card, compared with the journal.

        Args:
            history: as it was read before; by default it is read now.

        Raises:
            IntegrityError: it is not what was exported, or is of a format that this Bakeoff doesn't know.
        """
        history = history or self.history()
        with self._naming(version):
            return self._layout.read_card(version, history)

    def read(self, version: str, name: str, history: History | None = None) -> bytes:
        """A sealed file's content, compared with the card, and the card with the journal.

        Args:
            history: as it was read before; by default it is read now.

        Raises:
            IntegrityError: naming what differs.
        """
        card = self.card(version, history)
        with self._naming(version):
            content = self._layout.read_file(version, name)
            if hashlib.sha256(content).hexdigest() != sealed_digest(card, name):
                raise IntegrityError(f"{name} differs from its card")
        return content

    def export(
        self, files: dict[str, Path], describe: Callable[[str, str], dict[str, Any]], why: str, by: str | None = None
    ) -> Path:
        """Add a version: whole, or not at all. The first one of a name becomes champion.

        Args:
            files: the sealed files by name; copied.
            describe: makes the card, all but its `files`, from the version's id and time of creation.
            why: the journal's sentence.
            by: who or which run exports it.

        Returns:
            the version's folder.

        Raises:
            WriteError: the disk refused; nothing was changed.
        """
        digest = sha256_file(files["model.joblib"])
        with self._writing() as writer:
            created = _next_second(writer.history)
            version = f"{created:{SECOND}}-{digest[:5]}"
            incoming = self._layout.incoming(version)
            incoming.mkdir()
            try:
                card_sha256 = fill_folder(incoming, describe(version, created.strftime(STAMP)), files)
                events = [make_event("export", why, by, version=version, card_sha256=card_sha256)]
                if not writer.history.exports:
                    events.append(make_event("promote", FIRST, by, version=version))
                writer.commit(*events)
            except (OSError, BakeoffError):  # a full disk, say: give back what was taken of it
                writer.discard(version)
                raise
            writer.arrive(version)
        return self.folder / version

    def promote(self, version: str, why: str, by: str | None = None) -> bool:
        """Make a version the champion; False when it is already.

        Raises:
            StoreError: there is no such version.
            IntegrityError: its files are not what its card says.
            WriteError: the disk refused; the champion is still the one before.
        """
        self.resolve(version)
        with self._writing() as writer:
            version = self.resolve(version, writer.history)
            if writer.history.champion == version:
                return False
            self._require_whole(writer.history, version)
            writer.commit(make_event("promote", why, by, version=version))
        return True

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

    def plan_prune(self, last: int, days: float) -> Pruning:
        """What `prune` would do now.

        Args:
            last: how many of the newest versions are kept.
            days: what was champion within so many days is kept; the champion always is.
        """
        history = self.history()
        self.resolve("latest", history)
        return plan_pruning(self._layout, history, last, days)

    def prune(self, last: int, days: float, why: str, by: str | None = None) -> Pruning:
        """Remove all versions but the champion, the last ones, and those that were champion lately; as `plan_prune`.

        Raises:
            StoreError: there is no such model.
            WriteError: the disk refused; nothing was changed.
        """
        self.resolve("latest")
        with self._writing() as writer:
            plan = plan_pruning(self._layout, writer.history, last, days)
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

    def verify(self, version: str | None = None, noted: str | None = None) -> list[Finding]:
        """Check every file against its card, cards against the journal, and the journal against itself.

        Args:
            version: only this one; by default all of them.
            noted: a head of the journal from before, which it must have come by: an old copy of the whole folder, put
                back in its place, is in order by itself.

        Raises:
            StoreError: there is no such version, or what was noted is no head.
        """
        if noted is not None and not HEAD.fullmatch(noted.strip()):
            raise StoreError(
                f"{noted!r} is no head of a journal: a line number and a SHA-256, as journal.head holds them"
            )
        with self._layout.quiet():
            history, found = verify_journal(self._layout, self.keys, noted)
            names = self._names(history)
        if version is not None:
            names = [] if found else [self.resolve(version, history)]
        return found + verify_versions(self._layout, history, names)

    def _names(self, history: History) -> list[str]:
        return sorted({*history.versions, *self._layout.present()})

    def _require_whole(self, history: History, version: str) -> None:
        if findings := verify_version(self._layout, history, version):
            raise IntegrityError(f"version {version} is not used: {findings[0]}; {ELSE}")

    @contextmanager
    def _naming(self, version: str) -> Iterator[None]:
        """Have an error name the version, and tell one that was pruned meanwhile from a damaged one."""
        try:
            yield
        except IntegrityError as error:
            self._refuse_pruned(version, self._layout.journal.examine(None)[0])
            raise IntegrityError(f"version {version} is not used: {error}; {ELSE}") from error

    def _refuse_pruned(self, version: str, history: History) -> None:
        if version in history.pruned:
            raise StoreError(f"version {version} of {self.name!r} was pruned at {history.pruned[version]['time']}")

    def _writing(self) -> AbstractContextManager[Writer]:
        return writing(self._layout, self.keys, trusted=self.keys)


def names_in(root: Path) -> list[str]:
    """The models in a store's folder."""
    try:
        return sorted(path.parent.name for path in root.glob("*/journal.jsonl") if re.match(NAME, path.parent.name))
    except OSError:
        return []


def _next_second(history: History) -> datetime:
    """Now, or the next second after the latest version's: sorted by name, versions are in order of export."""
    now = datetime.now(UTC).replace(microsecond=0)
    if not history.exports:
        return now
    latest = datetime.strptime(max(history.exports).split("-")[0], SECOND).replace(tzinfo=UTC)
    return max(now, latest + timedelta(seconds=1))
