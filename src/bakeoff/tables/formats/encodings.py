"""Recognize text that is not UTF-8, and read it as UTF-8."""

import codecs
import re
from types import TracebackType
from typing import Any, Self

UTF8 = "utf-8"
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
SAMPLE = 1 << 20  # bytes that are looked at
# Errors are passed on as bytes that are not UTF-8, so that they cost their rows and no other.
ERRORS = {"utf-16-le": "surrogatepass", "utf-16-be": "surrogatepass", "cp1252": "surrogateescape"}
NAMES = {
    "utf-8-sig": "UTF-8 with a byte-order mark",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Latin-1",
}
# A UTF-8 sequence; a byte that is no letter of Latin-1, nor a quote, dash, ellipsis or the euro of Windows-1252; four
# such letters in a row, as text in another alphabet has them.
NOT_LATIN_1 = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    rb"|[\x81-\x83\x86-\x90\x95\x98-\x9f\xff]|[\xa1-\xfe]{4}"
)


def recognize_encoding(head: bytes) -> str:
    """Recognize the encoding of text by its first bytes.

    Returns:
        Python's name of UTF-16 or Windows-1252, which has Latin-1 in it; of UTF-8 if it is neither beyond doubt.
    """
    for bom, encoding in BOMS.items():
        if head.startswith(bom):
            return encoding
    if head.isascii() and 0 not in head:
        return UTF8
    zeros = [head[start::2].count(0) for start in (0, 1)]
    if min(zeros) == 0 and max(zeros) * 2.2 > len(head):
        return "utf-16-be" if zeros[0] else "utf-16-le"
    if len(head) >= SAMPLE:  # not half of a character
        head = head[: head.rfind(b"\n") + 1] or head[:-3]
    return UTF8 if head.isascii() or 0 in head or NOT_LATIN_1.search(head) else "cp1252"


class TranscodedStream:
    """A stream of text in another encoding, read as UTF-8."""

    def __init__(self, stream: Any, encoding: str) -> None:
        """Begin at the beginning of a stream of bytes."""
        self._stream, self._errors = stream, ERRORS[encoding]
        self._decoder = codecs.getincrementaldecoder(encoding)(self._errors)
        self._rest, self._ended = b"", False

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes; none only at the end."""
        while not self._rest and not self._ended:
            data = self._stream.read(size)
            self._ended = not data
            try:
                text = self._decoder.decode(data, final=self._ended)
            except UnicodeDecodeError:  # half of a character at the end
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
