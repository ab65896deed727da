"""Promote a new version if it beats the champion."""

import logging
from dataclasses import replace
from typing import Any, cast

import numpy as np

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.errors import ChampionChangedError, IntegrityError, PromotionError, ReadError
from bakeoff.evaluation.baseline import predict_baseline
from bakeoff.evaluation.scoring import score
from bakeoff.metrics import METRICS, MetricName
from bakeoff.store.card import Card
from bakeoff.store.history import FIRST, Entry, History
from bakeoff.store.load import open_store
from bakeoff.store.model_store import ModelStore
from bakeoff.training.champion_challenger import compare_with_champion
from bakeoff.training.promotion import ALWAYS, decide
from bakeoff.training.results import PromotionDecision

TRIES = 5  # another run may change the champion during the comparison

logger = logging.getLogger(__name__)


def promote_if_better(
    config: TrainingConfig, ref: DatasetRef, version: str, by: str | None = None
) -> PromotionDecision:
    """Decide by `promotion.rule` whether a version becomes the champion, and record the decision in the journal.

    The rule `never` records nothing. While promotion is held the champion stays, whatever the rule says.

    Args:
        ref: the dataset that the version was trained on.
        version: the version that was just exported.
        by: the run, for the journal.

    Raises:
        IntegrityError: the store is damaged.
        WriteError: the journal could not be written; the champion has not changed.
        PromotionError: the champion changed during each of `TRIES` comparisons.
    """
    store = open_store(config)
    for _ in range(TRIES):
        history = store.history()
        champion = history.champion
        assert champion is not None  # the first version becomes champion on export
        if champion == version:
            return PromotionDecision("promote", FIRST, {})
        decision = replace(_decide(config, ref, champion, version), champion=champion)
        if history.hold:
            decision = decision.held(str(history.hold))
        try:
            _record(config, store, decision, champion, version, by)
        except ChampionChangedError as error:
            logger.warning("%s; deciding about %s again", error, version)
            continue
        logger.info("%s: %s", "promoted" if decision.outcome == "promote" else "the champion stays", decision.why)
        return decision
    raise PromotionError(
        f"version {version} was exported, but the champion changed {TRIES} times during the comparison; "
        "bakeoff models promote decides by hand"
    )


def _record(
    config: TrainingConfig, store: ModelStore, decision: PromotionDecision, champion: str, version: str, by: str | None
) -> None:
    if decision.outcome == "promote":
        store.promote(version, decision.why, by, instead_of=champion, figures=decision.figures)
    elif config.promotion.rule != "never":
        store.keep(champion, version, decision.why, by, figures=decision.figures)


def _decide(config: TrainingConfig, ref: DatasetRef, champion: str, version: str) -> PromotionDecision:
    if config.promotion.rule == "never":
        return PromotionDecision("keep", "promotion.rule is never", {})
    store = open_store(config)
    outclassed = _find_outclassed(store, champion, version)
    if config.promotion.rule == "always" and outclassed is None:
        return PromotionDecision("promote", ALWAYS, {})
    result = replace(
        compare_with_champion(config, ref, store, champion, version),
        outclassed=outclassed,
        **_find_looks(store.history(), champion, ref),
    )
    return decide(result, config.cross_validation.scoring, config.promotion)


def _find_looks(history: History, champion: str, ref: DatasetRef) -> dict[str, Any]:
    """Return what a `ChampionComparison` says of the looks at a champion since it became champion.

    Rows of generated batches and of bundled tables are the same or others as a whole, so their digest tells whether a
    look had new ones. Files keep most of their rows: their looks never count as looks at new rows.
    """
    earlier: list[Entry] = []
    for entry in history.entries:
        if entry["event"] in {"promote", "rollback"} and entry["version"] == champion:
            earlier = []
        elif entry["event"] == "keep" and entry["version"] == champion and "look" in entry.get("figures", {}):
            earlier.append(entry["figures"])
    seen, p_values = set[str](), list[float]()
    for figures in earlier[1:]:  # the first has a level of its own
        if figures.get("recognised_by") == "origin" and figures.get("rows_sha256") not in seen:
            p_values.append(float(figures["look_p_value"]))
        seen.add(figures.get("rows_sha256", ""))
    new = ref.origin.has_fixed_positions and ref.sha256 not in {figures.get("rows_sha256") for figures in earlier}
    return {"look": len(earlier) + 1, "new_looks": tuple(p_values) if new else None, "rows_sha256": ref.sha256}


def _find_outclassed(store: ModelStore, champion: str, version: str) -> str | None:
    """Return why the champion stays if it beats the baseline and the new version doesn't, else None."""
    baseline = store.card(version).baseline
    if baseline is None or baseline.warning is None:
        return None
    try:
        card = store.card(champion)
    except (IntegrityError, ReadError):  # the comparison says so, too
        return None
    if not beats_baseline(card):
        return None
    return (
        f"the new version does not beat the baseline (always answering {baseline.answer!r}), and the champion does; "
        "bakeoff models promote decides by hand"
    )


def beats_baseline(card: Card) -> bool:
    """Return whether a version's winner beats the baseline; in older cards by its interval on the test rows."""
    if card.beats_baseline is not None:
        return card.beats_baseline
    scoring = cast("MetricName", card.selection.scoring)
    interval, counts = card.winner.interval(scoring), [line.support for line in card.winner.report.values()]
    if interval is None or scoring not in METRICS:
        return False
    y = np.repeat(np.arange(len(counts)), counts)
    baseline = score(scoring, y, predict_baseline(y, len(y), len(counts), scoring), len(counts))
    return interval[0] > baseline
