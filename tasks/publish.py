"""Move the predictions into place, and show their summary on Prefect's pages."""

from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from bakeoff.config import PredictionConfig
from bakeoff.prediction.publish import publish_predictions
from bakeoff.prediction.scored_table import ScoredTable
from bakeoff.report.prediction_report import draw_predictions, render_predictions
from bakeoff.report.prediction_summary import render_summary
from bakeoff.report.svg import Picture
from bakeoff.runtime.objects.address import Address
from bakeoff.store.load import VersionRef
from tasks.runs.artifact_keys import artifact_key
from tasks.runs.events import emit_drift
from tasks.runs.outage import giving_up_soon, or_warn
from tasks.runs.states import failed_state_on_error
from tasks.runs.ui_link import link_page


@task(name="publish", task_run_name="publish the predictions", cache_policy=NO_CACHE)
@failed_state_on_error
def publish(
    config: PredictionConfig, ref: VersionRef, scored: ScoredTable, output: Path | Address, may_be_tried_again: bool
) -> Path | Address:
    """Publish the folder, show its summary as a keyed artifact, and send the event; returns the folder."""
    pictures: dict[str, Picture] = {}

    def render(summary: dict[str, Any]) -> str:
        pictures.update(draw_predictions(scored))
        return render_predictions(summary, scored, pictures)

    folder = publish_predictions(config, ref, scored, output, render, may_be_tried_again=may_be_tried_again)
    if scored.drift:
        emit_drift(config, ref, scored.drift)
    with or_warn("the summary could not be shown"), giving_up_soon():
        markdown = render_summary(folder, pictures)
        if isinstance(folder, Path):
            page = link_page(config.store, ref.name, "predictions", folder.name, predictions=folder.parent)
            markdown += f"\n\n{page}"
        create_markdown_artifact(markdown, key=artifact_key("prediction-summary", ref.name), description=ref.version)
    return folder
