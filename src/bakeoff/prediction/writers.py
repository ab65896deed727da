"""What a prediction run writes: predictions, rejected rows, and the counts of both."""

import csv
import io
import shutil
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from bakeoff.evaluation.streaming import StreamingEvaluation
from bakeoff.formatting import format_count
from bakeoff.prediction.scorer import REJECTED, ScoredBatch
from bakeoff.tables.csv_formulas import defuse, defuse_table

QUOTED_TEXT = pa.csv.WriteOptions(include_header=False, quoting_style="needed", batch_size=1 << 14)
WRITTEN = pa.schema([each for each in REJECTED if each.name != "kind"])  # of the rejected rows
SHOWN = 3  # kinds of trouble that a sentence names


@dataclass
class FileCount:
    """What came of a file.

    Attributes:
        rows: how many were read or named as broken.
        empty: the features in which none of them had a value; None before one could be read.
    """

    rows: int = 0
    empty: set[str] | None = None


@dataclass
class RowCounts:
    """What came of the rows so far: `rows` = `predicted` + `rejected`.

    Attributes:
        flags: how many rows have each flag.
        files: by the file's number.
        reasons: how many rows were rejected for each column and kind of reason, and the first of each as a sentence.
    """

    tally: StreamingEvaluation
    predicted: int = 0
    rejected: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    files: defaultdict[int, FileCount] = field(default_factory=lambda: defaultdict(FileCount))
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many there were."""
        return self.predicted + self.rejected

    def add(self, scored: ScoredBatch, number: int) -> None:
        """Count a batch of the file of that number."""
        file = self.files[number]
        file.rows += scored.n_rows
        if scored.empty is not None:
            file.empty = set(scored.empty) if file.empty is None else file.empty & set(scored.empty)
        self.predicted += scored.predictions.num_rows
        self.rejected += scored.rejected.num_rows
        if scored.tally is not None:
            self.tally.merge(scored.tally.to_dict())
        self.flags.update(scored.flags)
        for line in scored.rejected.to_pylist():
            key = (line["column"] or "", line["kind"])
            self.reasons[key] += 1
            self.first.setdefault(key, f"the first is row {line['row']}" + _shown(line["value"]))

    def say_reasons(self) -> str:
        """The commonest reasons for rejecting a row, in a sentence."""
        parts = [
            f"{format_count(count, 'row')}: {f'column {key[0]!r}: ' if key[0] else ''}{key[1]} ({self.first[key]})"
            for key, count in self.reasons.most_common(SHOWN)
        ]
        more = len(self.reasons) - len(parts)
        return "; ".join(parts) + (f"; and {format_count(more, 'other kind')}" if more > 0 else "")


class PredictionWriter:
    """The files of a result, written batch by batch."""

    def __init__(self, folder: Path, form: str, schema: pa.Schema) -> None:
        """Begin anew in a folder.

        Args:
            folder: is made; what stands in it is written over.
            form: `parquet` or `csv`.
            schema: of the predictions.
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.unlink(missing_ok=True)
        folder.mkdir()
        self.folder, self._stack = folder, ExitStack()
        path = folder / f"predictions.{form}"
        self._lines: BufferedWriter | None = None
        self._predictions: Any = None
        self._rejected: Any = None
        if form == "csv":
            self._lines = self._stack.enter_context(path.open("wb"))
            self._lines.write(_header(schema))
        else:
            self._predictions = self._stack.enter_context(_parquet(path, schema))

    def encode(self, scored: ScoredBatch) -> bytes | None:
        """The predictions as lines of CSV, which any thread may make; None for Parquet."""
        if self._lines is None:
            return None
        text = pa.BufferOutputStream()
        pa.csv.write_csv(defuse_table(scored.predictions), text, QUOTED_TEXT)
        found: bytes = text.getvalue().to_pybytes()
        return found

    def add(self, scored: ScoredBatch, encoded: bytes | None) -> None:
        """Write a batch.

        Args:
            encoded: what `encode` gave for it.
        """
        if self._lines is not None and encoded is not None:
            self._lines.write(encoded)
        elif scored.predictions.num_rows:
            self._predictions.write_table(scored.predictions)
        if scored.rejected.num_rows:
            if self._rejected is None:
                self._rejected = self._stack.enter_context(_parquet(self.folder / "rejected.parquet", WRITTEN))
            self._rejected.write_table(scored.rejected.select(WRITTEN.names))

    def __enter__(self) -> "PredictionWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _parquet(path: Path, schema: pa.Schema) -> Any:
    # Numbers hardly repeat: looking for repetitions would cost as much as writing them.
    text = [each.name for each in schema if not pa.types.is_floating(each.type) and each.name != "row"]
    return pa.parquet.ParquetWriter(path, schema, use_dictionary=text)


def _header(schema: pa.Schema) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(defuse, schema.names))  # Arrow would put each name in quotes
    return line.getvalue().encode()


def _shown(value: str | None) -> str:
    return "" if value is None else f": {value[:80]!r}"
