"""Inspect a model for a deep report: permutation importance and learning curve."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from pydantic import ValidationError

from bakeoff.config import SearchConfig, TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_folds, read_part
from bakeoff.data.prepare import prepare_dataset
from bakeoff.errors import DataError, StoreError
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.pipeline import fit_for_scoring
from bakeoff.estimators.slices.counted import predict_race_svm
from bakeoff.evaluation.predictions import score_model
from bakeoff.evaluation.results import Importance
from bakeoff.metrics import MetricName
from bakeoff.report.inspection.importance import permutation_importance
from bakeoff.runtime.files import require_writable
from bakeoff.runtime.paths import refuse_mixed
from bakeoff.runtime.threads import cpu_count
from bakeoff.runtime.workspace import DEEP, locked_folder
from bakeoff.store.card import Card
from bakeoff.store.load import load_model
from bakeoff.store.model_store import ModelStore

REPEATS = 10  # shuffles of each column
MOST_ROWS = 5_000  # test rows at most
MOST_COLUMNS = 200  # columns that are shuffled; each takes as many predictions, of all columns, as there are repeats
SHARES = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0)  # of a fold's training rows


def inspect_version(store: ModelStore, version: str, workspace: Path) -> dict[str, Any]:
    """Compute permutation importance and learning curve of a version from the rows that its config names.

    Args:
        store: the version's store.
        version: the version's id.
        workspace: a folder for the rows while the function runs.

    Raises:
        DataError: the rows are no longer those that the version was trained on.
        StoreError: its config is of another version of Bakeoff.
    """
    card = store.card(version)
    try:
        config = TrainingConfig.model_validate(card.config)
    except ValidationError as error:
        raise StoreError(f"version {version} was made by another Bakeoff, whose config this one can't read") from error
    refuse_mixed(store.root, workspace, config.dataset.path)
    require_writable(workspace, "the workspace")
    workspace.mkdir(parents=True, exist_ok=True)
    with locked_folder(DEEP, workspace) as folder:
        ref = prepare_dataset(config, folder)
        if ref.sha256 != card.data_sha256:
            where = config.dataset.shown or config.dataset.bundled or "the generator"
            raise DataError(
                f"version {version} was made of other rows than {where} gives now (SHA-256 {ref.sha256[:12]}…, not "
                f"{card.data_sha256[:12]}…); put them back, or leave --deep out"
            )
        return inspect_model(config, ref, load_model(store, version), card)


def inspect_model(config: TrainingConfig, ref: DatasetRef, model: Any, card: Card) -> dict[str, Any]:
    """Compute permutation importance and learning curve.

    Args:
        config: the run's config.
        ref: the dataset.
        model: the winner's fitted Pipeline.
        card: the version's card.
    """
    scoring = config.cross_validation.scoring
    importance = feature_importance(ref, model, scoring)
    curve = learning_curve(_without_search(config, card), ref, card.classifier)
    return {"importance": importance, "learning_curve": curve}


def _without_search(config: TrainingConfig, card: Card) -> TrainingConfig:
    """Return the config with the parameters that the winner's search has chosen."""
    chosen = card.winner.search.chosen if card.winner.search else {}
    classifiers = {card.classifier: {**config.classifiers[card.classifier], **chosen}}
    return config.model_copy(update={"classifiers": classifiers, "search": SearchConfig()})


def feature_importance(ref: DatasetRef, model: Any, scoring: MetricName) -> Importance | None:
    """Measure permutation importance on more rows and shuffles than a race does by itself.

    Of a wide table only the columns with the most mutual information with the class, each by itself in the training
    rows, are shuffled.
    """
    names = _most_telling(ref) if len(ref.features) > MOST_COLUMNS else None
    return permutation_importance(ref, model, scoring, MOST_ROWS, REPEATS, names)


def _most_telling(ref: DatasetRef) -> list[str]:
    """Return the columns with the most mutual information with the class, in the table's order."""
    from sklearn.feature_selection import mutual_info_classif

    X, y = read_part(ref, "train")
    drawn = np.sort(np.random.default_rng(0).permutation(len(X))[:MOST_ROWS])
    discrete = [feature.kind != "number" for feature in ref.features]
    codes = {
        feature.name: pd.factorize(X[feature.name])[0] if apart else X[feature.name].fillna(X[feature.name].median())
        for feature, apart in zip(ref.features, discrete)
    }
    values = np.column_stack([np.asarray(column, dtype=float)[drawn] for column in codes.values()])
    told = mutual_info_classif(np.nan_to_num(values), y[drawn], discrete_features=np.array(discrete), random_state=0)
    return [ref.features[i].name for i in np.sort(np.argsort(-told, kind="stable")[:MOST_COLUMNS])]


def learning_curve(config: TrainingConfig, ref: DatasetRef, name: str) -> dict[str, Any]:
    """Compute the cross-validated score by the number of training rows.

    Returns:
        `rows`, shape (n_sizes,), and `scores`, shape (n_sizes, n_folds over all repeats), None if a fold lacks a class.
    """
    svm_seconds = predict_race_svm(ref, config) if name == "svm" else None
    contestant = Contestant.of(config, name, ProblemSize.of(ref), svm_seconds)
    folds = read_folds(ref, config.cross_validation)
    # In threads: with joblib's processes within a step's process this took minutes, and left semaphores behind.
    scores = joblib.Parallel(n_jobs=cpu_count(), prefer="threads")(
        joblib.delayed(_score_share)(ref, contestant, fit_rows, score_rows, share, number)
        for share in SHARES
        for number, (fit_rows, score_rows) in enumerate(folds)
    )
    rows = [round(share * float(np.mean([len(fit_rows) for fit_rows, _ in folds]))) for share in SHARES]
    by_size = np.reshape(scores, (len(SHARES), len(folds))).tolist()
    return {"folds": config.cross_validation.folds, "rows": rows, "scores": by_size}


def _score_share(
    ref: DatasetRef, contestant: Contestant, fit_rows: np.ndarray, score_rows: np.ndarray, share: float, number: int
) -> float | None:
    """Fit on a share of a fold's training rows and score; None if the share lacks what a fit needs."""
    X, y = read_part(ref, "train")
    sample = np.random.default_rng(number).permutation(fit_rows)[: max(2, round(share * len(fit_rows)))]
    try:
        pipeline = fit_for_scoring(contestant, ref.features, X.iloc[sample], y[sample])
    except ValueError:
        return None
    return score_model(pipeline, X.iloc[score_rows], y[score_rows], ref.classes, contestant.scoring)
