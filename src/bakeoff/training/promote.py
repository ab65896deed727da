"""Promote a new version if it beats the champion."""

import logging

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.errors import ChampionChangedError, PromotionError
from bakeoff.store.history import FIRST
from bakeoff.store.load import open_store
from bakeoff.store.model_store import ModelStore
from bakeoff.training.champion_challenger import compare_with_champion
from bakeoff.training.promotion import PromotionDecision, decide

TRIES = 5  # another run may change the champion during the comparison

logger = logging.getLogger(__name__)


def promote_if_better(
    config: TrainingConfig, ref: DatasetRef, version: str, by: str | None = None
) -> PromotionDecision:
    """Decide by `promotion.rule` whether a version becomes the champion, and record the decision in the journal.

    The rule `never` records nothing.

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
        champion = store.champion()
        assert champion is not None  # the first version becomes champion on export
        if champion == version:
            return PromotionDecision("promote", FIRST, {})
        decision = _decide(config, ref, champion, version)
        try:
            _record(config, store, decision, champion, version, by)
        except ChampionChangedError as error:
            logger.warning("%s; comparing %s with the new one", error, version)
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
    if config.promotion.rule == "always":
        return PromotionDecision("promote", "promotion.rule is always", {})
    if config.promotion.rule == "never":
        return PromotionDecision("keep", "promotion.rule is never", {})
    store = open_store(config)
    return decide(
        compare_with_champion(config, ref, store, champion, version), config.cross_validation.scoring, config.promotion
    )
