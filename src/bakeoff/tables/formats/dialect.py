"""Recognize how a CSV is written."""

from dataclasses import dataclass
from pathlib import Path

from bakeoff.tables.formats import encodings
from bakeoff.tables.formats.csv_records import COMMA, DELIMITERS, count_fields

RECORDS = 100  # looked at
TAB = ord("\t")


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written.

    Attributes:
        delimiter: the character between fields.
        encoding: Python's name of the text's encoding.
    """

    delimiter: str = ","
    encoding: str = encodings.UTF8

    def describe(self) -> str:
        """Say how it differs from commas and UTF-8, as `is read with ';' between fields`; empty if it does not."""
        parts = []
        if self.delimiter != ",":
            parts.append(f"with {'tabs' if self.delimiter == chr(TAB) else repr(self.delimiter)} between fields")
        if self.encoding != encodings.UTF8:
            parts.append(f"as {encodings.NAMES[self.encoding]}")
        return f"is read {' and '.join(parts)}" if parts else ""


def usual_delimiter(path: Path) -> int:
    """Return the delimiter that the name of a file promises, as a byte."""
    return TAB if ".tsv" in [suffix.lower() for suffix in path.suffixes[-2:]] else COMMA


def recognize_delimiter(head: bytes, usual: int) -> int:
    """Recognize the delimiter of a CSV by its first records.

    Another one than the usual is taken if it splits all records as the header, into more fields than the usual one, or
    the usual one splits them unevenly; or if the usual one does not split the header, and the other most records.

    Args:
        head: the beginning of the file, from the header on; what is cut off at its end is not looked at.
        usual: the delimiter that the file's name promises.
    """
    line = head.lstrip(b"\r\n").split(b"\n", 1)[0].split(b"\r", 1)[0]
    others = [delimiter for delimiter in DELIMITERS if delimiter != usual and delimiter in line]
    if not others:
        return usual
    if line == head.lstrip(b"\r\n"):  # a header alone
        head += b"\n"
    here = count_fields(head, usual, RECORDS)
    best, most = usual, here[0] if here and _all_alike(here) else 1
    for delimiter in others:
        there = count_fields(head, delimiter, RECORDS)
        if not there or there[0] <= most:
            continue
        split = sum(fields > 1 for fields in there[1:])
        if _all_alike(there) or (usual not in line and 2 * split > len(there) - 1):
            best, most = delimiter, there[0]
    return best


def _all_alike(counts: list[int]) -> bool:
    return len(set(counts)) == 1
