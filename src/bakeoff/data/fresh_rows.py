"""Record the rows that a version was trained on, and find which later rows are new to it."""

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
FEWEST, SHARE = 5, 0.01  # the least number and share of trained rows in a table to be reported

MatchedBy = Literal["origin", "position", "contents"]


@dataclass(frozen=True)
class FreshRows:
    """The test rows that a champion was not trained on.

    Attributes:
        rows: whether each test row is fresh, shape (n_test,).
        by: how they were recognized: by `origin` (all rows are from another source or batch), by `position`, or by
            `contents`, which misses new rows that equal old ones.
    """

    rows: np.ndarray
    by: MatchedBy


def write_trained_on(ref: DatasetRef, path: Path) -> None:
    """Write the positions of the training rows to a Parquet file, and for files the digests of their features, too."""
    columns = {"position": read_positions(ref, "train")}
    if not ref.origin.has_fixed_positions:
        columns["digest"] = digest_rows(read_raw(ref, "train"), ref.features)
    table = pa.table(columns).sort_by("position")
    pa.parquet.write_table(table, path, column_encoding="PLAIN", use_dictionary=False, compression="zstd")


def digest_rows(table: pa.Table, features: tuple[Feature, ...]) -> np.ndarray:
    """Return a 64-bit digest of each row's features, shape (n_rows,); equal rows have equal digests."""
    X = validate_table(table, features).X
    digests: np.ndarray = pd.util.hash_pandas_object(X, index=False).to_numpy()
    return digests


class TrainedRows:
    """The digests of the rows that a version was trained on, to find them in a table."""

    def __init__(self, trained_on: bytes) -> None:
        """Read the content of a `trained_on.parquet`; without digests no row is found."""
        table = read_parquet_bytes(trained_on)
        digests = table["digest"].to_numpy() if "digest" in table.column_names else np.empty(0, dtype=np.uint64)
        self._digests, counts = np.unique(digests, return_counts=True)
        # Good and Turing's estimate of the probability that a new row of the same source equals one of these.
        self._by_chance = min(1.0, 1 - (np.count_nonzero(counts == 1) - 1) / len(digests)) if len(digests) else 1.0

    def count(self, X: pd.DataFrame) -> int:
        """Count the rows of validated features, shape (n_rows, n_features), that are among the digests."""
        if not len(self._digests):
            return 0
        digests = pd.util.hash_pandas_object(X, index=False).to_numpy()
        places = np.minimum(np.searchsorted(self._digests, digests), len(self._digests) - 1)
        return int(np.count_nonzero(self._digests[places] == digests))

    def beyond_chance(self, rows: int, found: int) -> bool:
        """Return whether more rows were found among the digests than chance explains: new rows that equal old ones.

        Args:
            rows: the number of rows that were looked up.
            found: the number of them that were found.
        """
        expected = rows * self._by_chance
        likely = expected + 3 * np.sqrt(expected * (1 - self._by_chance))
        return bool(found > likely and found >= max(min(FEWEST, rows / 2), SHARE * rows))


def find_fresh_rows(ref: DatasetRef, card: Card, trained_on: bytes | None) -> FreshRows | None:
    """Find the challenger's test rows that are new to the champion.

    Args:
        ref: the challenger's dataset.
        card: the champion's card.
        trained_on: the content of the champion's `trained_on.parquet`; None if it has none, as in older versions.

    Returns:
        The fresh rows; None if it is not known which rows the champion was trained on.
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
    """Find fresh rows of a file: by position if the champion's rows are still at their positions, else by contents."""
    now, test = digest_rows(read_raw(ref), features), read_positions(ref, "test")
    by: MatchedBy = "contents"
    if positions.max() < len(now) and np.array_equal(now[positions], digests):
        by = "position"
    seen = np.isin(np.arange(len(now)), positions) if by == "position" else np.isin(now, digests)
    if (groups := read_groups(ref)) is not None:  # rows of a group that the champion was trained on aren't new to it
        seen = np.isin(groups, groups[seen])
    return FreshRows(~seen[test], by)


def _origin(card: Card) -> Origin | None:
    """Return the origin in a card; in older cards that of the config, or None if the config is no longer valid."""
    if card.origin:
        return Origin(**vars(card.origin))
    try:
        return origin_of(DatasetConfig.model_validate(card.config["dataset"]))
    except ValidationError:
        return None
