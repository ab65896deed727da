"""The journal of a model: an append-only file with one line per event, which decides who is champion."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bakeoff.errors import IntegrityError
from bakeoff.runtime.objects.address import Address
from bakeoff.store.entries import (
    HEAD,
    SHORTEST,
    STAMP,
    check_consistency,
    check_head,
    encode_entry,
    head_of,
    verify_chain,
)
from bakeoff.store.files.model_files import ModelFiles
from bakeoff.store.history import Entry, History
from bakeoff.store.keys import Keys

JOURNAL, JOURNAL_HEAD = "journal.jsonl", "journal.head"
LARGEST, LONGEST_HEAD = 1 << 26, 1 << 12  # bytes of a journal (some hundred thousand lines) and of its head
RESTORE = "restore the model's folder from a backup, or choose another name"


@dataclass(frozen=True)
class Journal:
    """The journal of one model: `journal.jsonl`, and `journal.head` with the number and digest of its last line.

    Each line contains the SHA-256 of the line before, which reveals a line that was changed, removed or inserted; for
    the last line the head does. A crash can leave a head that is older than the journal; that is no finding. With a
    private key, lines and head are signed.
    """

    files: ModelFiles
    name: str

    @property
    def path(self) -> Path | Address:
        """The journal's file."""
        return self.files.place / JOURNAL

    @property
    def head(self) -> Path | Address:
        """The file with the number and digest of the last line."""
        return self.files.place / JOURNAL_HEAD

    def read(self, keys: Keys | None) -> History:
        """Read all entries; a last line that a crash cut short is left out.

        With public keys, one of them must have signed the last entry, which vouches for the whole chain before it,
        since nobody signs a journal with findings. The head must be signed too: otherwise lines at the end could be cut
        off unnoticed.

        Args:
            keys: the trusted keys; with None signatures are not checked.

        Raises:
            IntegrityError: a line was changed, or a signature is missing or not by a trusted key.
            ReadError: the system refused to read a file.
        """
        history, findings = self.inspect(keys)
        self.refuse(findings)
        return history

    def refuse(self, findings: list[str]) -> None:
        """Raise an `IntegrityError` if there are findings."""
        if findings:
            raise IntegrityError(f"the journal of {self.name!r} is not used: {findings[0]}")

    def inspect(self, keys: Keys | None, noted: str | None = None) -> tuple[History, list[str]]:
        """Read the journal as `read` does, but return findings; unreadable entries are left out of the history.

        Args:
            keys: the trusted keys; with None signatures are not checked, not even for unsigned lines after signed ones.
            noted: an earlier head, whose line the journal must still contain.

        Returns:
            The history, and the findings, a sentence each.

        Raises:
            ReadError: the system refused to read a file.
        """
        try:
            head = self._read_head()  # before the journal, which may grow in the meantime
            content = self._read()
        except OSError as error:
            return History(), [f"it can't be read: {error.strerror}"]
        return self.check(head, content, keys, noted)

    def check(
        self, head: str | None, content: bytes, keys: Keys | None, noted: str | None = None
    ) -> tuple[History, list[str]]:
        """Check a journal that was read, as `inspect` does.

        Args:
            head: the content of `journal.head`, read before the journal; None if there is none.
            content: the content of `journal.jsonl`.
            keys: as for `inspect`.
            noted: as for `inspect`.
        """
        size = content.rfind(b"\n") + 1  # the rest was cut short
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
        """Encode events as lines of the journal, numbered, chained and signed.

        Args:
            history: the present history.
            events: the results of `make_event`.
            keys: the keys to sign with; without a private key nothing is signed.

        Returns:
            The lines to append, and the history after them.
        """
        time, content = datetime.now(UTC).strftime(STAMP), b""
        for event in events:
            entry = {"number": len(history.entries) + 1, "time": time, **event, "previous": history.digest}
            if keys.private:
                entry |= {"key": keys.own}
                entry |= {"signature": keys.sign(self._message(entry))}
            line = encode_entry(entry)
            content += line + b"\n"
            size, digest = history.size + len(line) + 1, hashlib.sha256(line).hexdigest()
            history = History((*history.entries, entry), size, digest)
        return content, history

    def head_text(self, history: History, keys: Keys) -> str:
        """Return the content of `journal.head`: number and digest of the last line, and their signature."""
        text = head_of(history)
        if keys.private:
            text += f" {keys.own} {keys.sign(self._head_message(text))}"
        return f"{text}\n"

    def require_key(self, history: History, keys: Keys) -> None:
        """Require a private key if the journal must be signed.

        Raises:
            StoreError: the journal is signed, or there are public keys, but no private key.
        """
        if history.is_signed:
            keys.require_private(f"the journal of {self.name!r} is signed by {history.entries[-1]['key']}: changing it")
        if keys.public:
            keys.require_private("with a public key the store must be signed: changing it")

    def find_forged(self, history: History, keys: Keys) -> list[str]:
        """Return a finding for each line whose signature claims a trusted key and doesn't match."""
        return [
            f"journal line {number}: the signature doesn't fit"
            for number, entry in enumerate(history.entries, start=1)
            if entry.get("key") in keys.public and not self.is_signed(entry, keys)
        ]

    def _message(self, entry: Entry) -> bytes:
        """Return the bytes to sign: the model's name, so that a line can't be used for another model, and the entry."""
        content = {key: value for key, value in entry.items() if key != "signature"}
        return f"bakeoff journal of {self.name}\n{json.dumps(content, sort_keys=True)}".encode()

    def _head_message(self, text: str) -> bytes:
        return f"bakeoff journal head of {self.name}\n{text}".encode()

    def is_signed(self, entry: Entry, keys: Keys) -> bool:
        """Return whether a trusted key has signed an entry for this model."""
        return keys.signed(self._message(entry), entry.get("key", ""), entry.get("signature", ""))

    def _check_signatures(self, history: History, keys: Keys, head: str) -> list[str]:
        """Check for unsigned lines after signed ones, and with public keys the signatures of last line and head."""
        if unsigned := history.unsigned_after_signed:
            return [f"line {unsigned} is not signed, and the line before it is; {self._sign_hint()}"]
        if not keys.public or not history.entries:
            return []
        return self._check_last_line(history, keys) or self._check_head(head, keys)

    def _check_last_line(self, history: History, keys: Keys) -> list[str]:
        entry = history.entries[-1]
        line = f"its last line ({len(history.entries)}, {entry['event']})"
        if self.is_signed(entry, keys):
            return []
        if "signature" not in entry:
            return [f"{line} is not signed; {self._sign_hint()}"]
        if entry.get("key") not in keys.public:
            return [
                f"{line} is signed by the key {entry.get('key', '')[:16]}, trusted is {', '.join(keys.public)}; "
                "if the key was changed, get the new public key, else ask who owns the store"
            ]
        return [f"the signature of {line} doesn't fit: it was changed, or the folder is a copy of another model's"]

    def _check_head(self, head: str, keys: Keys) -> list[str]:
        match = HEAD.fullmatch(head.strip())
        if match and keys.signed(self._head_message(f"{match[1]} {match[2]}"), match[3] or "", match[4] or ""):
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
        """Read the head's file; None if it is missing."""
        try:
            return self.files.read(JOURNAL_HEAD, LONGEST_HEAD).decode(errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _read(self) -> bytes:
        """Read the journal at once; empty if it is missing.

        In several system calls, the start of a line that a writer is cutting off could be joined to the line that
        replaces it.

        Raises:
            OSError: it is too large, or can't be read.
        """
        try:
            return self.files.read_at_once(JOURNAL, LARGEST)
        except (FileNotFoundError, NotADirectoryError):
            return b""
