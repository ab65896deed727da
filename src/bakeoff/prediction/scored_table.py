"""A table that was scored and is not yet published."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from bakeoff.drift.results import Drift
from bakeoff.drift.text import describe_verdict
from bakeoff.formatting import one_line
from bakeoff.prediction.missing_columns import describe_gaps, find_gaps
from bakeoff.prediction.outputs.writers import RowCounts, describe_trained
from bakeoff.prediction.preflight import ScoringJob

KNOWN = 0.05  # share of training rows from which on they may move confidence by 0.05 standard deviations: `watch`

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScoredTable:
    """A scored table, not yet published.

    Attributes:
        head: the head of the journal when scoring began; if it was resumed, when the first run began.
        run: the id of the run.
        first_run: the id of the run that began to score; another one if that was resumed.
        schema: the schema of the predictions.
        folder: the folder with the predictions, and rejected.parquet if rows were rejected.
        counts: the counts of predicted and rejected rows, with the evaluation.
        mean_cost: the mean cost of a row with a known class; None if the version doesn't decide by costs.
        missing: the result of `find_gaps`.
        trained: the number of rows that were looked up among the training rows, and the number found; None if chance
            explains these.
        rows_alone: whether rows are independent; False if the split was by group, such as by customer.
        drift: how far the rows have moved from the training rows; None if the version has no profile, or no row could
            be scored.
    """

    head: str
    run: str
    first_run: str
    schema: pa.Schema
    folder: Path
    counts: RowCounts
    mean_cost: float | None
    missing: Mapping[str, Any] = field(default_factory=dict)
    trained: tuple[int, int] | None = None
    rows_alone: bool = True
    drift: Drift | None = None


def finish_table(job: ScoringJob, head: str, runs: tuple[str, str], folder: Path, counts: RowCounts) -> ScoredTable:
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
        logger.warning("%s", describe_trained(*trained, evaluated=evaluation is not None))
    return ScoredTable(
        head,
        *runs,
        job.scorer.schema,
        folder,
        counts,
        None if costs is None else counts.tally.mean_cost(costs),
        gaps,
        trained,
        job.scorer.rows_alone,
        _judge(job, counts, trained_on=trained is not None and trained[1] >= KNOWN * trained[0]),
    )


def _judge(job: ScoringJob, counts: RowCounts, *, trained_on: bool) -> Drift | None:
    """Judge how far the rows have moved from the training rows, and log it."""
    check = job.scorer.drift
    if check is None or counts.drift is None or not counts.predicted:
        return None
    drift = check.judge(counts.drift, list(counts.tally.classes), counts.tally, trained_on=trained_on)
    log = logger.info if drift.verdict == "stable" else logger.warning
    log("%s", one_line(describe_verdict(drift.to_dict())))
    return drift
