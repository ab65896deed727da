"""Read and write the parts of a dataset, in files that all steps' processes map into memory."""

from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import DatasetRef, Part
from bakeoff.data.folds import Fold, make_folds
from bakeoff.runtime.threads import OneSlot
from bakeoff.tables.cells import TEXT
from bakeoff.tables.read_table import read_table

POSITIONS = "positions.npz"
RAW = "raw.parquet"
MANY_COLUMNS = 500
MOST_COPIED = 2**27  # bytes, in each process
TEXTS = {pa.string(): TEXT, pa.large_string(): TEXT}

_parts: dict[Part, OneSlot[tuple[Path, str], tuple[pd.DataFrame, np.ndarray]]] = {
    part: OneSlot() for part in get_args(Part)
}


def read_part(ref: DatasetRef, part: Part) -> tuple[pd.DataFrame, np.ndarray]:
    """Read the features, shape (n_rows, n_features), and classes, shape (n_rows,), of a part.

    The numbers of training and test rows are mapped from the file and read-only, so that all processes share the same
    memory, but for those of small tables with many columns.
    """
    path, target = ref.part(part), ref.target
    return _parts[part].get((path, target), lambda: _read(path, target))


def read_target(ref: DatasetRef, part: Part) -> np.ndarray:
    """Read the classes of a part alone, shape (n_rows,)."""
    classes: np.ndarray = _open(ref.part(part)).select([ref.target]).to_pandas()[ref.target].to_numpy()
    return classes


def read_positions(ref: DatasetRef, part: Part) -> np.ndarray:
    """Read the position of each row of a part in the dataset, shape (n_rows,)."""
    with np.load(ref.folder / POSITIONS) as positions:
        of_part: np.ndarray = positions[part]
        return of_part


def read_folds(ref: DatasetRef, config: CrossValidationConfig) -> list[Fold]:
    """Make the folds of the training rows, as positions within the training rows."""
    return make_folds(config, read_part(ref, "train")[1], ref.split_by, read_split_key(ref, "train"))


def read_groups(ref: DatasetRef, part: Part | None = None) -> np.ndarray | None:
    """Read the group of each row of a part, or of all rows; None if the split is not by group."""
    return read_split_key(ref, part) if ref.split_by == "group" else None


def read_raw(ref: DatasetRef, part: Part | None = None) -> pa.Table:
    """Read a part, or all rows if None, with raw columns: for files as they were read, before types were inferred."""
    if part is None:
        return read_table(ref.folder / RAW)
    if not (ref.folder / RAW).exists():
        return _open(ref.part(part))
    return read_table(ref.folder / RAW).take(pa.array(read_positions(ref, part)))


def read_split_key(ref: DatasetRef, part: Part | None) -> np.ndarray | None:
    """Read the split key of each row of a part, or of all rows if None; None if the split is random."""
    with np.load(ref.folder / POSITIONS) as positions:
        key: np.ndarray | None = positions.get("split_key")
        return key if key is None or part is None else key[positions[part]]


def _read(path: Path, target: str) -> tuple[pd.DataFrame, np.ndarray]:
    table = _open(path)
    # One block per column: pandas would copy the numbers to put several columns into one block. It pays where they are
    # many: rows are taken from each block in turn.
    split = table.num_columns < MANY_COLUMNS or table.nbytes > MOST_COPIED
    frame = table.to_pandas(split_blocks=split, use_threads=False, types_mapper=TEXTS.get)
    return frame.drop(columns=target), frame[target].to_numpy(copy=True)


def write_mapped(frame: pd.DataFrame, path: Path) -> None:
    """Write rows to an Arrow file as a single record batch, so that `read_part` can map it into memory."""
    table = pa.Table.from_pandas(frame, preserve_index=False).combine_chunks()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=max(len(frame), 1))


def _open(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pa.parquet.read_table(path)
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def forget_parts() -> None:
    """Drop the parts that `read_part` has cached."""
    for part in _parts.values():
        part.forget()
