"""Versions on disk, the champion among them, and the journal that tells how it came about."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bakeoff.errors import BakeoffError, IntegrityError, StoreError
from bakeoff.files import require_writable, sha256_file
from bakeoff.history import STAMP, History
from bakeoff.layout import Layout
from bakeoff.sealing import fill_folder
from bakeoff.signing import Keys
from bakeoff.verification import Finding, verify_journal, verify_version, verify_versions
from bakeoff.writing import FIRST, Writer, event, writing

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"  # of a model: a folder, and nothing but a folder
SECOND = "%Y%m%dT%H%M%SZ"
NO_KEYS = Keys()


@dataclass(frozen=True)
class Pruning:
    """What pruning keeps, each version with its reason, what it removes, and how many bytes that frees."""

    kept: dict[str, str]
    pruned: list[str]
    bytes: int


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
        if self.history().is_signed:
            self.keys.require_private()

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
            raise StoreError(f"there is no model {self.name!r} in {str(self.folder.parent)!r}: train first")
        if wanted == "latest":
            return versions[-1]
        if wanted == "champion":
            # A crash can fall between a first export and its promotion; that version is all there is.
            return history.champion or versions[0]
        if wanted in history.pruned:
            raise StoreError(f"version {wanted} of {self.name!r} was pruned at {history.pruned[wanted]['time']}")
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
        with _naming(version):
            return self._layout.read_card(version, history)

    def read(self, version: str, name: str) -> bytes:
        """A sealed file's content, compared with the card, and the card with the journal.

        Raises:
            IntegrityError: naming what differs.
        """
        card = self.card(version)
        with _naming(version):
            content = self._layout.read_file(version, name)
            if hashlib.sha256(content).hexdigest() != card["files"].get(name, {}).get("sha256"):
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
                events = [event("export", version, why, by, card_sha256=card_sha256)]
                if writer.history.champion is None:
                    events.append(event("promote", version, FIRST, by))
                writer.commit(*events)
            except (OSError, BakeoffError):  # a full disk, say: give back what was taken of it
                shutil.rmtree(incoming, ignore_errors=True)
                raise
            writer.arrive(version)
        return self.path(version)

    def promote(self, version: str, why: str, by: str | None = None) -> bool:
        """Make a version the champion; False when it is already.

        Raises:
            StoreError: there is no such version.
            IntegrityError: its files are not what its card says.
            WriteError: the disk refused; the champion is still the one before.
        """
        with self._writing() as writer:
            version = self.resolve(version, writer.history)
            if writer.history.champion == version:
                return False
            self._require_whole(writer.history, version)
            writer.commit(event("promote", version, why, by))
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
            writer.commit(event("rollback", version, why, by))
        return version

    def plan_prune(self, last: int, days: float) -> Pruning:
        """What `prune` would do now.

        Args:
            last: how many of the newest versions are kept.
            days: what was champion within so many days is kept; the champion always is.
        """
        return self._plan(self.history(), last, days)

    def prune(self, last: int, days: float, why: str, by: str | None = None) -> Pruning:
        """Remove all versions but the champion, the last ones, and those that were champion lately; as `plan_prune`.

        Raises:
            WriteError: the disk refused; nothing was changed.
        """
        with self._writing() as writer:
            plan = self._plan(writer.history, last, days)
            if plan.pruned:
                writer.commit(*(event("prune", version, why, by) for version in plan.pruned))
                writer.remove(plan.pruned)
        return plan

    def sign(self, why: str, by: str | None = None) -> History:
        """Vouch by a signature for everything that the store holds, whoever wrote it; from then on it is signed.

        Returns:
            the history that was signed.

        Raises:
            StoreError: there is no private key.
            IntegrityError: something is not as it was sealed.
        """
        self.keys.require_private()
        ModelStore(self.folder.parent, self.name).resolve("latest")
        with writing(self._layout, self.keys, trusted=NO_KEYS) as writer:
            history, found = verify_journal(self._layout, NO_KEYS)
            found += verify_versions(self._layout, history, self._names(history))
            if found:
                raise IntegrityError(f"nothing was signed: {found[0].version or self.name}: {found[0].text}")
            writer.commit(event("sign", None, why, by))
        return history

    def verify(self, version: str | None = None, noted: str | None = None) -> list[Finding]:
        """Check every file against its card, cards against the journal, and the journal against itself.

        Args:
            version: only this one; by default all of them.
            noted: a head of the journal from before, which it must have come by: an old copy of the whole folder, put
                back in its place, is in order by itself.
        """
        with self._layout.quiet():
            history, found = verify_journal(self._layout, self.keys, noted)
            names = self._names(history) if version is None else [self.resolve(version, history)]
        return found + verify_versions(self._layout, history, names)

    def _names(self, history: History) -> list[str]:
        return sorted({*history.versions, *self._layout.present()})

    def _require_whole(self, history: History, version: str) -> None:
        if findings := verify_version(self._layout, history, version):
            raise IntegrityError(f"version {version} is not used: {findings[0]}")

    def _plan(self, history: History, last: int, days: float) -> Pruning:
        kept = history.kept(last, datetime.now(UTC) - timedelta(days=days))
        pruned = [version for version in history.versions if version not in kept]
        sizes = [path.stat().st_size for version in pruned for path in self.path(version).glob("*")]
        return Pruning(kept, pruned, sum(sizes))

    def _writing(self) -> AbstractContextManager[Writer]:
        return writing(self._layout, self.keys, trusted=self.keys)


@contextmanager
def _naming(version: str) -> Iterator[None]:
    """Have an error name the version."""
    try:
        yield
    except IntegrityError as error:
        raise IntegrityError(f"version {version} is not used: {error}") from error


def _next_second(history: History) -> datetime:
    """Now, or the next second after the latest version's: sorted by name, versions are in order of export."""
    now = datetime.now(UTC).replace(microsecond=0)
    if not history.exports:
        return now
    latest = datetime.strptime(max(history.exports).split("-")[0], SECOND).replace(tzinfo=UTC)
    return max(now, latest + timedelta(seconds=1))
