"""The steps of the prediction flow without Prefect."""

import uuid
from functools import partial
from pathlib import Path
from typing import Any

from bakeoff.config import PredictionConfig
from bakeoff.errors import ConfigError
from bakeoff.prediction.drift_check import require_undrifted
from bakeoff.prediction.outputs.output_folder import output_folder, work_folder
from bakeoff.prediction.predict import score_table
from bakeoff.prediction.preflight import check_prediction
from bakeoff.prediction.publish import publish_predictions, require_predictions
from bakeoff.prediction.scored_table import ScoredTable
from bakeoff.report.prediction_report import draw_predictions, render_predictions
from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.threads import limit_blas_threads, limit_openmp_threads
from bakeoff.store.load import find_version

DASK = "runner: dask needs Prefect: run it by python -m flows.prediction, or as a deployment"


def score_and_publish(config: PredictionConfig) -> Path | Address:
    """Score a table with a saved version, and publish the predictions; returns their folder.

    Raises:
        UserError: the config or the table is wrong; nothing was written.
        UnscoredError: no row could be scored; the folder names each with the reason.
        DriftError: the rows have drifted more than `max_drift` allows.
    """
    if config.runner == "dask":
        raise ConfigError(DASK)
    config = config.at(None)
    check_prediction(config)
    output = output_folder(config)
    limit_openmp_threads()
    with work_folder(config, output) as work, limit_blas_threads():
        version = find_version(config)
        scored = score_table(config, version, work, run=str(uuid.uuid4()))
        folder = publish_predictions(config, version, scored, output, partial(_render, scored))
    require_predictions(config, scored, folder)
    require_undrifted(config, scored.drift.to_dict() if scored.drift else None, folder)
    return folder


def _render(scored: ScoredTable, summary: dict[str, Any]) -> str:
    return render_predictions(summary, scored, draw_predictions(scored))
