"""Move the predictions into place, and show what came of them on Prefect's pages."""

import logging
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from bakeoff.config import PredictionConfig
from bakeoff.prediction import Scored, VersionRef, publish_predictions
from bakeoff.report import render_summary
from tasks.outcome import describe, stated

logger = logging.getLogger("bakeoff.publish")


def publish_and_show(config: PredictionConfig, ref: VersionRef, scored: Scored, output: Path) -> Path:
    """Publish the folder and its summary as a keyed artifact."""
    folder = publish_predictions(config, ref, scored, output)
    try:
        create_markdown_artifact(render_summary(folder), key="prediction-summary", description=ref.version)
    except Exception as error:  # the predictions stand, shown or not
        logger.warning("the summary could not be shown: %s", describe(error))
    return folder


publish = task(name="publish", task_run_name="publish the predictions", cache_policy=NO_CACHE)(stated(publish_and_show))
