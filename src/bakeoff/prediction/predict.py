"""Scoring a table with a saved version, batch by batch: bad rows are named, the good ones scored."""

import contextlib
import errno
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bakeoff.config import PredictionConfig
from bakeoff.errors import DataError, WriteError
from bakeoff.evaluation.streaming import StreamingEvaluation
from bakeoff.formatting import list_first
from bakeoff.prediction.checkpoint import Checkpoint
from bakeoff.prediction.missing_columns import SHOWN, find_gaps, say_gaps
from bakeoff.prediction.preflight import (
    TAKEN_AS_MISSING,
    ScoringJob,
    forget_job,
    prepare_job,
)
from bakeoff.prediction.scorer import ScoredBatch
from bakeoff.prediction.writers import PredictionWriter, RowCounts
from bakeoff.runtime.environment import describe_environment
from bakeoff.runtime.progress import Pace, Report
from bakeoff.runtime.threads import cpu_count, limit_openmp_threads, map_in_order
from bakeoff.store.load import VersionRef
from bakeoff.store.writer import FULL
from bakeoff.tables.batches import BEGINNING, Chunk, Position
from bakeoff.tables.reader import missing_columns

logger = logging.getLogger(__name__)

OPTIONS = {"keep", "format", "probabilities", "on_unseen", "on_out_of_range", "range_margin"}  # which change a result
DISKS = {errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ESTALE}  # errors that are no fault of the result
SAY_SECONDS = 5.0  # between two lines of log that say how far a run is


@dataclass(frozen=True)
class ScoredTable:
    """A table that was scored, its result written aside.

    Attributes:
        head: of the journal when the task was first begun.
        folder: holds predictions, and rejected.parquet when a row was refused.
        counts: what came of the rows.
        mean_cost: what a row whose class is known costs, where the version decides by costs.
        missing: columns without a value in a file, as `find_gaps` has them.
        rows_alone: whether rows count each for themselves; those of a group, such as a customer's, don't.
    """

    head: str
    folder: Path
    counts: RowCounts
    mean_cost: float | None
    missing: Mapping[str, Any] = field(default_factory=dict)
    rows_alone: bool = True


def score_table(config: PredictionConfig, ref: VersionRef, folder: Path, report: Report | None = None) -> ScoredTable:
    """Score the table, going on behind the last batch that an earlier run of the same task finished.

    Args:
        folder: a work folder.
        report: is told how far the run is, after every batch.

    Raises:
        IntegrityError: the version is not what was sealed.
        DataError: the table is broken, or more rows are rejected than may be.
    """
    ready = prepare_job(config, ref)
    forget_job()
    _say_what_is_ignored(ready)
    task, counts = _task(config, ready), RowCounts(StreamingEvaluation(list(map(str, ready.scorer.classes))))
    with contextlib.closing(Checkpoint(folder)) as partial, _said_where(folder):
        head = partial.resume_or_start(task, ref.head)
        with PredictionWriter(partial.result, config.format, ready.scorer.schema) as results:
            _score_rest(config, ready, partial, results, counts, report)
    _refuse_too_many(config, counts, counts.rows)
    if _task(config, ready) != task:
        raise DataError(f"{config.input!r} has changed while it was read; score it again when it is complete")
    return _finish(ready, head, partial.result, counts)


def _score_rest(
    config: PredictionConfig,
    ready: ScoringJob,
    partial: Checkpoint,
    results: PredictionWriter,
    counts: RowCounts,
    report: Report | None,
) -> None:
    """Take over the batches that are finished, and score those behind them."""
    place, total = BEGINNING, ready.source.n_rows
    for scored, after in partial.finished_batches(list(counts.tally.classes), ready.scorer.schema):
        results.add(scored, results.encode(scored))
        counts.add(scored, after.file)
        place = after
    if place.row:
        logger.info("%s rows were scored by a run that ended early; going on behind them", f"{place.row:,}")
    pace = Pace(total, place.row, ready.source.share(place), SAY_SECONDS)
    for scored, after, encoded in _score(ready, place, results.encode):
        partial.add(scored, after)
        results.add(scored, encoded)
        counts.add(scored, after.file)
        _refuse_too_many(config, counts, total)
        progress = pace.at(counts.rows, ready.source.share(after))
        if report:
            report(progress)
        if pace.due():
            logger.info("%s", progress)


@contextlib.contextmanager
def _said_where(folder: Path) -> Iterator[None]:
    """Let a disk that is full, or can't be written any more, say so, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (*FULL, *DISKS):
            raise
        way_out = "make room, and give" if error.errno in FULL else "when the disk can be written, give"
        raise WriteError(
            f"{str(folder)!r} can't be written: {error.strerror}; what was scored is kept there: {way_out} the same "
            "command again"
        ) from error


def _finish(ready: ScoringJob, head: str, folder: Path, counts: RowCounts) -> ScoredTable:
    evaluation, costs = counts.tally.evaluation(), ready.scorer.costs
    logger.info(
        "%s of %s rows scored with %s, %s rejected%s",
        f"{counts.predicted:,}",
        f"{counts.rows:,}",
        ready.ref.version,
        f"{counts.rejected:,}",
        f"; accuracy {evaluation.accuracy:.4f} on {counts.tally.rows:,} rows with a class" if evaluation else "",
    )
    if counts.rejected:
        logger.warning("rejected: %s", counts.say_reasons())
    names = [feature.name for feature in ready.scorer.features] if counts.predicted else []
    gaps = find_gaps(names, ready.source.files, counts.files)
    for line in say_gaps({"rows": counts.rows, "missing": gaps}):
        logger.warning("%s", line)
    mean_cost = None if costs is None else counts.tally.mean_cost(costs)
    return ScoredTable(head, folder, counts, mean_cost, gaps, ready.scorer.rows_alone)


def _score(
    ready: ScoringJob, place: Position, encode: Callable[[ScoredBatch], bytes | None]
) -> Iterator[tuple[ScoredBatch, Position, bytes | None]]:
    """Score from a place on, in order; reading, scoring, encoding and what the caller does with it overlap."""
    if place == BEGINNING:
        yield ready.first, ready.after, encode(ready.first)
        place = ready.after
    scorer, row, workers = ready.scorer, place.row, cpu_count()

    def placed(batches: Iterable[tuple[int, int, ScoredBatch]]) -> Iterator[tuple[ScoredBatch, Position]]:
        nonlocal row
        for number, after, scored in batches:
            start, row = row, row + scored.n_rows
            yield scored.offset_rows(start), Position(number, after, row)

    def score(found: tuple[int, Chunk]) -> tuple[int, int, ScoredBatch]:
        return found[0], found[1].next_offset, scorer.score(found[1].read())

    def encoded(found: tuple[ScoredBatch, Position]) -> tuple[ScoredBatch, Position, bytes | None]:
        return (*found, encode(found[0]))

    with ThreadPoolExecutor(workers, initializer=limit_openmp_threads) as pool:
        pieces = ready.source.pieces(scorer.wanted, scorer.numbers, place)
        yield from map_in_order(pool, encoded, placed(map_in_order(pool, score, pieces, workers)), workers)


def _refuse_too_many(config: PredictionConfig, counts: RowCounts, total: int | None) -> None:
    """Fail as soon as it is certain that more rows are rejected than may be."""
    most = config.max_rejected
    if total is not None and most is not None and counts.rejected > most * total:
        raise DataError(
            f"{'' if counts.rows == total else 'at least '}{counts.rejected:,} of {total:,} rows are rejected "
            f"({counts.rejected / total:.1%}), more than max_rejected {most:g} allows: "
            f"{counts.say_reasons()}; without max_rejected the run names each of them in rejected.parquet"
        )


def _say_what_is_ignored(ready: ScoringJob) -> None:
    known = set(ready.scorer.wanted)
    names = dict.fromkeys(name for file in ready.source.files for name in file.schema.names if name not in known)
    if names:
        logger.info("columns that are not looked at: %s", _listed(list(names)))
    for name, files in ready.missing.items():
        several, lacking = len(ready.source.files), [file.path.name for file in files]
        where = "the file" if several == 1 else repr(lacking[0])
        named = list_first(lacking, SHOWN)
        some = f"in {len(lacking):,} of {several:,} files: {named}; {TAKEN_AS_MISSING.replace('throughout', 'there')}"
        why = some if len(lacking) < several else TAKEN_AS_MISSING
        logger.warning("%s", missing_columns([name], files[0].schema.names, why, where))


def _listed(names: list[str]) -> str:
    return ", ".join(name[:80] for name in names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _task(config: PredictionConfig, ready: ScoringJob) -> dict[str, Any]:
    """What tells whether what an earlier run left is of the same task."""
    options = config.model_dump(mode="json", include=OPTIONS)
    rows = ready.source.identity() if config.input else "validation"
    return {
        "version": ready.ref.version,
        "input": rows,
        "options": options,
        "environment": describe_environment(),
        "schema": ready.scorer.schema.to_string(),
    }
