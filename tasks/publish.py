"""Move the predictions into place, and show their summary on Prefect's pages."""

from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from bakeoff.config import PredictionConfig
from bakeoff.drift.results import Drift
from bakeoff.prediction.predict import ScoredTable
from bakeoff.prediction.publish import publish_predictions
from bakeoff.report.prediction_report import draw_predictions, render_predictions
from bakeoff.report.prediction_summary import render_summary
from bakeoff.report.svg import Picture
from bakeoff.store.load import VersionRef
from tasks.runs.artifact_keys import artifact_key
from tasks.runs.outage import giving_up_soon, or_warn
from tasks.runs.states import failed_state_on_error


@task(name="publish", task_run_name="publish the predictions", cache_policy=NO_CACHE)
@failed_state_on_error
def publish(config: PredictionConfig, ref: VersionRef, scored: ScoredTable, output: Path) -> Path:
    """Publish the folder, show its summary as a keyed artifact, and send the event; returns the folder."""
    pictures: dict[str, Picture] = {}

    def render(summary: dict[str, Any]) -> str:
        pictures.update(draw_predictions(scored))
        return render_predictions(summary, scored, pictures)

    folder = publish_predictions(config, ref, scored, output, render)
    if scored.drift:
        with or_warn("the event bakeoff.drift could not be sent"):
            emit_drift(ref, scored.drift)
    with or_warn("the summary could not be shown"), giving_up_soon():
        markdown = render_summary(folder, pictures)
        create_markdown_artifact(markdown, key=artifact_key("prediction-summary", ref.name), description=ref.version)
    return folder


def emit_drift(ref: VersionRef, drift: Drift) -> None:
    """Send the event `bakeoff.drift`, with any verdict; an automation can match the resource's labels.

    Args:
        ref: the version.
        drift: how far the rows have moved.
    """
    moved = drift.moved
    emit_event(
        "bakeoff.drift",
        {
            "prefect.resource.id": f"bakeoff.model.{ref.name}",
            "prefect.resource.name": ref.name,
            "bakeoff.verdict": drift.verdict,
            "bakeoff.version": ref.version,
        },
        payload={
            "verdict": drift.verdict,
            "model": ref.name,
            "version": ref.version,
            "rows": drift.rows,
            "columns": list(moved),
            "sizes": {name: column.size for name, column in moved.items()},
            "prediction": drift.classes.size,
            "estimated_accuracy": drift.estimated_accuracy["value"],
        },
    )
