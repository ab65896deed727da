"""A version's report and pictures again, from what is sealed; and deep ones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.errors import IntegrityError, describe
from bakeoff.evaluation.curves import EVALUATION
from bakeoff.report.charts import draw_all
from bakeoff.report.inspection_section import render_deep
from bakeoff.report.svg import Picture
from bakeoff.report.version_report import render_report
from bakeoff.runtime.untrusted_json import parse_json
from bakeoff.store.card import Card
from bakeoff.store.load import load_model, open_store
from bakeoff.store.model_store import ModelStore


def draw_version(config: TrainingConfig, version: str) -> dict[str, Picture]:
    """The pictures of a version's report, by name.

    Raises:
        IntegrityError: naming what differs from what was sealed.
    """
    store = open_store(config)
    card = store.card(version)
    outcomes = _read(store, card)
    with _refusing(version):
        return draw_all(card, outcomes)


def add_inspection(config: TrainingConfig, ref: DatasetRef, version: str) -> None:
    """Write a version's report anew, as a deep one.

    Args:
        ref: the rows that the version was made of.
    """
    from bakeoff.report.inspection import inspect_model

    store = open_store(config)
    found = inspect_model(config, ref, load_model(store, version), store.card(version).classifier)
    store.write_report(version, _render(store, version, found))


def rewrite_report(store: ModelStore, version: str, workspace: Path | None = None) -> Path:
    """Write a version's report again.

    Args:
        workspace: where rows are written meanwhile if the report is to be a deep one; None for one that is not.

    Raises:
        DataError: a deep report's rows are not those that the version was made of any more.
        IntegrityError: naming what differs from what was sealed.
        WriteError: the disk refused; the report is as it was.
    """
    deep = None
    if workspace:
        from bakeoff.report.inspection import inspect_version

        deep = inspect_version(store, version, workspace)
    return store.write_report(version, _render(store, version, deep))


def _render(store: ModelStore, version: str, deep: Mapping[str, Any] | None) -> str:
    card = store.card(version)
    outcomes = _read(store, card)
    with _refusing(version):
        return render_report(card, outcomes, draw_all(card, outcomes), *(render_deep(deep) if deep else []))


@contextmanager
def _refusing(version: str) -> Iterator[None]:
    """Have an error tell that somebody who sealed the version made its figures such that nothing can be drawn."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise IntegrityError(f"version {version} can't be drawn from its {EVALUATION}: {describe(error)}") from error


def _read(store: ModelStore, card: Card) -> dict[str, Any]:
    """What the contestants made of the test rows; nothing of an older version."""
    if EVALUATION not in card.files:
        return {}
    with _refusing(card.version):
        found: dict[str, Any] = parse_json(store.read(card.version, EVALUATION))
        return found
