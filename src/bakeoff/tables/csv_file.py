"""A CSV file, plain or compressed, read in blocks of whole records."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from bakeoff.tables.batches import Batch, Chunk
from bakeoff.tables.cells import MISSING
from bakeoff.tables.csv_header import read_full, read_header
from bakeoff.tables.csv_records import (
    LONGEST,
    RecoveredRecords,
    find_record_end,
    recover_records,
)
from bakeoff.tables.utf8 import decode

BLOCK = 8 << 20  # bytes read at once
MOST_ROWS = 1 << 16  # read at once: short lines, each of them rejected, would else be millions of sentences
COMPRESSED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}


class CsvFile:
    """A CSV with commas, in UTF-8, with a header; all its columns are text."""

    def __init__(self, path: Path) -> None:
        """Read the header.

        Raises:
            DataError: the file is empty, of another format, or broken; the text names it.
        """
        self.path: Path = path
        self.n_rows: int | None = None
        self._raw: Any = None
        self._packed: dict[int, float] = {}  # how much of a packed file was read for each piece
        with self._open() as stream:
            names, self._first = read_header(path, stream)
        self.schema = pa.schema([(name, pa.string()) for name in names])
        self._size = path.stat().st_size

    def pieces(self, wanted: Sequence[str], numbers: Sequence[str], offset: int = 0) -> Iterator[Chunk]:
        """Read from an offset on, in bytes of the unpacked text; see `TableFile`."""
        names = self.schema.names
        there = set(names)
        parse = _Parser(names, [name for name in wanted if name in there], numbers)
        after = max(offset, self._first)
        with self._open() as stream:
            _skip(stream, after)
            rest, ended, size = b"", False, BLOCK
            while rest or not ended:
                if len(rest) < size and not ended:
                    more = read_full(stream, size - len(rest))
                    rest, ended = rest + more, len(rest) + len(more) < size
                # What a piece holds depends on where it begins alone, not on where reading began.
                found = parse.cut(rest[:size], final=ended and len(rest) <= size)
                if found is None:
                    size += BLOCK
                    continue
                read, consumed = found
                after, rest, size = after + consumed, rest[consumed:], BLOCK
                if self._raw is not None:
                    self._packed[after] = self._raw.tell() / self._size
                yield Chunk(read, after)

    def share(self, offset: int) -> float:
        """How much of the file lies before an offset, about: 0 to 1; compressed, how much has been read."""
        if self.path.suffix.lower() in COMPRESSED:
            return self._packed.get(offset, 0.0)
        return offset / self._size

    def _open(self) -> Any:
        codec = COMPRESSED.get(self.path.suffix.lower())
        if codec is None:
            return self.path.open("rb")
        self._raw = pa.OSFile(str(self.path))
        return pa.CompressedInputStream(self._raw, codec)


class _Parser:
    """From bytes that begin with a record to rows."""

    def __init__(self, names: list[str], wanted: list[str], numbers: Sequence[str]) -> None:
        self.names, self.wanted = names, wanted
        chosen = set(numbers)
        self.typed = {name: pa.float64() if name in chosen else pa.string() for name in wanted}
        self.text = dict.fromkeys(wanted, pa.string())
        self.bytes = dict.fromkeys(wanted, pa.binary())

    def cut(self, data: bytes, final: bool) -> tuple[Callable[[], Batch], int] | None:
        """What reads the records at the start of the data, and how many bytes they are; None where none is complete."""
        lines = data.count(b"\n")
        if lines > MOST_ROWS and (found := self._cut(data[: len(data) * MOST_ROWS // lines], final=False)):
            return found
        return self._cut(data, final)

    def _cut(self, data: bytes, final: bool) -> tuple[Callable[[], Batch], int] | None:
        end, stuck = find_record_end(data, final), len(data) > LONGEST
        if not data or (end == 0 and not stuck):
            return None
        if end:
            return partial(self._parse_or_mend, data, end), end
        mended = recover_records(data, len(self.names), final, stuck)
        return (partial(self._parse_mended, mended), mended.consumed) if mended.consumed else None

    def _parse_or_mend(self, data: bytes, end: int) -> Batch:
        try:
            return self._parse(data, end)
        except pa.ArrowInvalid:  # a record of another length
            return self._parse_mended(recover_records(data[:end], len(self.names), final=True))

    def _parse_mended(self, mended: RecoveredRecords) -> Batch:
        batch = self._parse(mended.clean, len(mended.clean))
        if batch.n_rows != len(mended.good):
            raise RuntimeError(f"{len(mended.good)} records were read as {batch.n_rows} rows")
        broken = [*mended.broken, *(each._replace(position=int(mended.good[each.position])) for each in batch.broken)]
        return Batch(batch.table, mended.good[batch.positions], sorted(broken))

    def _parse(self, data: bytes, end: int) -> Batch:
        """Records as long as the header, perhaps with cells that are not UTF-8.

        Args:
            end: where they end; what lies behind is none of them.
        """
        if not end:
            return Batch.of(pa.table({name: pa.array([], kind) for name, kind in self.text.items()}))
        for types in (self.typed, self.text):
            try:
                return Batch.of(self._read(data, end, types))
            except (pa.ArrowInvalid, UnicodeDecodeError) as error:
                if str(error).startswith("CSV parse error"):  # which quotes no cell, as a conversion error does
                    raise
        return decode(self._read(data, end, self.bytes))

    def _read(self, data: bytes, end: int, types: dict[str, pa.DataType]) -> pa.Table:
        return pa.csv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(0, end)),  # which copies nothing
            pa.csv.ReadOptions(use_threads=False, block_size=end + 1, column_names=self.names),
            pa.csv.ParseOptions(
                newlines_in_values=data.find(b'"', 0, end) >= 0,
                ignore_empty_lines=len(self.names) > 1,  # in a file of one column they are rows with a gap
            ),
            pa.csv.ConvertOptions(
                column_types=types, include_columns=self.wanted, null_values=MISSING, strings_can_be_null=False
            ),
        )


def _skip(stream: Any, size: int) -> None:
    if not isinstance(stream, pa.CompressedInputStream):
        stream.seek(size)
        return
    while size > 0 and (part := stream.read(min(size, BLOCK))):
        size -= len(part)
