"""The card of a version: what it is, how it was chosen, and everything needed to make it again."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bakeoff.config import TrainingConfig
from bakeoff.config.unpickler.read import read_model
from bakeoff.config.yaml_file import dump_yaml
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.fresh_rows import TRAINED_ON, write_trained_on
from bakeoff.data.parts import read_part
from bakeoff.drift.profile import PROFILE
from bakeoff.estimators.own_classifiers import describe_packages
from bakeoff.evaluation.curves import EVALUATION
from bakeoff.evaluation.results import Calibration, Importance
from bakeoff.report.charts import draw_all
from bakeoff.report.inspection.importance import permutation_importance, row_seconds
from bakeoff.report.version_report import render_report
from bakeoff.runtime.environment import describe_environment
from bakeoff.runtime.objects.address import Address
from bakeoff.store.card import Card, Reliability, Rows, RowsOrigin, WinnersCalibration
from bakeoff.store.contents.contestants import Choice
from bakeoff.store.contents.frozen_sample import SAMPLE, freeze_sample
from bakeoff.store.load import open_store
from bakeoff.store.manifest import CONFIG, FORMAT
from bakeoff.tables.csv_formulas import defuse
from bakeoff.tables.read_table import read_table
from bakeoff.training.evaluate import score_training_rows, warn_of_disagreement, warn_of_overfitting
from bakeoff.training.held_out.profile import write_profile
from bakeoff.training.leaderboard import Scorecard, describe_baseline, rank
from bakeoff.training.results import ModelRef, Selection
from bakeoff.training.time_budget import plan_importance

logger = logging.getLogger(__name__)


def export_version(
    config: TrainingConfig,
    ref: DatasetRef,
    scorecards: Sequence[Scorecard],
    selection: Selection,
    model: ModelRef,
    workspace: Path,
    by: str | None = None,
) -> Path | Address:
    """Seal the winner, its hold-out rows, the leaderboard and the card as a new version of the store.

    Args:
        by: which run exports it, for the journal.

    Returns:
        the version's folder or address.

    Raises:
        StoreError: the store can't be written.
        IntegrityError: the store is not in order, so nothing may be added to it.
        WriteError: the disk refused a write; the store is as it was.
    """
    ranked = rank(scorecards, config.selection.order)
    leaderboard, sample, trained_on, evaluation, profile, settings = (
        workspace / name for name in ("leaderboard.csv", SAMPLE, TRAINED_ON, EVALUATION, PROFILE, CONFIG)
    )
    described = describe_race(config, ref, ranked, selection)
    rows = pd.DataFrame(leaderboard_rows(described))
    rows.map(lambda cell: defuse(cell) if isinstance(cell, str) else cell).to_csv(leaderboard, index=False)
    write_trained_on(ref, trained_on)
    pipeline = read_model(model.path)
    winner = next(each for each in ranked if each.classifier == selection.winner)
    write_profile(config, ref, winner, pipeline, profile)
    freeze_sample(pipeline, read_table(ref.part("validation")), list(ref.features), sample)
    outcomes = read_outcomes(ranked)
    evaluation.write_text(json.dumps(outcomes, ensure_ascii=False), encoding="utf-8")
    settings.write_text(dump_yaml(described.config), encoding="utf-8")
    files = {
        "model.joblib": model.path,
        "validation.parquet": ref.part("validation"),
        "leaderboard.csv": leaderboard,
        SAMPLE: sample,
        TRAINED_ON: trained_on,
        EVALUATION: evaluation,
        PROFILE: profile,
        CONFIG: settings,
    }
    scoring = config.cross_validation.scoring
    training = score_training_rows(ref, pipeline, scoring)
    overfitting = warn_of_overfitting(ref, winner, training.scores["accuracy"], scoring)
    disagreement = warn_of_disagreement(ranked, len(ref.classes))
    importance = measure_importance(config, ref, ranked, selection.winner, pipeline)
    warnings = [*described.warnings, *overfitting, *disagreement]
    described = replace(described, warnings=warnings, importance=importance, training=training)

    def describe(version: str, created: str) -> Card:
        return replace(described, version=version, created=created)

    def render(card: Card) -> str:
        return render_report(card, outcomes, draw_all(card, outcomes))

    store = open_store(config)
    folder = store.export(files, describe, selection.why, by, render)
    as_champion = ", as champion" if store.champion() == folder.name else ""
    logger.info("version %s exported to %s%s", folder.name, folder, as_champion)
    return folder


def measure_importance(
    config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard], winner: str, pipeline: Any
) -> Importance | None:
    """Measure the winner's permutation importance; None if that would take more than a tenth of the race.

    Args:
        config: the config of the race.
        ref: the dataset.
        scorecards: those of all contestants.
        winner: the winner.
        pipeline: its fitted Pipeline.
    """
    fits = {card.classifier: card.predicted_seconds for card in scorecards if card.status == "ok"}
    plan = plan_importance(config, ref, fits, winner, row_seconds(pipeline))
    return permutation_importance(ref, pipeline, config.cross_validation.scoring, *plan) if plan else None


def describe_race(
    config: TrainingConfig, ref: DatasetRef, scorecards: Sequence[Scorecard], selection: Selection
) -> Card:
    """The card, but for what the export adds: version, time and files.

    Args:
        scorecards: in the leaderboard's order.
    """
    scoring = config.cross_validation.scoring
    found = next(each.calibration for each in scorecards if each.classifier == selection.winner)
    y = read_part(ref, "train")[1]
    return Card(
        format=FORMAT,
        name=config.name,
        version="",
        created="",
        classifier=selection.winner,
        classifiers={each.classifier: each.describe(selection, scoring) for each in scorecards},
        baseline=describe_baseline(selection.baseline, scoring) if selection.baseline else None,
        selection=Choice(
            rule=selection.rule,
            scoring=scoring,
            test=config.selection.test,
            alpha=config.selection.alpha,
            leader=selection.leader,
            why=selection.why,
        ),
        calibration=_describe_calibration(found) if found else None,
        brier_halved=len(ref.classes) == 2,
        decision=found.decision if found else None,
        warnings=list(ref.warnings),
        tidied=list(ref.tidied),
        classes=list(ref.classes),
        class_counts={str(name): int(count) for name, count in zip(*np.unique(y, return_counts=True))},
        features=tuple(ref.features),
        target=ref.target,
        rows=Rows(**ref.rows),
        data_sha256=ref.sha256,
        split_sha256=ref.split_sha256,
        origin=RowsOrigin(**vars(ref.origin)),
        config=config.model_dump(mode="json"),
        environment=describe_environment() | describe_packages(config.classifiers),
        files={},
    )


def _describe_calibration(found: Calibration) -> WinnersCalibration:
    return WinnersCalibration(
        method=found.method,
        own_probabilities=found.own_probabilities,
        rows=found.rows,
        brier_before=found.brier_before,
        brier_after=found.brier_after,
        reliability=Reliability(before=found.reliability_before, after=found.reliability_after),
        thresholds=found.thresholds,
    )


def read_outcomes(scorecards: Sequence[Scorecard]) -> dict[str, Any]:
    """What each contestant that finished made of the test rows."""
    return {card.classifier: json.loads(card.test.outcomes.read_text("utf-8")) for card in scorecards if card.test}


def leaderboard_rows(card: Card) -> list[dict[str, Any]]:
    """One plain row for each contestant and the baseline, for a table of any kind."""
    classes = dict.fromkeys(name for scores in card.leaderboard.values() for name in scores.report or {})
    rows = []
    for contestant, scores in card.leaderboard.items():
        report, test = scores.report or {}, scores.test or {}
        low, high = scores.interval() or (None, None)
        beside, approximation = scores.to_leader, scores.approximation
        row = {
            "classifier": contestant,
            "winner": contestant == card.classifier,
            "status": scores.status,
            "cv_mean": scores.cv_mean,
            "cv_std": scores.cv_std,
            "to_leader": beside.difference if beside else None,
            "to_leader_low": beside.interval[0] if beside else None,
            "to_leader_high": beside.interval[1] if beside else None,
            "p_value": beside.p_value if beside else None,
            "p_holm": beside.p_holm if beside else None,
            "tied": beside.tied if beside else None,
            "test_accuracy": test.get("accuracy"),
            "test_accuracy_low": low,
            "test_accuracy_high": high,
            "test_balanced_accuracy": test.get("balanced_accuracy"),
            "test_precision_macro": test.get("precision_macro"),
            "test_recall_macro": test.get("recall_macro"),
            "test_f1_macro": test.get("f1_macro"),
            "test_score": test.get(card.selection.scoring),
            "test_disagreement": scores.disagreement,
            "engine": scores.engine,
            "approximation": approximation and f"nystroem, {approximation.components:,} landmarks",
            "predicted_seconds": scores.predicted_seconds,
            "fit_seconds": scores.fit_seconds,
            "predict_rows_per_second": scores.predict_rows_per_second,
            "reason": scores.reason,
        }
        for name in classes:  # a class called macro takes no other figure's place
            row.setdefault(f"test_recall_{name}", report[name].recall if name in report else None)
        rows.append(row)
    return rows
