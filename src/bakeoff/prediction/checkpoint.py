"""Checkpoints of a prediction run, from which the same command continues if the run was killed."""

import contextlib
import io
import json
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bakeoff.evaluation.streaming import StreamingEvaluation
from bakeoff.prediction.scorer import REJECTED, ScoredBatch
from bakeoff.tables.batches import Position

STATE, LOCK, RESULT = "state.jsonl", "lock", "result"  # names in the work folder; the result is a folder
RUNS = "runs"  # the ids of runs that may have written rows to the output table, but have not published the result
FORMAT = 6  # of the state file; a checkpoint of another format is discarded

_written: set[Path] = set()  # the folders that this process is writing to


class Checkpoint:
    """The batches scored so far, in the hidden work folder.

    The batches' predictions and rejected rows are appended to two files as Arrow record batches; then a line is
    appended to the state file. A batch counts as finished once its line is complete: whatever follows in the files is
    truncated. Lines and record batches have checksums, by which damage after a power failure is found.
    """

    def __init__(self, folder: Path) -> None:
        """Open a folder that the caller has made and locked."""
        self.folder = folder
        self.result = folder / RESULT
        if not self.result.exists():  # none yet, or it was published
            (folder / RUNS).unlink(missing_ok=True)
        _written.add(folder)
        self._files: dict[str, io.FileIO] = {}

    def resume_or_start(self, task: Mapping[str, Any], note: str) -> str:
        """Resume the checkpoint if it belongs to the same task; else clear it and start a new one.

        Args:
            task: all that the result depends on, as JSON values.
            note: a text that is stored if a new checkpoint is started.

        Returns:
            The note that was stored when the checkpoint was started.
        """
        first_line, header = next(_lines(self.folder), None), {"task": task, "format": FORMAT}
        if first_line is None or {key: first_line[0].get(key) for key in header} != header:
            self.clear()
            self._append(STATE, encode_line({**header, "note": note}))
            return note
        return str(first_line[0]["note"])

    def finished_batches(self, classes: list[str], schema: pa.Schema) -> Iterator[tuple[ScoredBatch, Position]]:
        """Yield the finished batches in order, each with the position of the next batch.

        Once they are exhausted, the files are truncated after the last finished batch.

        Args:
            classes: the classes of the model.
            schema: the schema of the predictions.
        """
        lines = _lines(self.folder)
        header = next(lines)
        ends = {STATE: header[1], "predictions": 0, "rejected": 0}
        for line, end in lines:
            try:
                tables = [
                    self._read(name, ends[name], line[name], kind)
                    for name, kind in (("predictions", schema), ("rejected", REJECTED))
                ]
            except (FileNotFoundError, ValueError, pa.ArrowException):
                break
            ends[STATE] = end
            for name in ("predictions", "rejected"):
                ends[name] += line[name][0]
            tally = None
            if line["tally"] is not None:
                tally = StreamingEvaluation(classes)
                tally.merge(line["tally"])
            drift = None if line["drift"] is None else np.array(line["drift"], dtype=np.int64)
            more = line["empty"], (line["trained"][0], line["trained"][1]), drift
            yield ScoredBatch(tables[0], tables[1], line["flags"], tally, *more), Position(**line["after"])
        for name, end in ends.items():
            with self._open(name) as file:
                file.truncate(end)

    def add(self, scored: ScoredBatch, after: Position) -> None:
        """Append a batch.

        Args:
            scored: the batch.
            after: the position of the next batch.
        """
        line: dict[str, Any] = {"after": asdict(after), "flags": dict(scored.flags), "empty": scored.empty}
        for name, table in (("predictions", scored.predictions), ("rejected", scored.rejected)):
            content = b"" if not table.num_rows else table.to_batches()[0].serialize()
            self._append(name, content)
            line[name] = [len(content), zlib.crc32(content)]
        line["trained"] = scored.trained
        line["drift"] = None if scored.drift is None else scored.drift.tolist()
        line["tally"] = scored.tally and scored.tally.to_dict()
        self._append(STATE, encode_line(line))

    def clear(self) -> None:
        """Delete everything in the folder but the lock and the ids of runs."""
        self._close_files()
        for path in self.folder.iterdir():
            if path.name not in (LOCK, RUNS):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def close(self) -> None:
        """Close the files; this process no longer writes to the folder."""
        self._close_files()
        _written.discard(self.folder)

    def _close_files(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _read(self, name: str, start: int, part: list[int], schema: pa.Schema) -> pa.Table:
        """Read a record batch as a table.

        Args:
            name: the file's name.
            start: the offset of the record batch, in bytes.
            part: its length in bytes and its CRC-32; length 0 means a table without rows.
            schema: the table's schema.

        Raises:
            ValueError: the record batch is damaged.
            FileNotFoundError: the file is missing.
        """
        length, checksum = part
        if not length:
            return schema.empty_table()
        with (self.folder / name).open("rb") as file:
            file.seek(start)
            content = file.read(length)
        if len(content) < length or zlib.crc32(content) != checksum:
            raise ValueError(f"{name} is damaged after {start}")
        return pa.Table.from_batches([pa.ipc.read_record_batch(pa.py_buffer(content), schema)])

    def _append(self, name: str, content: Any) -> None:
        if name not in self._files:
            self._files[name] = self._open(name)
            self._files[name].seek(0, 2)
        file = self._files[name]
        view = memoryview(content)
        while view:  # unbuffered: the kernel gets the batch before its line of the state file
            view = view[file.write(view) :]

    def _open(self, name: str) -> io.FileIO:
        path = self.folder / name
        return io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), "r+b")


def note_run(folder: Path, run: str) -> list[str]:
    """Note in the work folder that a run is about to write rows to the output table; returns the runs noted so far."""
    path = folder / RUNS
    runs = [line.strip() for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    if run not in runs:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{run}\n")
            file.flush()
            os.fsync(file.fileno())
    return [*runs, run]


def is_written(folder: Path) -> bool:
    """Return whether a thread of this process is writing to the checkpoint."""
    return folder in _written


def has_batches(folder: Path) -> bool:
    """Return whether the checkpoint has a finished batch."""
    return sum(1 for _ in _lines(folder)) > 1


def _lines(folder: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the lines of the state file up to the first damaged one, each with the offset of its end in bytes."""
    end = 0
    with contextlib.suppress(FileNotFoundError), (folder / STATE).open("rb") as file:
        for line in file:
            end += len(line)
            content, separator, checksum = line.rpartition(b" ")
            if not separator or checksum != _checksum(content):
                return
            yield json.loads(content), end


def encode_line(content: Mapping[str, Any]) -> bytes:
    """Return a line of the state file: JSON, a space, and the CRC-32 of the JSON."""
    text = json.dumps(content).encode()
    return text + b" " + _checksum(text)


def _checksum(content: bytes) -> bytes:
    return b"%08x\n" % zlib.crc32(content)
