"""Which rows a model has been trained on, and so which rows of a later run are new to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from pydantic import ValidationError

from bakeoff.config import DatasetConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.origin import Origin, origin_of
from bakeoff.data.parts import read_groups, read_positions, read_raw
from bakeoff.store.card import Card
from bakeoff.tables.read_table import read_parquet_bytes
from bakeoff.tables.schema import Feature
from bakeoff.tables.schema_validation import validate_table

TRAINED_ON = "trained_on.parquet"

MatchedBy = Literal["origin", "position", "contents"]


@dataclass(frozen=True)
class FreshRows:
    """The test rows that a champion was never trained on.

    Attributes:
        rows: which of the test rows, shape (n_test,), True for a fresh one.
        by: how they were told: all rows are of another `origin`, by `position`, or by their `contents`, which leaves
            out new rows that look like old ones.
    """

    rows: np.ndarray
    by: MatchedBy


def write_trained_on(ref: DatasetRef, path: Path) -> None:
    """Write down the training rows: `position`, and for files `digest` too, of the features as the model takes them."""
    columns = {"position": read_positions(ref, "train")}
    if not ref.origin.has_fixed_positions:
        columns["digest"] = digest_rows(read_raw(ref, "train"), ref.features)
    table = pa.table(columns).sort_by("position")
    pa.parquet.write_table(table, path, column_encoding="PLAIN", use_dictionary=False, compression="zstd")


def digest_rows(table: pa.Table, features: tuple[Feature, ...]) -> np.ndarray:
    """A 64-bit digest of each row's features, shape (n_rows,): equal rows have equal ones."""
    X = validate_table(table, features).X
    digests: np.ndarray = pd.util.hash_pandas_object(X, index=False).to_numpy()
    return digests


def find_fresh_rows(ref: DatasetRef, card: Card, trained_on: bytes | None) -> FreshRows | None:
    """The challenger's test rows that are new to the champion.

    Args:
        ref: the challenger's rows.
        card: the champion's.
        trained_on: the champion's file of that name; None where it was exported before there was one.

    Returns:
        None where the rows that the champion was trained on are not on record.
    """
    origin = _origin(card)
    if origin is None:
        return None
    if (origin.source, origin.batch) != (ref.origin.source, ref.origin.batch):
        return FreshRows(np.ones(ref.rows["test"], dtype=bool), "origin")
    if trained_on is None or origin.order != ref.origin.order:
        return None
    known = read_parquet_bytes(trained_on)
    positions = known["position"].to_numpy()
    if origin.has_fixed_positions:
        return FreshRows(~np.isin(read_positions(ref, "test"), positions), "position")
    return _in_file(ref, card.features, positions, known["digest"].to_numpy())


def _in_file(ref: DatasetRef, features: tuple[Feature, ...], positions: np.ndarray, digests: np.ndarray) -> FreshRows:
    """By position where the file still has every row where it was, so that equal rows stay apart; else by contents."""
    now, test = digest_rows(read_raw(ref), features), read_positions(ref, "test")
    by: MatchedBy = "contents"
    if positions.max() < len(now) and np.array_equal(now[positions], digests):
        by = "position"
    seen = np.isin(np.arange(len(now)), positions) if by == "position" else np.isin(now, digests)
    if (groups := read_groups(ref)) is not None:  # of a known group the champion knows more than these rows
        seen = np.isin(groups, groups[seen])
    return FreshRows(~seen[test], by)


def _origin(card: Card) -> Origin | None:
    """As the card has it; an older one tells by its config."""
    if card.origin:
        return Origin(**vars(card.origin))
    try:
        return origin_of(DatasetConfig.model_validate(card.config["dataset"]))
    except ValidationError:
        return None
