"""Export the winner as a new version of the store, and show it on Prefect's pages."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from bakeoff.classifiers import title
from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.report.card_tables import contestant_rows
from bakeoff.report.card_text import warn_of_baseline
from bakeoff.report.table_formats import markdown_text
from bakeoff.report.version_markdown import class_rows, render_markdown
from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.processes import run_in_process
from bakeoff.store.load import open_store
from bakeoff.training.leaderboard import Scorecard
from bakeoff.training.results import ModelRef, Selection
from tasks.runs.artifact_keys import artifact_key
from tasks.runs.outage import giving_up_soon
from tasks.runs.states import failed_state_on_error
from tasks.runs.steps import step
from tasks.runs.ui_link import link_page


@step("bakeoff.training.export:export_version", name="export", run_name="export {selection.winner}")
def export(
    config: TrainingConfig,
    ref: DatasetRef,
    scorecards: Sequence[Scorecard],
    selection: Selection,
    model: ModelRef,
    workspace: Path,
    by: str | None = None,
) -> Path | Address:
    """Return the folder or address of the new version."""


@task(name="show", task_run_name="show the version", cache_policy=NO_CACHE)
@failed_state_on_error
def show(config: TrainingConfig, ref: DatasetRef, version: str) -> None:
    """Publish the version's leaderboard, its winner's classification report and its card as keyed artifacts.

    If the config asks for a deep report, that is written first.
    """
    if config.report == "deep":
        run_in_process("bakeoff.report.write_report:add_inspection", config, ref, version)
    drawn = run_in_process("bakeoff.report.write_report:draw_version", config, version)
    store = open_store(config)
    history = store.history()
    card = store.card(version, history)
    winner = title(card.classifier)
    with giving_up_soon():
        create_table_artifact(
            contestant_rows(card),
            key=artifact_key("leaderboard", config.name),
            description=markdown_text(" ".join([*warn_of_baseline(card), f"{card.version}: {card.selection.why}"])),
        )
        create_table_artifact(
            class_rows(card.winner.report),
            key=artifact_key("classification-report", config.name),
            description=markdown_text(f"{card.version}: {winner} on {card.rows.test:,} test rows"),
        )
        markdown = render_markdown(card, str(store.folder / version), history.describe_decision(version), drawn)
        create_markdown_artifact(
            f"{markdown}\n\n{link_page(store.root, store.name, version)}",
            key=artifact_key("model-card", config.name),
            description=card.version,
        )
