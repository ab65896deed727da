"""Recognize text that is not UTF-8, and read it as UTF-8."""

import codecs
import re
from types import TracebackType
from typing import Any, Self

UTF8 = "utf-8"
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
SAMPLE = 1 << 20  # bytes by which an encoding is recognized
# Invalid text is passed on as bytes that are not UTF-8, so that only its rows are rejected.
ERRORS = {"utf-16-le": "surrogatepass", "utf-16-be": "surrogatepass", "cp1252": "surrogateescape"}
NAMES = {
    "utf-8-sig": "UTF-8 with a byte-order mark",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Latin-1",
}
# Matches a UTF-8 sequence; a byte that is neither a letter of Latin-1 nor a quote, dash, ellipsis or euro sign of
# Windows-1252; or four letters beyond ASCII in a row, as in text of another alphabet.
NOT_LATIN_1 = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    rb"|[\x81-\x83\x86-\x90\x95\x98-\x9f\xff]|[\xa1-\xfe]{4}"
)


def recognize_encoding(head: bytes) -> str:
    """Recognize the encoding of text by its first bytes.

    Args:
        head: the first `SAMPLE` bytes, or all bytes of a smaller file.

    Returns:
        Python's name of UTF-16 or Windows-1252 (which includes Latin-1) if it is certainly one of them; else of UTF-8.
    """
    for bom, encoding in BOMS.items():
        if head.startswith(bom):
            return encoding
    if head.isascii() and 0 not in head:
        return UTF8
    zeros = [head[start::2].count(0) for start in (0, 1)]
    if min(zeros) == 0 and max(zeros) * 2.2 > len(head):
        return "utf-16-be" if zeros[0] else "utf-16-le"
    if len(head) >= SAMPLE:  # it may end within a character
        head = head[: head.rfind(b"\n") + 1] or head[:-3]
    return UTF8 if head.isascii() or 0 in head or NOT_LATIN_1.search(head) else "cp1252"


class TranscodedStream:
    """A stream that reads text in another encoding as UTF-8.

    Args:
        stream: a stream of bytes, at its beginning.
        encoding: a key of `ERRORS`.
    """

    def __init__(self, stream: Any, encoding: str) -> None:
        """Wrap the stream."""
        self._stream, self._errors = stream, ERRORS[encoding]
        self._decoder = codecs.getincrementaldecoder(encoding)(self._errors)
        self._rest, self._ended = b"", False

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes of UTF-8, and at least one before the end."""
        while not self._rest and not self._ended:
            data = self._stream.read(size)
            self._ended = not data
            try:
                text = self._decoder.decode(data, final=self._ended)
            except UnicodeDecodeError:  # the file ends within a character
                self._rest = b"\xff"
            else:
                self._rest = text.encode(UTF8, self._errors)
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stream.close()
