"""Score a table with a saved version, batch by batch; invalid rows are rejected with a reason."""

import contextlib
import errno
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.config import PredictionConfig
from bakeoff.errors import DataError, WriteError
from bakeoff.evaluation.streaming import StreamingEvaluation
from bakeoff.formatting import list_first
from bakeoff.prediction.checkpoint import Checkpoint
from bakeoff.prediction.missing_columns import SHOWN
from bakeoff.prediction.outputs.object_output import refuse_claimed
from bakeoff.prediction.outputs.writers import PredictionWriter, RowCounts
from bakeoff.prediction.preflight import (
    TAKEN_AS_MISSING,
    ScoringJob,
    count_workers,
    forget_job,
    prepare_job,
)
from bakeoff.prediction.score_batches import ScoreChunks, score_batches
from bakeoff.prediction.scored_table import ScoredTable, finish_table
from bakeoff.runtime.environment import describe_environment
from bakeoff.runtime.objects.address import object_address
from bakeoff.runtime.progress import Pace, Report
from bakeoff.runtime.threads import cpu_count
from bakeoff.store.load import VersionRef
from bakeoff.store.writers.folder_writer import FULL
from bakeoff.tables.batches import BEGINNING, TableFile
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


def score_table(
    config: PredictionConfig,
    ref: VersionRef,
    folder: Path,
    report: Report | None = None,
    run: str = "",
    elsewhere: ScoreChunks | None = None,
) -> ScoredTable:
    """Score the table, resuming after the last batch that an earlier run of the same task finished.

    Args:
        config: the run's config.
        ref: the version.
        folder: the work folder, locked.
        report: called with the progress after every batch.
        run: the run's id.
        elsewhere: scores chunks in other processes; None to score them here.

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
        head, first_run = json.loads(checkpoint.resume_or_start(task, json.dumps([ref.head, run])))
        if (address := object_address(config.output)) is not None:
            refuse_claimed(address, first_run)
        with PredictionWriter(checkpoint.result, config.format, job.scorer.schema) as writer:
            _score_rest(config, job, checkpoint, writer, counts, report, elsewhere)
    _refuse_too_many(config, counts, counts.rows)
    if _task(config, job) != task:
        raise DataError(f"{config.shown!r} has changed while it was read; score it again when it is complete")
    return finish_table(job, head, (run, first_run), checkpoint.result, counts)


def _score_rest(
    config: PredictionConfig,
    job: ScoringJob,
    checkpoint: Checkpoint,
    writer: PredictionWriter,
    counts: RowCounts,
    report: Report | None,
    elsewhere: ScoreChunks | None,
) -> None:
    """Write the finished batches of the checkpoint to the result, then score and write the rest."""
    position, total = BEGINNING, job.source.n_rows
    for scored, after in checkpoint.finished_batches(list(counts.tally.classes), job.scorer.schema):
        writer.add(scored, writer.encode(scored))
        counts.add(scored, after.file)
        position = after
    if position.row:
        logger.info("%s rows were scored by a run that ended early; continuing after them", f"{position.row:,}")
    workers = cpu_count() if elsewhere else count_workers(config)
    pace = Pace(total, position.row, job.source.share(position), SAY_SECONDS)
    for scored, after, encoded in score_batches(job, position, writer.encode, workers, elsewhere):
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
