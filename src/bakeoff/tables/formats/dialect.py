"""Recognize how a CSV is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from bakeoff.tables.batches import TablePath
from bakeoff.tables.formats import encodings
from bakeoff.tables.formats.csv_records import COMMA, DELIMITERS, count_fields

RECORDS = 100  # the first ones, by which the delimiter is recognized
TAB = ord("\t")
LEAST_WORDS = 3  # of each line of a file whose fields seem to stand between blanks


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
        """Describe how it differs from commas and UTF-8, as `is read with ';' between fields`; empty if it doesn't."""
        parts = []
        if self.delimiter != ",":
            parts.append(f"with {'tabs' if self.delimiter == chr(TAB) else repr(self.delimiter)} between fields")
        if self.encoding != encodings.UTF8:
            parts.append(f"as {encodings.NAMES[self.encoding]}")
        return f"is read {' and '.join(parts)}" if parts else ""


def usual_delimiter(path: TablePath) -> int:
    """Return the delimiter that a file's name suggests, as a byte: a tab for .tsv and .tab, else a comma."""
    return TAB if {".tsv", ".tab"} & {suffix.lower() for suffix in path.suffixes[-2:]} else COMMA


def seem_separated_by_blanks(lines: Sequence[Sequence[str]]) -> bool:
    """Return whether lines of one field each have alike many words, three or more: rather fields between blanks."""
    words = {len(fields[0].split()) for fields in lines}
    return len(lines) > 1 and max(map(len, lines)) == 1 and len(words) == 1 and min(words) >= LEAST_WORDS


def recognize_delimiter(head: bytes, usual: int) -> int:
    """Recognize the delimiter of a CSV by its first records.

    The delimiter is chosen that splits the header into the most fields, of those that split all records into as many.
    If the usual one is not in the header, splitting most records into several fields is enough for another one.

    Args:
        head: the beginning of the file, from the header on; an incomplete record at its end is ignored.
        usual: the delimiter that the file's name suggests, as a byte.

    Returns:
        The delimiter, as a byte; the usual one if no other fits better.
    """
    line = head.lstrip(b"\r\n").split(b"\n", 1)[0].split(b"\r", 1)[0]
    others = [delimiter for delimiter in DELIMITERS if delimiter != usual and delimiter in line]
    if not others:
        return usual
    if line == head.lstrip(b"\r\n"):  # a header alone
        head += b"\n"
    usual_counts = count_fields(head, usual, RECORDS)
    best, most = usual, usual_counts[0] if usual_counts and _all_alike(usual_counts) else 1
    for delimiter in others:
        counts = count_fields(head, delimiter, RECORDS)
        if not counts or counts[0] <= most:
            continue
        split = sum(fields > 1 for fields in counts[1:])
        if _all_alike(counts) or (usual not in line and 2 * split > len(counts) - 1):
            best, most = delimiter, counts[0]
    return best


def _all_alike(counts: list[int]) -> bool:
    return len(set(counts)) == 1
