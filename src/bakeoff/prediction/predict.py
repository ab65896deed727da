"""Score a table with a saved version, batch by batch; invalid rows are rejected with a reason."""

import contextlib
import errno
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from bakeoff.config import PredictionConfig
from bakeoff.drift.results import Drift
from bakeoff.drift.text import describe_verdict
from bakeoff.errors import DataError, WriteError
from bakeoff.evaluation.streaming import StreamingEvaluation
from bakeoff.formatting import list_first, one_line
from bakeoff.prediction.checkpoint import Checkpoint
from bakeoff.prediction.missing_columns import SHOWN, describe_gaps, find_gaps
from bakeoff.prediction.preflight import (
    TAKEN_AS_MISSING,
    ScoringJob,
    count_workers,
    forget_job,
    prepare_job,
)
from bakeoff.prediction.scorer import ScoredBatch, Scorer
from bakeoff.prediction.writers import PredictionWriter, RowCounts, describe_trained
from bakeoff.runtime.environment import describe_environment
from bakeoff.runtime.progress import Pace, Report
from bakeoff.runtime.threads import limit_openmp_threads, map_in_order
from bakeoff.store.load import VersionRef
from bakeoff.store.writer import FULL
from bakeoff.tables.batches import BEGINNING, Chunk, Position, TableFile
from bakeoff.tables.reader import describe_format, missing_columns

logger = logging.getLogger(__name__)

OPTIONS = {
    "keep",
    "format",
    "probabilities",
    "on_unseen",
    "on_out_of_range",
    "range_margin",
    "on_missing",
}  # fields of the config that change the result
# Errors of a disk after which the batches on it can still be used.
DISKS = {errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ESTALE}
SAY_SECONDS = 5.0  # the least time between two lines of progress in the log


@dataclass(frozen=True)
class ScoredTable:
    """A scored table, not yet published.

    Attributes:
        head: the head of the journal when scoring began; if it was resumed, when the first run began.
        run: the id of the run; if it was resumed, of the first run.
        schema: the schema of the predictions.
        folder: the folder with the predictions, and rejected.parquet if rows were rejected.
        counts: the counts of predicted and rejected rows, with the evaluation.
        mean_cost: the mean cost of a row with a known class; None if the version doesn't decide by costs.
        missing: the result of `find_gaps`.
        trained: the number of rows with a class that were looked up among the training rows, and the number found; None
            if chance explains these.
        rows_alone: whether rows are independent; False if the split was by group, such as by customer.
        drift: how far the rows have moved from the training rows; None if the version has no profile, or no row could
            be scored.
    """

    head: str
    run: str
    schema: pa.Schema
    folder: Path
    counts: RowCounts
    mean_cost: float | None
    missing: Mapping[str, Any] = field(default_factory=dict)
    trained: tuple[int, int] | None = None
    rows_alone: bool = True
    drift: Drift | None = None


def score_table(
    config: PredictionConfig, ref: VersionRef, folder: Path, report: Report | None = None, run: str = ""
) -> ScoredTable:
    """Score the table, resuming after the last batch that an earlier run of the same task finished.

    Args:
        config: the run's config.
        ref: the version.
        folder: the work folder, locked.
        report: called with the progress after every batch.
        run: the run's id; a run that resumes another has that one's.

    Raises:
        IntegrityError: the version was changed since it was exported.
        DataError: the table can't be read, changed while it was read, or has too many rejected rows.
        WriteError: the disk is full or can't be written; what was scored is kept.
    """
    job = prepare_job(config, ref)
    forget_job()
    _log_columns(job)
    task, counts = _task(config, job), RowCounts(StreamingEvaluation(list(map(str, job.scorer.classes))))
    with contextlib.closing(Checkpoint(folder)) as checkpoint, _disk_errors_explained(folder):
        head, run = json.loads(checkpoint.resume_or_start(task, json.dumps([ref.head, run])))
        with PredictionWriter(checkpoint.result, config.format, job.scorer.schema) as writer:
            _score_rest(config, job, checkpoint, writer, counts, report)
    _refuse_too_many(config, counts, counts.rows)
    if _task(config, job) != task:
        raise DataError(f"{config.shown!r} has changed while it was read; score it again when it is complete")
    return _finish(job, head, run, checkpoint.result, counts)


def _score_rest(
    config: PredictionConfig,
    job: ScoringJob,
    checkpoint: Checkpoint,
    writer: PredictionWriter,
    counts: RowCounts,
    report: Report | None,
) -> None:
    """Write the finished batches of the checkpoint to the result, then score and write the rest."""
    position, total = BEGINNING, job.source.n_rows
    for scored, after in checkpoint.finished_batches(list(counts.tally.classes), job.scorer.schema):
        writer.add(scored, writer.encode(scored))
        counts.add(scored, after.file)
        position = after
    if position.row:
        logger.info("%s rows were scored by a run that ended early; continuing after them", f"{position.row:,}")
    pace = Pace(total, position.row, job.source.share(position), SAY_SECONDS)
    for scored, after, encoded in _score(job, position, writer.encode, count_workers(config)):
        checkpoint.add(scored, after)
        writer.add(scored, encoded)
        counts.add(scored, after.file)
        _refuse_too_many(config, counts, total)
        progress = pace.at(counts.rows, job.source.share(after))
        if report:
            report(progress)
        if pace.due():
            logger.info("%s", progress)


@contextlib.contextmanager
def _disk_errors_explained(folder: Path) -> Iterator[None]:
    """Turn an `OSError` of a full or failing disk into a `WriteError` that says what to do."""
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


def _finish(job: ScoringJob, head: str, run: str, folder: Path, counts: RowCounts) -> ScoredTable:
    """Log what was scored, with warnings, and make the result."""
    evaluation, costs = counts.tally.evaluation(), job.scorer.costs
    logger.info(
        "%s of %s rows scored with %s, %s rejected%s",
        f"{counts.predicted:,}",
        f"{counts.rows:,}",
        job.ref.version,
        f"{counts.rejected:,}",
        f"; accuracy {evaluation.accuracy:.4f} on {counts.tally.rows:,} rows with a class" if evaluation else "",
    )
    if counts.rejected:
        logger.warning("rejected: %s", counts.describe_reasons())
    names = [feature.name for feature in job.scorer.features] if counts.predicted else []
    gaps = find_gaps(names, job.source.files, counts.files)
    for sentence in describe_gaps({"rows": counts.rows, "missing": gaps}):
        logger.warning("%s", sentence)
    digests = job.scorer.trained
    trained = counts.trained if digests and digests.beyond_chance(*counts.trained) else None
    if trained:
        logger.warning("%s", describe_trained(*trained))
    return ScoredTable(
        head,
        run,
        job.scorer.schema,
        folder,
        counts,
        None if costs is None else counts.tally.mean_cost(costs),
        gaps,
        trained,
        job.scorer.rows_alone,
        _judge(job, counts),
    )


def _judge(job: ScoringJob, counts: RowCounts) -> Drift | None:
    """Judge how far the rows have moved from the training rows, and log it."""
    check = job.scorer.drift
    if check is None or counts.drift is None or not counts.predicted:
        return None
    drift = check.judge(counts.drift, list(counts.tally.classes), counts.tally)
    log = logger.info if drift.verdict == "stable" else logger.warning
    log("%s", one_line(describe_verdict(drift.to_dict())))
    return drift


def _score(
    job: ScoringJob,
    position: Position,
    encode: Callable[[ScoredBatch], bytes | None],
    workers: int,
) -> Iterator[tuple[ScoredBatch, Position, bytes | None]]:
    """Score from a position on, in parallel with the caller's writing.

    Yields:
        In order, each scored batch, the position of the next one, and the batch encoded as CSV or None.
    """
    if position == BEGINNING:
        yield job.first, job.after, encode(job.first)
        position = job.after
    row = position.row

    def place(batches: Iterable[tuple[int, int, ScoredBatch]]) -> Iterator[tuple[ScoredBatch, Position]]:
        nonlocal row
        for number, after, scored in batches:
            start, row = row, row + scored.n_rows
            yield scored.offset_rows(start), Position(number, after, row)

    def encode_placed(batch: tuple[ScoredBatch, Position]) -> tuple[ScoredBatch, Position, bytes | None]:
        return (*batch, encode(batch[0]))

    chunks = job.source.chunks(job.scorer.wanted, job.scorer.numbers, position)
    with ThreadPoolExecutor(workers, initializer=limit_openmp_threads) as pool:
        scored = map_in_order(pool, partial(score_chunk, job.scorer), chunks, workers)
        yield from map_in_order(pool, encode_placed, place(scored), workers)


def score_chunk(scorer: Scorer, chunk: tuple[int, Chunk]) -> tuple[int, int, ScoredBatch]:
    """Parse and score a chunk; returns the index of its file, the offset of the next chunk, and the scored batch.

    Args:
        scorer: the version.
        chunk: the index of its file, and the chunk.

    Raises:
        DataError: the chunk is corrupt, or a column has a type that can't be used.
    """
    return chunk[0], chunk[1].next_offset, scorer.score(chunk[1].read())


def _refuse_too_many(config: PredictionConfig, counts: RowCounts, total: int | None) -> None:
    """Fail as soon as more rows are rejected than `max_rejected` allows.

    Args:
        config: the run's config.
        counts: the counts so far.
        total: the number of rows of the table; None if it is not known yet.

    Raises:
        DataError: more rows are rejected.
    """
    limit = config.max_rejected
    if total is not None and limit is not None and counts.rejected > limit * total:
        raise DataError(
            f"{'' if counts.rows == total else 'at least '}{counts.rejected:,} of {total:,} rows are rejected "
            f"({counts.rejected / total:.1%}), more than max_rejected {limit:g} allows: "
            f"{counts.describe_reasons()}; without max_rejected the run names each of them in rejected.parquet"
        )


def _log_columns(job: ScoringJob) -> None:
    """Log how files are read, which columns are not used, and which features are missing in which files."""
    for sentence in describe_format(job.source):
        logger.info("%s", sentence)
    known = set(job.scorer.wanted)
    names = dict.fromkeys(name for file in job.source.files for name in file.schema.names if name not in known)
    if names:
        logger.info("columns that are not looked at: %s", _listed(list(names)))
    alike: dict[tuple[TableFile, ...], list[str]] = {}
    for name, without in job.missing.items():
        alike.setdefault(tuple(without), []).append(name)
    for files, absent in alike.items():
        n_files, lacking = len(job.source.files), [file.path.name for file in files]
        where = files[0].what if n_files == 1 else repr(lacking[0])
        named = list_first(lacking, SHOWN)
        detail = f"in {len(lacking):,} of {n_files:,} files: {named}; {TAKEN_AS_MISSING.replace('throughout', 'there')}"
        reason = detail if len(lacking) < n_files else TAKEN_AS_MISSING
        logger.warning("%s", missing_columns(absent, files[0].schema.names, reason, where))


def _listed(names: list[str]) -> str:
    return ", ".join(name[:80] for name in names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _task(config: PredictionConfig, job: ScoringJob) -> dict[str, Any]:
    """Return all that the result depends on; a checkpoint of another task is not resumed."""
    options = config.model_dump(mode="json", include=OPTIONS)
    rows = job.source.identity() if config.shown else "validation"
    return {
        "version": job.ref.version,
        "input": rows,
        "options": options,
        "environment": describe_environment(),
        "schema": job.scorer.schema.to_string(),
    }
