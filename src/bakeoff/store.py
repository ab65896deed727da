"""Versions on disk, the champion among them, and the journal that tells how it came about."""

import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError, StoreError
from bakeoff.files import locked, require_writable, sha256_file, sync, write_text
from bakeoff.journal import STAMP, Journal
from bakeoff.report import render_html

FORMAT = 1  # of card.json
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"  # of a model: a folder, and nothing but a folder
VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{5}")
SEALED = ("model.joblib", "validation.parquet", "leaderboard.csv")  # the files whose digests the card holds
SECOND = "%Y%m%dT%H%M%SZ"
KEYS = {
    "version",
    "created",
    "classifier",
    "classifiers",
    "selection",
    "classes",
    "features",
    "target",
    "rows",
    "files",
}
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
            return self.champion() or versions[0]
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
        if not isinstance(card, dict) or not isinstance(card.get("format"), int):
            raise IntegrityError(f"the card of version {version} is none")
        if card["format"] != FORMAT:
            raise IntegrityError(f"the card of version {version} is not of format {FORMAT}: use a newer Bakeoff")
        if missing := KEYS - set(card):
            raise IntegrityError(f"the card of version {version} lacks {', '.join(sorted(missing))}")
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
            try:
                self._fill(incoming, describe(version, created.strftime(STAMP)), files)
            except OSError:  # a full disk, say: give back what was taken of it
                shutil.rmtree(incoming, ignore_errors=True)
                raise
            # From here on the version exists: `_mend` finishes the move if this process can't.
            self.journal.append("export", version, why, card_sha256=sha256_file(incoming / "card.json"))
            self._arrive(version)
            self._crown_the_first()
        return self.folder / version

    def _fill(self, folder: Path, card: dict[str, Any], files: dict[str, Path]) -> None:
        sealed = {}
        for name, source in files.items():
            shutil.copyfile(source, folder / name)
            sealed[name] = {"sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size}
        card = card | {"files": sealed}
        (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / "report.html").write_text(render_html(card), encoding="utf-8")
        for path in (*folder.iterdir(), folder):
            sync(path)

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
            self.require_sealed(version, *SEALED)
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
            self.require_sealed(champions[-2], *SEALED)
            self._set_champion("rollback", champions[-2], why)
        return champions[-2]

    def verify(self, version: str | None = None) -> list[Finding]:
        """Check every file against its card, cards against the journal, and the journal against itself.

        Args:
            version: only this one; by default all of them.
        """
        with self._quiet():
            return self._verify(version)

    def _verify(self, version: str | None) -> list[Finding]:
        names = self.versions() if version is None else [self.resolve(version)]
        found = [Finding(None, text) for text in self.journal.findings()]
        try:
            sealed, champion = self._sealed_cards(), self.champion()
        except IntegrityError as error:
            return found or [Finding(None, str(error))]
        for name in names:
            found += [Finding(name, text) for text in self._check(name, sealed.get(name))]
        if version is None:
            found += [Finding(name, "is in the journal but not in the store") for name in sealed if name not in names]
        pointer = self.folder / "champion"
        shown = _read_pointer(pointer)
        if champion is not None and shown != champion:
            text = f"the file champion says {shown!r}, the journal {champion!r}; the next promotion or export mends it"
            found.append(Finding(None, text))
        return found

    def require_sealed(self, version: str, *names: str) -> dict[str, Any]:
        """Compare the journal's chain, the version's card and the named files with their digests; return the card.

        Raises:
            IntegrityError: naming the first thing that differs.
        """
        findings = self.journal.findings() or self._check(version, self._sealed_cards().get(version), names)
        if findings:
            raise IntegrityError(f"version {version} is not used: {findings[0]}")
        return self.card(version)

    def load(self, version: str) -> Any:
        """The version's fitted Pipeline; its bytes are compared with the card before anything reads them.

        Raises:
            IntegrityError: the model or its card is not what was sealed.
        """
        import joblib

        card = self.require_sealed(version)
        try:
            content = (self.folder / version / "model.joblib").read_bytes()
        except OSError as error:
            raise IntegrityError(f"version {version} is not used: model.joblib can't be read") from error
        if hashlib.sha256(content).hexdigest() != card["files"]["model.joblib"]["sha256"]:
            raise IntegrityError(f"version {version} is not used: model.joblib differs from its card")
        return joblib.load(io.BytesIO(content))

    def _sealed_cards(self) -> dict[str, str]:
        entries = self.journal.entries()
        return {entry["version"]: entry["card_sha256"] for entry in entries if entry["event"] == "export"}

    def _check(self, version: str, card_sha256: str | None, names: Sequence[str] = SEALED) -> list[str]:
        if card_sha256 is None:
            return ["it is not in the journal: Bakeoff did not export it"]
        folder = self.folder / version
        if not (folder / "card.json").is_file():
            return ["card.json is missing"]
        if sha256_file(folder / "card.json") != card_sha256:
            return ["card.json differs from the journal"]
        sealed, found = self.card(version)["files"], list[str]()
        for name in names:
            if not (folder / name).is_file():
                found.append(f"{name} is missing")
            elif sha256_file(folder / name) != sealed.get(name, {}).get("sha256"):
                found.append(f"{name} differs from its card")
        return found

    def _set_champion(self, event: str, version: str, why: str) -> None:
        self.journal.append(event, version, why)
        write_text(self.folder / "champion", f"{version}\n")

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Hold the lock where that is possible, so that nothing moves while the block looks; nothing is changed."""
        with ExitStack() as stack:
            with suppress(OSError):  # no store yet, or one that can only be read
                stack.enter_context(locked(self.folder / ".lock"))
            yield

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
            elif incoming.is_dir():
                shutil.rmtree(incoming)
        for aside in self.folder.glob(".champion.*"):
            aside.unlink()
        self._crown_the_first()
        champion, pointer = self.champion(), self.folder / "champion"
        if champion and _read_pointer(pointer) != champion:
            write_text(pointer, f"{champion}\n")

    def _crown_the_first(self) -> None:
        """The first version of a name is its champion, also when its export died before it could say so."""
        exported = [entry["version"] for entry in self.journal.entries() if entry["event"] == "export"]
        if exported and not self.journal.champions():
            self._set_champion("promote", exported[0], "the first version of this name")

    def _next_second(self) -> datetime:
        """Now, or the next second after the latest version's: sorted by name, versions are in order of export."""
        now, versions = datetime.now(UTC).replace(microsecond=0), self.versions()
        if not versions:
            return now
        try:
            latest = datetime.strptime(versions[-1].split("-")[0], SECOND).replace(tzinfo=UTC)
        except ValueError:  # a folder that somebody else put there
            return now
        return max(now, latest + timedelta(seconds=1))

    def _arrive(self, version: str) -> None:
        (self.folder / f"{INCOMING}{version}").rename(self.folder / version)
        sync(self.folder)


def _read_pointer(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""
