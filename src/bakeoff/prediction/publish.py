"""Publish the predictions: write summary and report, and move the folder into place."""

import errno
import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bakeoff.config import PredictionConfig
from bakeoff.errors import UnscoredError, UserError
from bakeoff.formatting import (
    format_count,
)
from bakeoff.prediction.checkpoint import note_run
from bakeoff.prediction.outputs.object_output import upload
from bakeoff.prediction.outputs.output_table import OutputTable
from bakeoff.prediction.scored_table import ScoredTable
from bakeoff.runtime.files import sync
from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.paths import STAMP
from bakeoff.store.load import VersionRef

REPORT = "report.html"

logger = logging.getLogger(__name__)


def publish_predictions(
    config: PredictionConfig,
    ref: VersionRef,
    scored: ScoredTable,
    output: Path | Address,
    render: Callable[[dict[str, Any]], str] | None = None,
    *,
    may_be_tried_again: bool = False,
) -> Path | Address:
    """Write summary and report to the folder of the predictions, then rename the folder to the output, or upload it.

    Args:
        config: the run's config.
        ref: the version.
        scored: the scored table.
        output: the output folder.
        render: makes the HTML report from the summary.
        may_be_tried_again: whether the summary names the run, for `published_before`.

    Returns:
        The published folder. If another run has taken the default name meanwhile, it is named by the next free second.

    Raises:
        UserError: the config names the output, and somebody else has made it meanwhile.
        WriteError: the predictions could not be written to the output table, which is unchanged, or uploaded.
    """
    counts = scored.counts
    summary: dict[str, Any] = {
        "name": ref.name,
        "version": ref.version,
        "journal": scored.head,
        "input": config.query or config.input,
        **({"output_table": config.output_table} if config.output_table else {}),
        **({"run": scored.run} if config.output_table or may_be_tried_again else {}),
        "rows": counts.rows,
        "predicted": counts.predicted,
        "rejected": counts.rejected,
    }
    if counts.rejected:
        summary["reasons"] = [
            {"column": column or None, "reason": reason, "rows": count}
            for (column, reason), count in counts.reasons.most_common()
        ]
    if scored.missing:
        summary |= {"missing_columns": list(scored.missing), "missing": dict(scored.missing)}
    if counts.flags:
        summary["warnings"] = dict(counts.flags.most_common())
    if scored.trained:
        summary["trained_on"] = dict(zip(("looked_up", "found"), scored.trained))
    if counts.predicted:
        summary["drift"] = scored.drift and scored.drift.to_dict()
    if evaluation := _evaluation(scored):
        summary["evaluation"] = evaluation
    if render is not None:
        try:
            (scored.folder / REPORT).write_text(render(summary), "utf-8")
        except Exception:  # the report only repeats the summary, so the predictions are published without it
            logger.warning("the report could not be written", exc_info=True)
    (scored.folder / "summary.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for path in (*scored.folder.iterdir(), scored.folder):
        sync(path)
    _write_table(config, ref, scored)
    return _move(config, scored, output)


def require_predictions(config: PredictionConfig, scored: ScoredTable, folder: Path | Address) -> None:
    """Fail a run in which no row could be scored, unless `max_rejected` sets the limit.

    Args:
        config: the run's config.
        scored: the scored table.
        folder: the published folder.

    Raises:
        UnscoredError: no row could be scored; the message has the reasons.
    """
    counts = scored.counts
    if config.max_rejected is None and not counts.predicted:
        raise UnscoredError(
            f"none of {format_count(counts.rows, 'row')} could be scored: {counts.describe_reasons()}; "
            f"{str(folder / 'rejected.parquet')!r} names each"
        )


def _evaluation(scored: ScoredTable) -> dict[str, Any] | None:
    """Return the summary's `evaluation`; None if no row has a class."""
    tally = scored.counts.tally
    evaluation = tally.evaluation()
    if evaluation is None:
        return None
    classes, matrix = tally.confusion_matrix()
    return {
        "rows": tally.rows,
        **({"unknown_class": tally.unknown_class_rows} if tally.unknown_class_rows else {}),
        **evaluation.metrics,
        "log_loss": tally.log_loss,
        **({} if scored.mean_cost is None else {"mean_cost": scored.mean_cost}),
        "report": {name: asdict(line) for name, line in evaluation.report.items()},
        "confusion_matrix": {"classes": classes, "rows": matrix.tolist()},
    }


def _write_table(config: PredictionConfig, ref: VersionRef, scored: ScoredTable) -> None:
    if config.output_table is not None:
        OutputTable.of(config, scored.schema).write(
            scored.folder / "predictions.parquet", note_run(scored.folder.parent, scored.run), ref.version
        )


def _move(config: PredictionConfig, scored: ScoredTable, output: Path | Address) -> Path | Address:
    """Upload the folder, or rename it to the output, or to the next free second of the default name; returns where."""
    if isinstance(output, Address):
        upload(scored.folder, output, scored.first_run)
        return output
    while True:
        try:
            scored.folder.rename(output)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            if config.output is not None:
                raise UserError(f"output {config.output!r} was made by somebody else meanwhile") from error
            stamp = datetime.strptime(output.name, STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
            output = output.with_name(f"{stamp:{STAMP}}")
        else:
            sync(output.parent)
            return output
