"""What happened to a model's versions, one line an event, only ever appended; the truth about the champion."""

import errno
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError
from bakeoff.runtime.files import (
    open_file,
    raise_refusal,
    read_file,
    say_too_large,
)
from bakeoff.store.entries import (
    HEAD,
    SHORTEST,
    STAMP,
    check_consistency,
    check_head,
    head_of,
    verify_chain,
)
from bakeoff.store.history import Entry, History
from bakeoff.store.keys import Keys

LARGEST, LONGEST_HEAD = 1 << 26, 1 << 12  # bytes of a journal, some hundred thousand lines, and of its head
RESTORE = "restore the model's folder from a backup, or choose another name"


@dataclass(frozen=True)
class Journal:
    """The journal of one model: `journal.jsonl`, and `journal.head` with the number and digest of its last line.

    Each line holds the SHA-256 of the line before, so that a line that was changed, removed or put in shows; the head
    shows it of the last one. A head that is behind is what a crash leaves, and no finding. With a private key lines and
    head are signed.
    """

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "journal.jsonl"

    @property
    def head(self) -> Path:
        """The file that tells how far the journal had come."""
        return self.folder / "journal.head"

    def read(self, keys: Keys | None) -> History:
        """All events; a last line that a crash cut short is left out.

        With public keys the last entry must be signed by one of them. It vouches for the whole chain before it, since
        nobody signs on a journal that is not in order. So must the head: else the last lines could be cut off.

        Args:
            keys: None looks at no signature at all.

        Raises:
            IntegrityError: a line is not what was written, or the signature is missing or another's.
        """
        history, findings = self.inspect(keys)
        if findings:
            raise IntegrityError(f"the journal of {self.name!r} is not used: {findings[0]}")
        return history

    def inspect(self, keys: Keys | None, noted: str | None = None) -> tuple[History, list[str]]:
        """As `read`, with all that is wrong as a list; entries that can't be read are left out of the history.

        Args:
            keys: None looks at no signature at all, also not at a line without one behind lines that have one.
            noted: the head as it was at some time: the journal must hold that line still.

        Raises:
            ReadError: the system refused to have it read.
        """
        try:
            head = self._read_head()  # before the journal, which may grow meanwhile
            content = self._read()
        except OSError as error:
            raise_refusal(error, self.path)
            return History(), [f"it can't be read: {error.strerror}"]
        size = content.rfind(b"\n") + 1  # what follows the last line's end was cut short
        if content.count(b"\n") > size // SHORTEST:
            return History(), [f"it has more lines than entries fit in its {size:,} bytes; {RESTORE}"]
        lines = content[:size].split(b"\n")[:-1]
        digests = [hashlib.sha256(line).hexdigest() for line in lines]
        entries, findings = verify_chain(lines, digests)
        history = History(tuple(entries), size, digests[-1] if digests else None)
        findings = findings or check_head(head, digests, entries) or check_consistency(history)
        if noted is not None:
            findings = findings or check_head(noted, digests, entries)
        if findings:
            return history, [f"{finding}; {RESTORE}" for finding in findings]
        return history, [] if keys is None else self._check_signatures(history, keys, head or "")

    def encode_events(self, history: History, events: Sequence[dict[str, Any]], keys: Keys) -> tuple[bytes, History]:
        """What is to be appended to tell of events, and the history with it.

        Args:
            events: as `make_event` makes them.

        """
        time, content = datetime.now(UTC).strftime(STAMP), b""
        for event in events:
            entry = {"number": len(history.entries) + 1, "time": time, **event, "previous": history.digest}
            if keys.private:
                entry |= {"key": keys.own}
                entry |= {"signature": keys.sign(self._message(entry))}
            line = json.dumps(entry, ensure_ascii=False, allow_nan=False).encode()
            content += line + b"\n"
            size, digest = history.size + len(line) + 1, hashlib.sha256(line).hexdigest()
            history = History((*history.entries, entry), size, digest)
        return content, history

    def head_text(self, history: History, keys: Keys) -> str:
        """What `journal.head` is to hold: number and digest of the last line, and their signature."""
        text = head_of(history)
        if keys.private:
            text += f" {keys.own} {keys.sign(self._head_message(text))}"
        return f"{text}\n"

    def require_key(self, history: History, keys: Keys) -> None:
        """Refuse to go on without a private key where there must be one.

        Raises:
            StoreError: the journal is signed, or a public key asks for it to be.
        """
        if history.is_signed:
            keys.require_private(f"the journal of {self.name!r} is signed by {history.entries[-1]['key']}: changing it")
        if keys.public:
            keys.require_private("with a public key the store must be signed: changing it")

    def find_forged(self, history: History, keys: Keys) -> list[str]:
        """Signatures in the name of a trusted key that don't fit their line."""
        return [
            f"journal line {number}: the signature doesn't fit"
            for number, entry in enumerate(history.entries, start=1)
            if entry.get("key") in keys.public and not self._is_signed(entry, keys)
        ]

    def _message(self, entry: Entry) -> bytes:
        """What is signed: the model's name, so that a line can't serve for another model, and the entry's content."""
        content = {key: value for key, value in entry.items() if key != "signature"}
        return f"bakeoff journal of {self.name}\n{json.dumps(content, sort_keys=True)}".encode()

    def _head_message(self, text: str) -> bytes:
        return f"bakeoff journal head of {self.name}\n{text}".encode()

    def _is_signed(self, entry: Entry, keys: Keys) -> bool:
        return keys.signed(self._message(entry), entry.get("key", ""), entry.get("signature", ""))

    def _check_signatures(self, history: History, keys: Keys, head: str) -> list[str]:
        """Whether lines behind signed ones are signed, and with public keys whether last line and head fit one."""
        if unsigned := history.unsigned_behind_signed:
            return [f"line {unsigned} is not signed, and the line before it is; {self._sign_hint()}"]
        if not keys.public or not history.entries:
            return []
        return self._check_last_line(history, keys) or self._check_head(head, keys)

    def _check_last_line(self, history: History, keys: Keys) -> list[str]:
        entry = history.entries[-1]
        what = f"its last line ({len(history.entries)}, {entry['event']})"
        if self._is_signed(entry, keys):
            return []
        if "signature" not in entry:
            return [f"{what} is not signed; {self._sign_hint()}"]
        if entry.get("key") not in keys.public:
            return [
                f"{what} is signed by the key {entry.get('key', '')[:16]}, trusted is {', '.join(keys.public)}; "
                "if the key was changed, get the new public key, else ask who owns the store"
            ]
        return [f"the signature of {what} doesn't fit: it was changed, or the folder is a copy of another model's"]

    def _check_head(self, head: str, keys: Keys) -> list[str]:
        found = HEAD.fullmatch(head.strip())
        if found and keys.signed(self._head_message(f"{found[1]} {found[2]}"), found[3] or "", found[4] or ""):
            return []
        return [
            f"journal.head is not signed by {', '.join(keys.public)}: lines may have been cut off; {self._sign_hint()}"
        ]

    def _sign_hint(self) -> str:
        return (
            f"look at it (bakeoff models log --all --name {self.name}), then whoever has the private key can vouch for "
            f"it: bakeoff models sign --as-it-stands --name {self.name} --private-key FILE"
        )

    def _read_head(self) -> str | None:
        try:
            return read_file(self.head, LONGEST_HEAD).decode(errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _read(self) -> bytes:
        """In one call to the system: read piece by piece, a line that is being cut could be mixed with the next."""
        try:
            with open_file(self.path) as file:
                size = os.fstat(file.fileno()).st_size
                if size > LARGEST:
                    raise OSError(errno.EFBIG, say_too_large(size, LARGEST))
                return file.read(size) or b""
        except (FileNotFoundError, NotADirectoryError):
            return b""
