"""Score batches of rows with a version."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.estimators.inference import Mapper, predict_with_proba
from bakeoff.evaluation.costs import min_expected_cost
from bakeoff.evaluation.streaming import StreamingEvaluation
from bakeoff.prediction.drift_check import DriftCheck
from bakeoff.store.card import Card
from bakeoff.tables.batches import Batch
from bakeoff.tables.schema_validation import (
    ACCEPT_ALL,
    REFUSED,
    AnomalyPolicy,
    validate_table,
)
from bakeoff.tables.target import encode_target

if TYPE_CHECKING:
    from bakeoff.data.fresh_rows import TrainedRows

LOOKED_UP = 2_000  # most rows of a batch that are looked up among the training rows
LINE_SHOWN = 200  # characters of a malformed record kept in the column `value` of `rejected`
REJECTED = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in REFUSED])


@dataclass(frozen=True)
class ScoredBatch:
    """A scored batch: each of its rows is in `predictions` or in `rejected`.

    Attributes:
        predictions: the columns `row`, those to keep, `prediction`, `warnings`, and `probability_<class>` for each
            class.
        rejected: the columns `row`, `column`, `value`, `reason` and the reason's `kind`; `column` is null for a record
            that could not be read.
        flags: the number of predicted rows with each flag.
        tally: the evaluation on the rows with a class; None if the table has no target.
        empty: the features that have no value in any row, present or absent; None if no row could be read.
        trained: the number of rows that were looked up among the training rows, and the number found.
        drift: the counts of the scored rows in the bins of the version's profile; None if it has none.
    """

    predictions: pa.Table
    rejected: pa.Table
    flags: Mapping[str, int]
    tally: StreamingEvaluation | None
    empty: tuple[str, ...] | None = ()
    trained: tuple[int, int] = (0, 0)
    drift: np.ndarray | None = None

    @property
    def n_rows(self) -> int:
        """The number of rows, predicted and rejected."""
        return int(self.predictions.num_rows + self.rejected.num_rows)

    def offset_rows(self, rows: int) -> "ScoredBatch":
        """Return the batch with its row numbers increased by `rows`."""
        if not rows:
            return self
        return replace(self, predictions=_shift_rows(rows, self.predictions), rejected=_shift_rows(rows, self.rejected))


class Scorer:
    """A version's model, which scores the rows that match the version's schema and rejects the others."""

    def __init__(
        self,
        model: Any,
        card: Card,
        keep: Mapping[str, pa.DataType] = MappingProxyType({}),
        leniency: AnomalyPolicy = ACCEPT_ALL,
        probabilities: bool = True,
        trained: "TrainedRows | None" = None,
        drift: DriftCheck | None = None,
        workers: int = 1,
    ) -> None:
        """Make a scorer.

        Args:
            model: the fitted Pipeline.
            card: the version's card.
            keep: the columns to copy to the predictions, with their types.
            leniency: what to do with rows that are unlike the training rows.
            probabilities: whether the predictions hold the probabilities of the classes, if the model has them.
            trained: the digests of the training rows, to look up rows in; None to look up none.
            drift: the check of the version's profile; None to count nothing for it.
            workers: the threads that share the blocks of a forest's batch.
        """
        self.model, self.features, self.target = model, list(card.features), card.target
        self.keep, self.leniency, self.trained, self.drift = dict(keep), leniency, trained, drift
        self.classes = np.asarray(model.classes_)
        self.costs = np.asarray(card.decision.costs) if card.decision else None
        self._mapper: Mapper = map if workers == 1 else ThreadPoolExecutor(workers).map
        self.rows_alone = card.settings.split.by != "group"
        names = list(map(str, self.classes))
        kind = pa.int64() if self.classes.dtype.kind == "i" else pa.string()
        self._labels = pa.array(self.classes.tolist(), kind)
        self.probabilities = probabilities and hasattr(model, "predict_proba")
        shares = [f"probability_{name}" for name in names] if self.probabilities else []
        self.schema = pa.schema(
            [("row", pa.int64()), *self.keep.items(), ("prediction", kind), ("warnings", pa.string())]
            + [(name, pa.float64()) for name in shares]
        )

    @property
    def wanted(self) -> list[str]:
        """The columns to read: features, kept columns and target."""
        return list(dict.fromkeys([*(feature.name for feature in self.features), *self.keep, self.target]))

    @property
    def numbers(self) -> list[str]:
        """The numeric features that a reader may parse; others are needed as text, to be kept or for their format."""
        read_as_text = {*self.keep, self.target}
        return [
            column.name
            for column in self.features
            if column.kind == "number"
            and column.name not in read_as_text
            and (column.format is None or column.format.is_plain)
        ]

    def score(self, batch: Batch) -> ScoredBatch:
        """Score a batch; its rows are numbered from 0, which `offset_rows` changes to the numbers in the table.

        Raises:
            DataError: a column has a type that can't be used.
        """
        validated = validate_table(batch.table, self.features, self.leniency)
        usable = validated.usable
        all_usable = len(usable) == batch.table.num_rows
        X = validated.X if all_usable else validated.X.iloc[usable]
        wants_shares = self.probabilities or self.costs is not None
        codes, shares = (
            predict_with_proba(self.model, X, wants_shares, self._mapper)
            if len(usable)
            else (np.empty(0, dtype=int), None)
        )
        if self.costs is not None and shares is not None:
            codes = min_expected_cost(shares, self.costs)
        take = pa.array(usable)
        columns: list[Any] = [batch.positions[usable]]
        columns += [_as(name, batch.table[name], kind).take(take) for name, kind in self.keep.items()]
        columns += [self._labels.take(pa.array(codes)), validated.flags if all_usable else validated.flags.take(take)]
        if self.probabilities:
            columns += list((np.empty((0, len(self.classes))) if shares is None else shares).T)
        # A single chunk, as a checkpoint returns it, so that resumed runs write the same bytes.
        predictions = pa.table([_contiguous(column) for column in columns], schema=self.schema).combine_chunks()
        rejected = _merge(batch, validated.rejected)
        require_every_row_once(batch, predictions, rejected)
        flags = {flag: int(rows[usable].sum()) for flag, rows in validated.flagged.items() if rows[usable].any()}
        empty = validated.empty if batch.table.num_rows else None
        tally, judged = self._evaluate(batch, usable, codes, shares)
        counts = None if self.drift is None else self.drift.counter.count(X, codes, shares)
        return ScoredBatch(predictions, rejected, flags, tally, empty, self._look_up(X, judged), counts)

    def _evaluate(
        self, batch: Batch, usable: np.ndarray, codes: np.ndarray, shares: np.ndarray | None
    ) -> tuple[StreamingEvaluation | None, np.ndarray]:
        """Evaluate the predictions of a batch.

        Args:
            batch: the batch.
            usable: the positions of the scored rows, shape (n_usable,).
            codes: their predicted class codes, shape (n_usable,).
            shares: their probabilities, shape (n_usable, n_classes), or None.

        Returns:
            The evaluation, None without a target; and a mask of the scored rows that have a class, shape (n_usable,).
        """
        nowhere = np.zeros(len(usable), dtype=bool)
        if self.target not in batch.table.column_names:
            return None, nowhere
        try:
            truth, names = encode_target(batch.table[self.target].take(pa.array(usable)), self.classes)
        except DataError:  # such as dates or lists, which are no classes
            return None, nowhere
        has_class, tally = truth >= 0, StreamingEvaluation(list(map(str, self.classes)))
        tally.add(truth[has_class], names, codes[has_class], None if shares is None else shares[has_class])
        return tally, has_class

    def _look_up(self, X: pd.DataFrame, judged: np.ndarray) -> tuple[int, int]:
        """Look up some rows, evenly spaced, among the training rows; returns how many, and how many were found.

        They are rows with a class, which are evaluated; without any class they are of all rows.

        Args:
            X: the features of the scored rows, shape (n_usable, n_features).
            judged: a mask of those that have a class, shape (n_usable,).
        """
        rows = np.flatnonzero(judged) if judged.any() else np.arange(len(X))
        if self.trained is None or not len(rows):
            return 0, 0
        rows = rows[:: -(-len(rows) // LOOKED_UP)]
        return len(rows), self.trained.count(X.iloc[rows])


def require_every_row_once(batch: Batch, predictions: pa.Table, rejected: pa.Table) -> None:
    """Check that each row of a batch is in exactly one of the two tables.

    Raises:
        RuntimeError: one is not, which is a bug of Bakeoff.
    """
    rows = np.concatenate([table["row"].to_numpy() for table in (predictions, rejected)])
    seen = np.bincount(rows, minlength=batch.n_rows)
    if len(seen) > batch.n_rows or not (seen == 1).all():
        row = int(np.flatnonzero(seen != (np.arange(len(seen)) < batch.n_rows))[0])
        raise RuntimeError(f"row {row} of a batch ended in {seen[row]} places")


def _merge(batch: Batch, refused: pd.DataFrame) -> pa.Table:
    """Merge malformed records with the rows that validation rejected, in row order."""
    lines = [(bad.position, bad.column, bad.text[:LINE_SHOWN], bad.reason, bad.kind) for bad in batch.malformed]
    if len(refused):
        numbered = batch.positions[refused["row"].to_numpy()]
        cells = (refused[name].astype(object).where(refused[name].notna(), None) for name in REJECTED.names[1:])
        lines = sorted([*lines, *zip(numbered.tolist(), *cells)], key=lambda line: line[0])
    if not lines:
        return REJECTED.empty_table()
    return pa.table([pa.array(column, kind) for column, kind in zip(zip(*lines), REJECTED.types)], schema=REJECTED)


def _shift_rows(rows: int, table: pa.Table) -> pa.Table:
    return table.set_column(0, table.schema.field(0), pc.add(table["row"], rows))


def _as(name: str, column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Cast a kept column to its type in the output.

    Raises:
        DataError: it can't be cast.
    """
    try:
        return column.cast(kind)
    except pa.ArrowException as error:
        raise DataError(f"column {name!r} can't be kept: {column.type} can't be written as {kind}") from error


def _contiguous(column: Any) -> Any:
    return np.ascontiguousarray(column) if isinstance(column, np.ndarray) else column
