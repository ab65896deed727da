"""Read a CSV file, plain or compressed, in chunks of whole records."""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.csv

from bakeoff.errors import DataError
from bakeoff.tables.batches import (
    FREE,
    MOST_UNPACKING,
    Batch,
    Chunk,
    TableFile,
    TablePath,
    most_unpacked,
    open_arrow,
    open_bytes,
    size_of,
)
from bakeoff.tables.cells import MISSING
from bakeoff.tables.formats.csv_header import BOM, read_full, read_header, refuse_other_formats
from bakeoff.tables.formats.csv_records import (
    LONGEST,
    RecoveredRecords,
    find_record_end,
    recover_records,
)
from bakeoff.tables.formats.dialect import Dialect
from bakeoff.tables.formats.encodings import ERRORS, SAMPLE, TranscodedStream, recognize_encoding
from bakeoff.tables.formats.utf8 import decode

BLOCK = 8 << 20  # bytes read at once, of each thousand columns: some thousand rows
MOST_BLOCKS = 8  # read at once
MOST_ROWS = 1 << 16  # of a chunk, since a block of short malformed lines would yield millions of error messages
COMPRESSED = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}
SUSPECT = 50  # once this many times the bytes read were unpacked, the size of the whole text is measured first


class CsvFile(TableFile):
    """A file of fields between commas, semicolons, tabs or bars, with a header; all its columns are text."""

    typed: bool = False
    index_columns: frozenset[str] = frozenset()

    def __init__(self, path: TablePath) -> None:
        """Read the header.

        Raises:
            DataError: the file is empty, not a CSV, or has no readable header.
        """
        self.path: TablePath = path
        self.n_rows: int | None = None
        self._raw: Any = None
        self._counted = False
        self._shares: dict[int, float] = {}  # by chunk offset, the share of the file that was read
        with self._open_bytes(SAMPLE) as stream:
            head = read_full(stream, SAMPLE)
        refuse_other_formats(path, head)
        self._encoding = recognize_encoding(head)
        with self._open(SAMPLE) as stream:
            self._header = read_header(path, stream)
        self.schema = pa.schema([(name, pa.string()) for name in self._header.names])
        self.late_header = self._header.late
        self.dialect = Dialect(chr(self._header.delimiter), self._encoding)
        self.note = self.dialect.describe()
        self._size = size_of(path)
        self.seekable = self._codec is None and self._encoding not in ERRORS

    def chunks(self, wanted: Sequence[str], numbers: Sequence[str], offset: int = 0) -> Iterator[Chunk]:
        """Read in chunks; the offset is in bytes of the decompressed text. See `TableFile`."""
        names = self.schema.names
        present = set(names)
        parser = _Parser(names, [name for name in wanted if name in present], numbers, self._header.delimiter)
        next_offset = max(offset, self._header.first)
        with self._open() as stream:
            _skip(stream, next_offset)
            block = BLOCK * min(max(len(names) // 1000, 1), MOST_BLOCKS)  # a chunk costs some work for each column
            rest, ended, size = b"", False, block
            while rest or not ended:
                if len(rest) < size and not ended:
                    more = read_full(stream, size - len(rest))
                    rest, ended = rest + more, len(rest) + len(more) < size
                    self._refuse_bomb(next_offset + len(rest))
                # The content of a chunk depends on its offset alone, so that reading can be resumed at any chunk.
                chunk = parser.cut(rest[:size], final=ended and len(rest) <= size)
                if chunk is None:
                    size += block
                    continue
                read, consumed = chunk
                next_offset, rest, size = next_offset + consumed, rest[consumed:], block
                if self._raw is not None:
                    self._shares[next_offset] = self._raw.tell() / self._size
                yield Chunk(read, next_offset)

    def share(self, offset: int) -> float:
        """Return the share of the file before an offset; if its bytes are not the text's, the share read by then."""
        return offset / self._size if self._raw is None else self._shares.get(offset, 0.0)

    def _refuse_bomb(self, offset: int) -> None:
        """Refuse a compressed file that unpacks to too much.

        Its text is unpacked once to measure it, as soon as much has been unpacked from few bytes; nothing is kept.

        Args:
            offset: the number of bytes unpacked so far.

        Raises:
            DataError: it does.
        """
        if self._codec is None or self._counted or offset < max(BLOCK, SUSPECT * self._raw.tell()):
            return
        self._counted = True
        most, size = most_unpacked(self._size), 0
        with pa.CompressedInputStream(open_arrow(self.path, BLOCK), self._codec) as stream:
            while part := stream.read(BLOCK):
                size += len(part)
                if size > most:
                    raise DataError(
                        f"{str(self.path)!r} has {self._size:,} bytes and unpacks to more than {most:,}; a compressed "
                        f"table may unpack to {FREE >> 20} MB, or to {MOST_UNPACKING} times its size: unpack it first"
                    )

    @property
    def _codec(self) -> str | None:
        return COMPRESSED.get(self.path.suffix.lower())

    def _open(self, ahead: int = BLOCK) -> Any:
        """Open the text as UTF-8; set `_raw` to the stream of the file's bytes if the text has others, else to None.

        Args:
            ahead: the bytes of an object that are read at least.
        """
        stream = self._open_bytes(ahead)
        if self._encoding not in ERRORS:
            return stream
        self._raw = self._raw or stream
        return TranscodedStream(stream, self._encoding)

    def _open_bytes(self, ahead: int) -> Any:
        """Open the text in its own encoding, decompressed."""
        if self._codec is None:
            self._raw = None
            return open_bytes(self.path, ahead)
        self._raw = open_arrow(self.path, ahead)
        return pa.CompressedInputStream(self._raw, self._codec)


class _Parser:
    """Cuts blocks of bytes into whole records, and parses them.

    Args:
        names: the columns of the file.
        wanted: the columns to read.
        numbers: the columns to parse as numbers if all cells of a chunk are numbers.
        delimiter: the byte between fields.
    """

    def __init__(self, names: list[str], wanted: list[str], numbers: Sequence[str], delimiter: int) -> None:
        self.names, self.wanted, self.delimiter = names, wanted, delimiter
        chosen = set(numbers)
        self.typed = {name: pa.float64() if name in chosen else pa.string() for name in wanted}
        self.text = dict.fromkeys(wanted, pa.string())
        self.bytes = dict.fromkeys(wanted, pa.binary())

    def cut(self, data: bytes, final: bool) -> tuple[Callable[[], Batch], int] | None:
        """Find the complete records at the start of the data, at most about `MOST_ROWS` of them.

        Args:
            data: starts at the beginning of a record.
            final: whether the data reaches to the end of the file.

        Returns:
            A function that parses them, and their length in bytes; None if no record is complete.
        """
        lines = data.count(b"\n")
        if lines > MOST_ROWS and (chunk := self._cut(data[: len(data) * MOST_ROWS // lines], final=False)):
            return chunk
        return self._cut(data, final)

    def _cut(self, data: bytes, final: bool) -> tuple[Callable[[], Batch], int] | None:
        end, stuck = find_record_end(data, final, self.delimiter), len(data) > LONGEST
        if not data or (end == 0 and not stuck):
            return None
        if end:
            return partial(self._parse_or_recover, data, end), end
        recovered = self._recover(data, final, stuck)
        return (partial(self._parse_recovered, recovered), recovered.consumed) if recovered.consumed else None

    def _parse_or_recover(self, data: bytes, end: int) -> Batch:
        try:
            return self._parse(data, end)
        except pa.ArrowInvalid:  # a record with more or fewer fields than the header
            return self._parse_recovered(self._recover(data[:end], final=True))

    def _recover(self, data: bytes, final: bool, stuck: bool = False) -> RecoveredRecords:
        return recover_records(data, len(self.names), final, stuck, self.delimiter)

    def _parse_recovered(self, recovered: RecoveredRecords) -> Batch:
        batch = self._parse(recovered.clean, len(recovered.clean))
        if batch.n_rows != len(recovered.good):
            raise RuntimeError(f"{len(recovered.good)} records were read as {batch.n_rows} rows")
        not_utf8 = [record._replace(position=int(recovered.good[record.position])) for record in batch.malformed]
        return Batch(batch.table, recovered.good[batch.positions], sorted([*recovered.malformed, *not_utf8]))

    def _parse(self, data: bytes, end: int) -> Batch:
        """Parse data[:end], records with as many fields as the header; rows that are not UTF-8 are malformed."""
        if not end:
            return Batch.of(pa.table({name: pa.array([], kind) for name, kind in self.text.items()}))
        for types in (self.typed, self.text):
            try:
                return Batch.of(self._read(data, end, types))
            except (pa.ArrowInvalid, UnicodeDecodeError) as error:
                if str(error).startswith("CSV parse error"):  # else a cell could not be converted
                    raise
        return decode(self._read(data, end, self.bytes))

    def _read(self, data: bytes, end: int, types: dict[str, pa.DataType]) -> pa.Table:
        if data.startswith(BOM):  # part of the first cell, which Arrow would drop as the mark of a file
            data, end = BOM + data, end + len(BOM)
        return pa.csv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(0, end)),  # no copy
            pa.csv.ReadOptions(use_threads=False, block_size=end + 1, column_names=self.names),
            pa.csv.ParseOptions(
                delimiter=chr(self.delimiter),
                newlines_in_values=data.find(b'"', 0, end) >= 0,
                ignore_empty_lines=len(self.names) > 1,  # in a file of one column an empty line is a missing value
            ),
            pa.csv.ConvertOptions(
                column_types=types, include_columns=self.wanted, null_values=MISSING, strings_can_be_null=False
            ),
        )


def _skip(stream: Any, size: int) -> None:
    if isinstance(stream, io.BufferedReader):
        stream.seek(size)
        return
    while size > 0 and (part := stream.read(min(size, BLOCK))):
        size -= len(part)
