"""Score batches of rows with a version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError
from bakeoff.estimators.inference import predict_with_proba
from bakeoff.evaluation.costs import min_expected_cost
from bakeoff.evaluation.streaming import StreamingEvaluation
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

LOOKED_UP = 2_000  # rows of a batch that are looked up among those of training
LINE_SHOWN = 200  # characters of a malformed line that `rejected` shows
REJECTED = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in REFUSED])


@dataclass(frozen=True)
class ScoredBatch:
    """A scored batch: each of its rows is in `predictions` or in `rejected`.

    Attributes:
        predictions: the columns `row`, those to keep, `prediction`, `warnings`, and `probability_<class>` for each
            class.
        rejected: the columns `row`, `column`, `value`, `reason` and the reason's `kind`; `column` is null for a record
            that could not be read.
        flags: the number of predicted rows by flag.
        tally: the evaluation on the rows with a class; None if the table has no target.
        empty: the features that have no value in any row, present or absent; None if no row could be read.
        trained: how many of the rows with a class were looked up among those of training, and how many found.
    """

    predictions: pa.Table
    rejected: pa.Table
    flags: Mapping[str, int]
    tally: StreamingEvaluation | None
    empty: tuple[str, ...] | None = ()
    trained: tuple[int, int] = (0, 0)

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
    ) -> None:
        """Make a scorer.

        Args:
            model: the fitted Pipeline.
            card: the version's card.
            keep: the columns to copy to the predictions, with their types.
            leniency: what to do with rows that are unlike those of training.
            probabilities: whether the predictions hold the probabilities of the classes, if the model has them.
            trained: the rows that the version was trained on, to find them among rows with a class; None to find none.
        """
        self.model, self.features, self.target = model, list(card.features), card.target
        self.keep, self.leniency, self.trained = dict(keep), leniency, trained
        self.classes = np.asarray(model.classes_)
        self.costs = np.asarray(card.decision.costs) if card.decision else None
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
        """The numeric features, but for those that are kept, whose text is needed."""
        read_as_text = {*self.keep, self.target}
        return [
            each.name
            for each in self.features
            if each.kind == "number" and each.name not in read_as_text and (each.format is None or each.format.is_plain)
        ]

    def score(self, batch: Batch) -> ScoredBatch:
        """Score a batch; its rows are numbered from 0 and can be shifted by `offset_rows`.

        Raises:
            DataError: a column has a type that can't be used.
        """
        conformed = validate_table(batch.table, self.features, self.leniency)
        usable = conformed.usable
        whole = len(usable) == batch.table.num_rows
        X = conformed.X if whole else conformed.X.iloc[usable]
        asked = self.probabilities or self.costs is not None
        codes, shares = predict_with_proba(self.model, X, asked) if len(usable) else (np.empty(0, dtype=int), None)
        if self.costs is not None and shares is not None:
            codes = min_expected_cost(shares, self.costs)
        take = pa.array(usable)
        columns: list[Any] = [batch.positions[usable]]
        columns += [_as(name, batch.table[name], kind).take(take) for name, kind in self.keep.items()]
        columns += [self._labels.take(pa.array(codes)), conformed.flags if whole else conformed.flags.take(take)]
        if self.probabilities:
            columns += list((np.empty((0, len(self.classes))) if shares is None else shares).T)
        # A single chunk, as a checkpoint returns it, so that resumed runs write the same bytes.
        predictions = pa.table([_contiguous(column) for column in columns], schema=self.schema).combine_chunks()
        rejected = _merge(batch, conformed.rejected)
        require_every_row_once(batch, predictions, rejected)
        flags = {flag: int(rows[usable].sum()) for flag, rows in conformed.flagged.items() if rows[usable].any()}
        empty = conformed.empty if batch.table.num_rows else None
        tally, judged = self._evaluate(batch, usable, codes, shares)
        return ScoredBatch(predictions, rejected, flags, tally, empty, self._look_up(X, judged))

    def _evaluate(
        self, batch: Batch, usable: np.ndarray, codes: np.ndarray, shares: np.ndarray | None
    ) -> tuple[StreamingEvaluation | None, np.ndarray]:
        """Return the evaluation, and a mask of the usable rows that have a class."""
        nowhere = np.zeros(len(usable), dtype=bool)
        if self.target not in batch.table.column_names:
            return None, nowhere
        try:
            truth, names = encode_target(batch.table[self.target].take(pa.array(usable)), self.classes)
        except DataError:  # such as dates or lists, which are no classes
            return None, nowhere
        there, tally = truth >= 0, StreamingEvaluation(list(map(str, self.classes)))
        tally.add(truth[there], names, codes[there], None if shares is None else shares[there])
        return tally, there

    def _look_up(self, X: pd.DataFrame, judged: np.ndarray) -> tuple[int, int]:
        """Look up rows with a class, evenly chosen, among those of training; returns how many, and how many found."""
        rows = np.flatnonzero(judged)
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
    """Merge rows rejected for a cell and malformed records, in row order."""
    lines = [(each.position, each.column, each.text[:LINE_SHOWN], each.reason, each.kind) for each in batch.malformed]
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
    try:
        return column.cast(kind)
    except pa.ArrowException as error:
        raise DataError(f"column {name!r} can't be kept: {column.type} can't be written as {kind}") from error


def _contiguous(column: Any) -> Any:
    return np.ascontiguousarray(column) if isinstance(column, np.ndarray) else column
