"""Versions on disk, the champion among them, and the journal that tells how it came about."""

import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError, StoreError
from bakeoff.files import locked, require_writable, sha256_file, sync, write_text
from bakeoff.journal import STAMP, Journal
from bakeoff.report import render_html

FORMAT = 1  # of card.json
VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{5}")
SEALED = ("model.joblib", "validation.parquet", "leaderboard.csv")  # the files whose digests the card holds
SECOND = "%Y%m%dT%H%M%SZ"
INCOMING = ".incoming-"


@dataclass(frozen=True)
class Finding:
    """Something in the store that is not as it was sealed."""

    version: str | None
    text: str


class ModelStore:
    """The versions of one model: `<root>/<name>/<version>/`.

    Several processes may use it at once: writers take turns by a lock that a dead process doesn't hold; readers see
    a version or champion before or after a change, never in between.
    """

    def __init__(self, root: Path | str, name: str) -> None:
        self.name = name
        self.folder = Path(root) / name
        self.journal = Journal(self.folder / "journal.jsonl")

    def require_writable(self) -> None:
        """Raise a `StoreError` when an export would fail for want of a place to write."""
        require_writable(self.folder, "the store", StoreError)

    def versions(self) -> list[str]:
        """All versions, oldest first."""
        try:
            names = [entry.name for entry in self.folder.iterdir() if VERSION.fullmatch(entry.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(names)

    def champion(self) -> str | None:
        """The version in use, as the journal tells."""
        champions = self.journal.champions()
        return champions[-1] if champions else None

    def resolve(self, wanted: str) -> str:
        """The version that `champion`, `latest` or an id means.

        Raises:
            StoreError: there is none; the text says which there are.
        """
        versions = self.versions()
        if not versions:
            raise StoreError(f"there is no model {self.name!r} in {str(self.folder.parent)!r}: train first")
        if wanted == "latest":
            return versions[-1]
        if wanted == "champion":
            # A crash can fall between a first export and its promotion; that version is all there is.
            return self.champion() or versions[-1]
        if wanted not in versions:
            shown = ", ".join(versions[-5:])
            raise StoreError(f"{self.name!r} has no version {wanted!r}; allowed: champion, latest or an id ({shown})")
        return wanted

    def card(self, version: str) -> dict[str, Any]:
        """The version's card.

        Raises:
            IntegrityError: it can't be read, or is of a format that this Bakeoff doesn't know.
        """
        path = self.folder / version / "card.json"
        try:
            card = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise IntegrityError(f"the card of version {version} can't be read: {error}") from error
        if not isinstance(card, dict) or card.get("format") != FORMAT:
            raise IntegrityError(f"the card of version {version} is not of format {FORMAT}: use a newer Bakeoff")
        return card

    def export(self, files: dict[str, Path], describe: Callable[[str, str], dict[str, Any]], why: str) -> Path:
        """Add a version: whole, or not at all. The first one of a name becomes champion.

        Args:
            files: the sealed files by name; copied.
            describe: makes the card, all but its `files`, from the version's id and time of creation.
            why: the journal's sentence.

        Returns:
            the version's folder.
        """
        digest = sha256_file(files["model.joblib"])
        with self._writing():
            created = self._next_second()
            version = f"{created:{SECOND}}-{digest[:5]}"
            incoming = self.folder / f"{INCOMING}{version}"
            incoming.mkdir()
            card = describe(version, created.strftime(STAMP)) | {"files": {}}
            for name, source in files.items():
                shutil.copyfile(source, incoming / name)
                card["files"][name] = {
                    "sha256": sha256_file(incoming / name),
                    "bytes": (incoming / name).stat().st_size,
                }
            (incoming / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            (incoming / "report.html").write_text(render_html(card), encoding="utf-8")
            for path in (*incoming.iterdir(), incoming):
                sync(path)
            # From here on the version exists: `_mend` finishes the move if this process can't.
            self.journal.append("export", version, why, card_sha256=sha256_file(incoming / "card.json"))
            self._arrive(version)
            if not self.journal.champions():
                self._set_champion("promote", version, "the first version of this name")
        return self.folder / version

    def promote(self, version: str, why: str) -> bool:
        """Make a version the champion; False when it is already.

        Raises:
            StoreError: there is no such version.
            IntegrityError: its files are not what its card says.
        """
        version = self.resolve(version)
        with self._writing():
            if self.champion() == version:
                return False
            self._require_sealed(version)
            self._set_champion("promote", version, why)
        return True

    def rollback(self, why: str) -> str:
        """Make the champion before the present one champion again, and return it.

        Raises:
            StoreError: there was none before.
        """
        self.resolve("champion")
        with self._writing():
            champions = self.journal.champions()
            if len(champions) < 2:
                raise StoreError(f"{self.name!r} has had one champion only: there is nothing to roll back to")
            self._require_sealed(champions[-2])
            self._set_champion("rollback", champions[-2], why)
        return champions[-2]

    def verify(self, version: str | None = None) -> list[Finding]:
        """Check every file against its card, cards against the journal, and the journal against itself.

        Args:
            version: only this one; by default all of them.
        """
        found = [Finding(None, text) for text in self.journal.findings()]
        sealed = self._sealed_cards()
        names = self.versions() if version is None else [self.resolve(version)]
        for name in names:
            found += [Finding(name, text) for text in self._check(name, sealed.get(name))]
        if version is None:
            found += [Finding(name, "is in the journal but not in the store") for name in sealed if name not in names]
        pointer = self.folder / "champion"
        if not found and (champion := self.champion()) is not None:
            shown = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else ""
            if shown != champion:
                found.append(Finding(None, f"champion says {shown!r}, the journal says {champion!r}; promote mends it"))
        return found

    def load(self, version: str) -> Any:
        """The version's fitted Pipeline; its bytes are compared with the card before anything reads them.

        Raises:
            IntegrityError: the model or its card is not what was sealed.
        """
        import joblib

        if findings := self._check(version, self._sealed_cards().get(version), names=("card.json",)):
            raise IntegrityError(f"version {version} is not loaded: {findings[0]}")
        content = (self.folder / version / "model.joblib").read_bytes()
        expected = self.card(version)["files"]["model.joblib"]["sha256"]
        if hashlib.sha256(content).hexdigest() != expected:
            raise IntegrityError(f"version {version} is not loaded: model.joblib differs from its card")
        return joblib.load(io.BytesIO(content))

    def _require_sealed(self, version: str) -> None:
        if findings := self._check(version, self._sealed_cards().get(version)):
            raise IntegrityError(f"version {version} can't become champion: {findings[0]}")

    def _sealed_cards(self) -> dict[str, str]:
        entries = self.journal.entries()
        return {entry["version"]: entry["card_sha256"] for entry in entries if entry["event"] == "export"}

    def _check(
        self, version: str, card_sha256: str | None, names: tuple[str, ...] = ("card.json", *SEALED)
    ) -> list[str]:
        folder, found = self.folder / version, list[str]()
        if card_sha256 is None:
            return ["is not in the journal: Bakeoff did not export it"]
        for name in names:
            path = folder / name
            if not path.is_file():
                found.append(f"{name} is missing")
            elif name == "card.json" and sha256_file(path) != card_sha256:
                found.append("card.json differs from the journal")
            elif name != "card.json" and sha256_file(path) != self.card(version)["files"].get(name, {}).get("sha256"):
                found.append(f"{name} differs from its card")
            if name == "card.json" and found:
                break  # the digests in it mean nothing
        return found

    def _set_champion(self, event: str, version: str, why: str) -> None:
        self.journal.append(event, version, why)
        write_text(self.folder / "champion", f"{version}\n")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock, and finish or clear what a writer that died left behind."""
        self.require_writable()
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / ".lock"):
            self._mend()
            yield

    def _mend(self) -> None:
        exported = {entry["version"] for entry in self.journal.entries() if entry["event"] == "export"}
        for incoming in self.folder.glob(f"{INCOMING}*"):
            version = incoming.name.removeprefix(INCOMING)
            if version in exported:
                self._arrive(version)
            else:
                shutil.rmtree(incoming)
        champion, pointer = self.champion(), self.folder / "champion"
        if champion and (not pointer.exists() or pointer.read_text(encoding="utf-8") != f"{champion}\n"):
            write_text(pointer, f"{champion}\n")

    def _next_second(self) -> datetime:
        """Now, or the next second after the latest version's: sorted by name, versions are in order of export."""
        now, versions = datetime.now(UTC).replace(microsecond=0), self.versions()
        if not versions:
            return now
        latest = datetime.strptime(versions[-1].split("-")[0], SECOND).replace(tzinfo=UTC)
        return max(now, latest + timedelta(seconds=1))

    def _arrive(self, version: str) -> None:
        (self.folder / f"{INCOMING}{version}").rename(self.folder / version)
        sync(self.folder)
