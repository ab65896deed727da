"""A version's report with its pictures: drawn while the version is exported, or again from what is sealed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.canvas import Picture
from bakeoff.card import describe_race, read_outcomes
from bakeoff.charts import draw_all
from bakeoff.config import TrainingConfig
from bakeoff.deep_page import render_deep
from bakeoff.document import render_report
from bakeoff.handover import DatasetRef, Selection
from bakeoff.leaderboard import Scorecard, rank
from bakeoff.loading import load_model
from bakeoff.opening import open_store
from bakeoff.outcomes import EVALUATION
from bakeoff.store import ModelStore


def draw_pictures(
    config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard], selection: Selection, share: slice
) -> dict[str, Picture]:
    """Draw what the report of the version shows that is being exported.

    Args:
        share: which of the pictures, since several processes may draw.

    Returns:
        the pictures by name.
    """
    ranked = rank(scorecards, config.selection.order)
    return draw_all(describe_race(config, ref, ranked, selection), read_outcomes(ranked), share)


def write_report(config: TrainingConfig, ref: DatasetRef, version: str, pictures: Mapping[str, Picture]) -> None:
    """Put pictures into a version's report, and what a deep one tells where the config asks for it.

    Args:
        ref: the rows that the version was made of.
        pictures: by name.
    """
    store = open_store(config)
    deep = None
    if config.report == "deep":
        from bakeoff.deep import measure

        deep = measure(config, ref, load_model(store, version), store.card(version)["classifier"])
    store.write_report(version, _render(store, version, pictures, deep))


def rewrite_report(store: ModelStore, version: str, workspace: Path | None = None) -> Path:
    """Write a version's report again, from what is sealed.

    Args:
        workspace: where rows are written meanwhile if the report is to be a deep one; None for one that is not.

    Raises:
        DataError: a deep report's rows are not those that the version was made of any more.
        IntegrityError: naming what differs from what was sealed.
        WriteError: the disk refused; the report is as it was.
    """
    history = store.history()
    card = store.card(version, history)
    deep = None
    if workspace:
        from bakeoff.deep import look_deeper

        deep = look_deeper(store, version, workspace)
    return store.write_report(version, _render(store, version, draw_all(card, _read(store, card)), deep))


def _render(
    store: ModelStore, version: str, pictures: Mapping[str, Picture], deep: dict[str, Any] | None = None
) -> str:
    card = store.card(version)
    return render_report(card, _read(store, card), pictures, *(render_deep(deep) if deep else []))


def _read(store: ModelStore, card: dict[str, Any]) -> dict[str, Any]:
    """What the contestants made of the test rows; nothing of an older version."""
    if EVALUATION not in card["files"]:
        return {}
    found: dict[str, Any] = json.loads(store.read(card["version"], EVALUATION))
    return found
