"""Check that a version can score a table, before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from bakeoff.config import PredictionConfig
from bakeoff.config.dask import require_scheduler
from bakeoff.config.rows.database import fill_parameters
from bakeoff.errors import DataError
from bakeoff.prediction.drift_check import read_drift_check
from bakeoff.prediction.outputs.output_folder import output_folder
from bakeoff.prediction.outputs.output_table import OutputTable
from bakeoff.prediction.scorer import ScoredBatch, Scorer
from bakeoff.runtime.threads import OneSlot, cpu_count
from bakeoff.store.card import Card
from bakeoff.store.load import VersionRef, find_version, load_model, open_store, refuse_version_skew
from bakeoff.store.model_store import ModelStore
from bakeoff.tables.batches import Position, TableFile
from bakeoff.tables.databases.database import Database
from bakeoff.tables.databases.sql_query import SqlQuery
from bakeoff.tables.formats.parquet_file import ParquetFile
from bakeoff.tables.reader import (
    TableReader,
    describe_nested,
    empty_column,
    find_nested,
    missing_columns,
    open_table,
    table_signature,
)
from bakeoff.tables.schema import Feature
from bakeoff.tables.schema_validation import AnomalyPolicy, feature_cells

if TYPE_CHECKING:
    from bakeoff.data.fresh_rows import TrainedRows

TAKEN_AS_MISSING = "it is taken as missing throughout, as some training rows had it"
RESERVED = ("row", "prediction", "warnings")  # columns of the predictions; a kept column can't have their names


@dataclass(frozen=True)
class ScoringJob:
    """A version and a table that it can score, with the first batch scored.

    Attributes:
        ref: the version.
        card: its card.
        source: the table.
        scorer: the version's model.
        first: the first batch, scored.
        after: the position of the next batch.
    """

    ref: VersionRef
    card: Card
    source: TableReader
    scorer: Scorer
    first: ScoredBatch
    after: Position

    @property
    def missing(self) -> dict[str, list[TableFile]]:
        """The files that lack a column, by the name of the feature; all such features may be missing."""
        lacking: dict[str, list[TableFile]] = {}
        for file in self.source.files:
            present = set(file.schema.names)
            for feature in self.scorer.features:
                if feature.name not in present:
                    lacking.setdefault(feature.name, []).append(file)
        return lacking


_job: OneSlot[tuple[PredictionConfig, VersionRef, tuple[int | str, ...]], ScoringJob] = OneSlot()


def prepare_job(config: PredictionConfig, ref: VersionRef) -> ScoringJob:
    """Load the version, open the table and score the first batch; or return the last job if it was for the same.

    Raises:
        UserError: the version can't score the table, or one of them can't be opened.
        IntegrityError: the version was changed since it was exported.
    """
    key = (config, ref, table_signature(config.input))
    return _job.get(key, lambda: _prepare_job(config, ref))


def count_workers(config: PredictionConfig) -> int:
    """Return the number of batches to score at once."""
    return cpu_count() if config.workers == "auto" else config.workers


def forget_job() -> None:
    """Drop the job that `prepare_job` has cached."""
    _job.forget()


def _prepare_job(config: PredictionConfig, ref: VersionRef) -> ScoringJob:
    # By now the store may have several models, and a config without a name would no longer mean this one.
    store = open_store(config.model_copy(update={"name": ref.name}))
    card = store.card(ref.version)
    refuse_version_skew(card, allowed=config.allow_version_skew)
    if config.query is not None:
        assert config.url_env is not None
        parameters = fill_parameters(config.query, config.window.last, config.window.until)
        source = TableReader([SqlQuery(Database(config.url_env), config.query, parameters)])
    elif config.input is None:
        content = store.read(ref.version, "validation.parquet")
        source = TableReader([ParquetFile(Path(ref.version) / "validation.parquet", content)])
    else:
        source = open_table(config.input)
    _refuse_unfit(config, ref, source, list(card.features))
    keep = {name: _kept_type(config, name, source) for name in config.keep}
    scorer = make_scorer(config, store, card, keep, workers=count_workers(config))
    for number, piece in source.chunks(scorer.wanted, scorer.numbers):
        first = scorer.score(piece.read())
        if first.n_rows:  # a chunk of a CSV may hold only blank lines
            return ScoringJob(ref, card, source, scorer, first, Position(number, piece.next_offset, first.n_rows))
    raise DataError(f"{config.shown!r} has columns and no rows")


def make_scorer(
    config: PredictionConfig,
    store: ModelStore,
    card: Card,
    keep: Mapping[str, pa.DataType],
    *,
    workers: int,
) -> Scorer:
    """Load a version, and make its scorer.

    Args:
        config: the run's config.
        store: the version's store.
        card: the version's card.
        keep: the columns to copy to the predictions, with their types.
        workers: the threads that share the blocks of a forest's batch.

    Raises:
        BakeoffError: the version can't be loaded, as for `load_model`.
    """
    model = load_model(store, card.version, allow_version_skew=config.allow_version_skew)
    leniency = AnomalyPolicy(config.on_unseen, config.on_out_of_range, config.range_margin, config.on_missing)
    trained = _read_trained_rows(store, card)
    drift = read_drift_check(config, store, card)
    return Scorer(model, card, keep, leniency, config.probabilities, trained, drift, workers)


def _read_trained_rows(store: ModelStore, card: Card) -> "TrainedRows | None":
    """Read the digests of the rows that a version was trained on; None if it has none."""
    from bakeoff.data.fresh_rows import TRAINED_ON, TrainedRows

    return TrainedRows(store.read(card.version, TRAINED_ON)) if TRAINED_ON in card.files else None


def _refuse_unfit(config: PredictionConfig, ref: VersionRef, source: TableReader, features: list[Feature]) -> None:
    """Refuse a table that the version can't score, or without the columns to keep.

    Raises:
        DataError: a column is missing or has a type that can't be used, or can't be kept because of its name.
    """
    why = f"version {ref.version} of {ref.name!r} needs it; --name chooses another model"
    source.require_columns([feature.name for feature in features if not feature.missing], why)
    if nested := find_nested(source.files, {feature.name for feature in features}):
        raise DataError(f"{describe_nested(nested)}, where training saw plain values; give such")
    several = len(source.files) > 1
    for file in source.files:
        names = set(file.schema.names)
        present = [feature for feature in features if feature.name in names]
        if not present:
            where = repr(file.path.name) if several else file.what
            raise DataError(missing_columns([feature.name for feature in features], file.schema.names, why, where))
        for feature in present:
            feature_cells(feature, empty_column(file, feature.name), f" of {file.path.name!r}" if several else "")
    source.require_columns(config.keep, "to keep")
    refuse_taken_names(config.keep)


def refuse_taken_names(keep: Sequence[str]) -> None:
    """Refuse to keep a column that has the name of a predictions column.

    Raises:
        DataError: a column has such a name.
    """
    for name in keep:
        if name in RESERVED or name.startswith("probability_"):
            raise DataError(f"a column called {name!r} can't be kept: the predictions have one of that name; rename it")


def _kept_type(config: PredictionConfig, name: str, source: TableReader) -> pa.DataType:
    """Return the Arrow type of a kept column: that of the files, or text if they differ.

    So integers stay integers even with missing values, and ids keep all digits.

    Raises:
        DataError: the output can't hold the type.
    """
    kinds = {_plain_type(file.schema.field(name).type) for file in source.files}
    without_text = next((kind for kind in kinds if not _has_text(kind)), None)
    if without_text is not None and (config.format == "csv" or len(kinds) > 1):
        raise DataError(
            f"column {name!r} holds {without_text}, which can't be kept; use --format parquet, or leave it out"
        )
    return kinds.pop() if len(kinds) == 1 else pa.string()


def _has_text(kind: pa.DataType) -> bool:
    """Return whether values of the type can be written as text."""
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return False
    try:
        pa.nulls(0, kind).cast(pa.string())
    except pa.ArrowNotImplementedError:
        return False
    return True


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values of dictionary-encoded, large and view types; others are returned unchanged."""
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return pa.binary() if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind) else kind


def check_prediction(config: PredictionConfig) -> None:
    """Check output, version and table by scoring the first batch, before anything is written.

    Raises:
        UserError: a check failed; nothing has been written.
        IntegrityError: the version was changed since it was exported; its model was not loaded.
    """
    output_folder(config)
    if config.dask.address is not None:
        require_scheduler(config.dask.address)
    job = prepare_job(config, find_version(config))
    if config.output_table is not None:
        OutputTable.of(config, job.scorer.schema).check()
