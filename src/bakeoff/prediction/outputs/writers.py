"""Write predictions and rejected rows, and count them."""

import csv
import io
import shutil
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from bakeoff.evaluation.streaming import StreamingEvaluation
from bakeoff.formatting import format_count
from bakeoff.prediction.scorer import REJECTED, ScoredBatch
from bakeoff.tables.csv_formulas import defuse, defuse_table

QUOTED_TEXT = pa.csv.WriteOptions(include_header=False, quoting_style="needed", batch_size=1 << 14)
WRITTEN = pa.schema([column for column in REJECTED if column.name != "kind"])  # the schema of rejected.parquet
SHOWN = 3  # reasons named in a message


@dataclass
class FileCount:
    """The counts of an input file.

    Attributes:
        rows: the number of rows, malformed ones included.
        empty: the features without a value in any row so far; None if no row could be read.
    """

    rows: int = 0
    empty: set[str] | None = None


@dataclass
class RowCounts:
    """The counts of the rows so far: `rows` = `predicted` + `rejected`.

    Attributes:
        tally: the evaluation on the rows with a class.
        predicted: the number of predicted rows.
        rejected: the number of rejected rows.
        flags: the number of predicted rows with each flag.
        files: the counts of each input file, by its position in the table's files.
        reasons: the number of rejected rows by column (empty for a whole record) and kind of reason.
        first: by the same keys, a phrase that names the first rejected row.
        trained: the number of rows that were looked up among the training rows, and the number found.
        drift: the counts of the scored rows in the bins of the version's profile; None if it has none.
    """

    tally: StreamingEvaluation
    predicted: int = 0
    rejected: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    files: defaultdict[int, FileCount] = field(default_factory=lambda: defaultdict(FileCount))
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str], str] = field(default_factory=dict)
    trained: tuple[int, int] = (0, 0)
    drift: np.ndarray | None = None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.predicted + self.rejected

    def add(self, scored: ScoredBatch, number: int) -> None:
        """Add a scored batch.

        Args:
            scored: the batch.
            number: the position of its file in the table's files.
        """
        file = self.files[number]
        file.rows += scored.n_rows
        if scored.empty is not None:
            file.empty = set(scored.empty) if file.empty is None else file.empty & set(scored.empty)
        self.predicted += scored.predictions.num_rows
        self.rejected += scored.rejected.num_rows
        if scored.tally is not None:
            self.tally.merge(scored.tally.to_dict())
        self.flags.update(scored.flags)
        self.trained = (self.trained[0] + scored.trained[0], self.trained[1] + scored.trained[1])
        if scored.drift is not None:
            self.drift = scored.drift if self.drift is None else self.drift + scored.drift
        for line in scored.rejected.to_pylist():
            key = (line["column"] or "", line["kind"])
            self.reasons[key] += 1
            self.first.setdefault(key, f"the first is row {line['row']}" + _shown(line["value"]))

    def describe_reasons(self) -> str:
        """Describe the most common reasons for rejected rows."""
        parts = [
            f"{format_count(count, 'row')}: {f'column {key[0]!r}: ' if key[0] else ''}{key[1]} ({self.first[key]})"
            for key, count in self.reasons.most_common(SHOWN)
        ]
        more = len(self.reasons) - len(parts)
        return "; ".join(parts) + (f"; and {format_count(more, 'other kind')}" if more > 0 else "")


def describe_trained(looked_up: int, found: int, *, evaluated: bool) -> str:
    """Describe in a sentence how many of the rows that were looked up are training rows."""
    rows, so = "rows", "its predictions for them are surer, and more often right, than for new rows."
    if evaluated:
        rows, so = "rows with a class", "the evaluation is too good; evaluate on rows that are new to it."
    share = 100 * found / looked_up
    return f"The version was trained on {found:,} of the {looked_up:,} {rows} that were looked up ({share:.1f} %): {so}"


class PredictionWriter:
    """Writes the predictions and rejected rows of a run, batch by batch."""

    def __init__(self, folder: Path, file_format: str, schema: pa.Schema) -> None:
        """Open the files in a new folder.

        Args:
            folder: the folder to make; an existing one is replaced.
            file_format: `parquet` or `csv`.
            schema: the schema of the predictions.
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.unlink(missing_ok=True)
        folder.mkdir()
        self.folder, self._stack = folder, ExitStack()
        path = folder / f"predictions.{file_format}"
        self._lines: BufferedWriter | None = None
        self._predictions: Any = None
        self._rejected: Any = None
        if file_format == "csv":
            self._lines = self._stack.enter_context(path.open("wb"))
            self._lines.write(_header(schema))
        else:
            self._predictions = self._stack.enter_context(_parquet(path, schema))

    def encode(self, scored: ScoredBatch) -> bytes | None:
        """Encode a batch's predictions as lines of CSV; return None if the format is Parquet. Thread-safe."""
        if self._lines is None:
            return None
        buffer = pa.BufferOutputStream()
        pa.csv.write_csv(defuse_table(scored.predictions), buffer, QUOTED_TEXT)
        encoded: bytes = buffer.getvalue().to_pybytes()
        return encoded

    def add(self, scored: ScoredBatch, encoded: bytes | None) -> None:
        """Write a batch.

        Args:
            scored: the batch.
            encoded: the result of `encode` for the batch.
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
    # Floats and row numbers hardly repeat: building a dictionary for them would take as long as writing them.
    encoded = [column.name for column in schema if not pa.types.is_floating(column.type) and column.name != "row"]
    return pa.parquet.ParquetWriter(path, schema, use_dictionary=encoded)


def _header(schema: pa.Schema) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(defuse, schema.names))  # Arrow would quote every name
    return line.getvalue().encode()


def _shown(value: str | None) -> str:
    return "" if value is None else f": {value[:80]!r}"
