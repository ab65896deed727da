"""The journal of a model in an object store: one object, replaced if it is still the one that was read (If-Match)."""

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bakeoff.errors import BakeoffError, IntegrityError, WriteError
from bakeoff.runtime.objects.conditional_place import has_answer
from bakeoff.runtime.objects.place import describe_failure
from bakeoff.store.files.object_files import ObjectFiles
from bakeoff.store.history import History
from bakeoff.store.journal import JOURNAL, JOURNAL_HEAD, LARGEST, LONGEST_HEAD
from bakeoff.store.keys import Keys
from bakeoff.store.layout import CHAMPION, SHORT, Layout

TRIES = 15
PAUSE_SECONDS = 0.05  # at most, after the first try; twice as long after each further one
LONGEST_PAUSE = 3.0
MOST = {JOURNAL_HEAD: LONGEST_HEAD, JOURNAL: LARGEST, CHAMPION: SHORT}  # bytes, in the order in which they are read

logger = logging.getLogger(__name__)


class ConflictError(BakeoffError):
    """Another process changed the model first, so the change must be made again, on what is there now."""

    def __init__(self, text: str = "another process changed it first") -> None:
        super().__init__(text)


@dataclass(frozen=True)
class Found:
    """An object as it was read: its content, and the version that it must still have to be replaced."""

    content: bytes = b""
    version: str | None = None


class JournalObject:
    """The journal, with `champion` and `journal.head`, which follow from it.

    The two may be behind the journal, never ahead of it; any later writer can write them again.

    Attributes:
        history: the present history.
    """

    def __init__(self, layout: Layout, files: ObjectFiles, keys: Keys, trusted: Keys | None) -> None:
        """Read them.

        Args:
            layout: the model's files.
            files: the same.
            keys: the keys to sign with.
            trusted: the trusted keys; with None signatures are not checked.

        Raises:
            IntegrityError: the journal has a finding.
            ReadError: the store can't be read.
        """
        self._layout, self._files, self._objects = layout, files, files.objects
        self._keys, self._trusted = keys, trusted
        self.read()

    def read(self) -> None:
        """Read the journal and what follows from it.

        Raises:
            IntegrityError: the journal has a finding.
            ReadError: the store can't be read.
        """
        try:
            self._read()
        except IntegrityError:  # another process may have changed one object while the next one was read
            with self._layout.read_locked():
                self._read()

    def _read(self) -> None:
        try:
            with self._files.reading(JOURNAL):
                self._found = {name: Found(*self._objects.read_versioned(name, most)) for name, most in MOST.items()}
        except OSError as error:
            raise IntegrityError(f"an object of {self._files.place} can't be read: {error.strerror}") from error
        head, self._content = self._found[JOURNAL_HEAD], self._found[JOURNAL].content
        text = None if head.version is None else head.content.decode(errors="replace")
        checked = self._layout.journal.check(text, self._content, self._trusted)
        self.history: History = self._layout.require_used(*checked)

    def commit(self, *events: dict[str, Any]) -> None:
        """Append events to the journal, which commits the change.

        Raises:
            ConflictError: another process has changed the journal; nothing was changed.
            WriteError: the request has no answer; the change may still be made.
        """
        lines, after = self._layout.journal.encode_events(self.history, events, self._keys)
        before = self._found[JOURNAL]
        content = before.content[: self.history.size] + lines
        for attempt in range(TRIES):  # of one request, which takes effect once
            try:
                if self._objects.replace_if(JOURNAL, content, before.version):
                    break
            except Exception as error:
                if self._has_landed(before, content, error):
                    break
                if has_answer(error):
                    raise
                raise WriteError(self._unanswered(describe_failure(error))) from error
            if self._has_landed(before, content, None):
                break
            pause(attempt)  # S3 answers 409 while another request for the object is under way, as one sent twice
        else:
            raise WriteError(self._unanswered("the request was refused again and again"))
        self.history, self._content = after, content
        with self.following_up():
            self.update()

    def _has_landed(self, before: Found, content: bytes, error: Exception | None) -> bool:
        """Return whether the journal was replaced after all, since the answer to a request can get lost.

        A line of another process with the same time, reason and effect counts as this one's.

        Raises:
            ConflictError: another process has changed the journal.
            WriteError: it can't be read.
        """
        try:
            now = Found(*self._objects.read_versioned(JOURNAL, LARGEST))
        except Exception as unreadable:
            raise WriteError(
                f"{self._files.place} could not be written, and now can't be read: whether the change was made, "
                "bakeoff models log will show"
            ) from (error or unreadable)
        if now.content.startswith(content):
            return True
        if now != before:
            raise ConflictError from error
        return False

    def _unanswered(self, why: str) -> str:
        return (
            f"{self._files.place} could not be written: {why}; the change was not made so far, but the request may "
            "still arrive: bakeoff models log will show"
        )

    def update(self) -> None:
        """Write what follows from the journal, until nobody has changed it in the meantime."""
        for left in reversed(range(TRIES)):
            texts = self._layout.derived_files(self.history, self._keys)
            written = [self._replace(name, text.encode()) for name, text in texts.items()]
            if all(written) and self._objects.read_versioned(JOURNAL, LARGEST)[0] == self._content:
                return
            if left:
                pause(TRIES - left)
                self.read()

    def _replace(self, name: str, content: bytes) -> bool:
        """Write an object, unless it has this content; returns False if it has changed since it was read."""
        found = self._found[name]
        return found.content == content or self._objects.replace_if(name, content, found.version)

    @contextmanager
    def following_up(self) -> Iterator[None]:
        """Log errors of work that follows from the journal: the change is committed, and a later writer finishes it."""
        try:
            yield
        except Exception as error:
            logger.warning(
                "%s: the journal is ahead of the other objects: %s", self._files.place, describe_failure(error)
            )

    @property
    def is_followed(self) -> bool:
        """Whether `champion` and `journal.head` are what follows from the journal."""
        texts = self._layout.derived_files(self.history, self._keys)
        return all(self._found[name].content == text.encode() for name, text in texts.items())


def pause(attempt: int) -> None:
    """Wait, the longer the more attempts there were, so that processes don't meet again."""
    time.sleep(random.uniform(0.5, 1) * min(PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE))  # noqa: S311  no secret
