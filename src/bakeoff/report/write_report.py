"""Write a version's report again from its sealed files, optionally as a deep report."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.errors import IntegrityError, describe
from bakeoff.evaluation.curves import EVALUATION
from bakeoff.report.accuracy_in_use import weekly_rows
from bakeoff.report.charts import draw_all
from bakeoff.report.svg import Picture
from bakeoff.report.version_report import render_report
from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.typed_json import parse_json
from bakeoff.store.card import Card
from bakeoff.store.load import load_model, open_store
from bakeoff.store.model_store import ModelStore


def draw_version(config: TrainingConfig, version: str) -> dict[str, Picture]:
    """Draw the pictures of a version's report, by name.

    Raises:
        IntegrityError: a file differs from what was sealed.
    """
    store = open_store(config)
    card = store.card(version)
    outcomes = _read(store, card)
    with _refusing(version):
        return draw_all(card, outcomes)


def add_inspection(config: TrainingConfig, ref: DatasetRef, version: str) -> None:
    """Replace a version's report by a deep one.

    Args:
        config: the run's config.
        ref: the rows that the version was trained on.
        version: the version's id.
    """
    from bakeoff.report.inspection.deep import inspect_model

    store = open_store(config)
    inspection = inspect_model(config, ref, load_model(store, version), store.card(version))
    store.write_report(version, render_version(store, version, inspection))


def rewrite_report(store: ModelStore, version: str, workspace: Path | None = None) -> Path | Address:
    """Write a version's report again.

    Args:
        store: the version's store.
        version: the version's id.
        workspace: a folder for the rows of a deep report while it is made; None for a plain report.

    Returns:
        The report's path or address.

    Raises:
        DataError: the rows for a deep report are no longer those that the version was trained on.
        IntegrityError: a file differs from what was sealed.
        WriteError: the file could not be written; the old report is unchanged.
    """
    deep = None
    if workspace:
        from bakeoff.report.inspection.deep import inspect_version

        deep = inspect_version(store, version, workspace)
    return store.write_report(version, render_version(store, version, deep))


def is_deep(store: ModelStore, version: str) -> bool:
    """Return whether a version's report has what a plain one lacks, so that writing it again would lose that.

    Raises:
        ReadError: the system refused to read it.
    """
    try:
        return b'id="would-more-rows-help"' in (store.read_report(version) or b"")
    except IntegrityError:  # it can't be shown, and is to be written again
        return False


def render_version(store: ModelStore, version: str, deep: Mapping[str, Any] | None = None) -> str:
    """Render a version's report from its sealed files.

    Args:
        store: the version's store.
        version: the version's id.
        deep: what a deep report adds.

    Raises:
        IntegrityError: a file differs from what was sealed.
    """
    history = store.history()
    card, in_use = store.card(version, history), weekly_rows(history, version)
    outcomes = _read(store, card)
    with _refusing(version):
        return render_report(card, outcomes, draw_all(card, outcomes), deep, in_use)


@contextmanager
def _refusing(version: str) -> Iterator[None]:
    """Raise an IntegrityError if sealed figures can't be drawn: whoever sealed the version made them so."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise IntegrityError(f"version {version} can't be drawn from its {EVALUATION}: {describe(error)}") from error


def _read(store: ModelStore, card: Card) -> dict[str, Any]:
    """The contestants' ranking curves on the test rows; empty for older versions."""
    if EVALUATION not in card.files:
        return {}
    with _refusing(card.version):
        outcomes: dict[str, Any] = parse_json(store.read(card.version, EVALUATION))
        return outcomes
