"""Small races and stores that the tests share."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import fsspec
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV

from bakeoff.config import (
    PredictionConfig,
    PromotionConfig,
    SigningConfig,
    TrainingConfig,
)
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.prediction.drift_check import require_undrifted
from bakeoff.prediction.outputs.output_folder import output_folder, work_folder
from bakeoff.prediction.predict import score_table
from bakeoff.prediction.preflight import check_prediction
from bakeoff.prediction.publish import publish_predictions, require_predictions
from bakeoff.report.prediction_report import draw_predictions, render_predictions
from bakeoff.store.key_files import find_keys, generate_keys
from bakeoff.store.keys import Keys
from bakeoff.store.load import find_version
from bakeoff.store.model_store import ModelStore
from bakeoff.training.calibrate import calibrate_classifier
from bakeoff.training.cross_validate import score_fold
from bakeoff.training.evaluate import evaluate_classifier
from bakeoff.training.export import export_version
from bakeoff.training.fit import fit_classifier
from bakeoff.training.leaderboard import Scorecard, score_contestant
from bakeoff.training.pick import pick_winner
from bakeoff.training.promote import promote_if_better
from bakeoff.training.results import CalibratedModel

ORDERS = {
    "source": "file",
    "path": "examples/orders.csv",
    "target": "outcome",
    "ignore": ["order_id", "ordered_on"],
}


@dataclass(frozen=True)
class Race:
    """A race that was run, to be exported as often as a test likes."""

    config: TrainingConfig
    ref: DatasetRef
    scorecards: list[Scorecard]
    models: dict[str, CalibratedModel]
    workspace: Path

    def export(self, root: Path, by: str | None = None, **signing: Path) -> Path:
        """Export the winner to the store in `root`; returns the version's folder."""
        selection = pick_winner(self.config, self.ref, self.scorecards)
        config = self.config.model_copy(update={"store": root, "signing": SigningConfig(**signing)})
        return export_version(
            config, self.ref, self.scorecards, selection, self.models[selection.winner], self.workspace, by
        )


def calibrated_by_scikit_learn(contestant: Contestant, features, method: str):
    """The contestant's Pipeline with scikit-learn's own calibration around the classifier."""
    pipeline = build_pipeline(contestant, features)
    pipeline.steps[-1] = ("classifier", CalibratedClassifierCV(pipeline[-1], method=method, ensemble=False))
    return pipeline


def run_race(workspace: Path, **config) -> Race:
    """The training flow's steps up to the export, in plain calls; small unless told otherwise."""
    small = {"dataset": {"n_samples": 200}, "classifiers": {"logistic_regression": {}}}
    config = TrainingConfig.model_validate(small | config)
    ref = prepare_dataset(config, workspace / "data")
    config = config.with_folds(ref.folds)
    cards, models = [], {}
    for name in config.classifiers:
        contestant = Contestant.of(config, name, ProblemSize.of(ref))
        folds = [
            score_fold(ref, contestant, config.cross_validation, fold, workspace / "answers")
            for fold in range(1, config.cross_validation.n_splits + 1)
        ]
        fitted = fit_classifier(ref, contestant, workspace / "models")
        models[name] = calibrate_classifier(ref, contestant, config, fitted, folds, workspace / "models")
        test = evaluate_classifier(ref, contestant, models[name], config.selection.resamples, workspace)
        cards.append(score_contestant(contestant, folds, models[name], test, None))
    return Race(config, ref, cards, models, workspace)


def export_and_meet(race, root, keys=(None, None), **promotion):
    """Export, and meet the champion; returns the version and the decision."""
    version = race.export(root, "flow run 8", **dict(zip(("private_key", "public_key"), keys)))
    update = {"store": root, "promotion": PromotionConfig(**promotion)}
    if keys[0]:
        update["signing"] = race.config.signing.model_copy(update={"private_key": keys[0], "public_key": keys[1]})
    config = race.config.model_copy(update=update)
    return version.name, promote_if_better(config, race.ref, version.name, "flow run 8")


def render_report(scored, summary) -> str:
    """As the task does."""
    return render_predictions(summary, scored, draw_predictions(scored))


def predict(config=None, elsewhere=None, run="", **values) -> Path:
    """The prediction flow's steps in plain calls; returns the folder. `elsewhere` and `run` are `score_table`'s."""
    config = config or PredictionConfig(**values)
    check_prediction(config)
    output = output_folder(config)
    with work_folder(config, output) as folder:
        ref = find_version(config)
        scored = score_table(config, ref, folder, run=run, elsewhere=elsewhere)
        render = partial(render_report, scored)
        published = publish_predictions(config, ref, scored, output, render, may_be_tried_again=bool(run))
    require_predictions(config, scored, published)
    require_undrifted(config, scored.drift.to_dict() if scored.drift else None, published)
    return published


@pytest.fixture(scope="session")
def race(tmp_path_factory) -> Race:
    """A small race."""
    return run_race(tmp_path_factory.mktemp("race"))


@pytest.fixture(scope="session")
def noise(tmp_path_factory) -> Race:
    """A race on random labels, 95 % of them `No`."""
    folder, generator = tmp_path_factory.mktemp("noise"), np.random.default_rng(0)
    lines = [f"{x:.3f},{'Yes' if i % 20 == 0 else 'No'}" for i, x in enumerate(generator.normal(size=400))]
    (folder / "rows.csv").write_text("\n".join(["x,answer", *lines]))
    dataset = {"source": "file", "path": str(folder / "rows.csv"), "target": "answer"}
    classifiers = {"logistic_regression": {}, "random_forest": {"n_estimators": 5}}
    return run_race(folder, dataset=dataset, classifiers=classifiers)


@pytest.fixture
def root(tmp_path) -> Path:
    """Where a test's stores lie."""
    return tmp_path / "models"


@pytest.fixture(scope="module")
def orders(tmp_path_factory) -> Path:
    """A store with one model of the mixed-type example."""
    folder = tmp_path_factory.mktemp("orders")
    run_race(folder / "work", dataset=ORDERS).export(folder / "models")
    return folder / "models"


@pytest.fixture
def memory():
    """fsspec's file system in memory, empty again afterwards."""
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.fixture(scope="session")
def exported(race, tmp_path_factory) -> dict[int, Path]:
    """By the number of versions in it a store to be copied; the first version of each was made by flow run 7."""
    folders = {count: tmp_path_factory.mktemp("exported") / "models" for count in (1, 3)}
    for count, folder in folders.items():
        for by in ("flow run 7", None, None)[:count]:
            race.export(folder, by)
    return folders


@pytest.fixture
def version(exported, root) -> Path:
    """One exported version."""
    shutil.copytree(exported[1], root)
    (name,) = ModelStore(root, "classifier").versions()
    return root / "classifier" / name


@pytest.fixture
def store(exported, root) -> ModelStore:
    """A store of three versions, of which the first is champion."""
    shutil.copytree(exported[3], root)
    return ModelStore(root, "classifier")


@pytest.fixture(scope="session")
def key_files(tmp_path_factory) -> tuple[Path, Path]:
    """A private key's file and the public key's."""
    return generate_keys(tmp_path_factory.mktemp("keys"))[:2]


@pytest.fixture(scope="session")
def keys(key_files) -> Keys:
    """A pair of keys."""
    return find_keys(*key_files)


def trusting(keys: Keys) -> Keys:
    """What a reader has: the public key alone."""
    return Keys(None, keys.public)


def signed(store: ModelStore, keys: Keys) -> ModelStore:
    """The same store, opened with keys."""
    return ModelStore(store.folder.parent, store.name, keys)
