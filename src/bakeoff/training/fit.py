"""Fit a contestant on all training rows."""

import logging
import time
from dataclasses import asdict
from pathlib import Path

from bakeoff.classifiers import CLASS, title
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_part
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.engines import Engine
from bakeoff.estimators.own_classifiers import describe_packages
from bakeoff.estimators.pipeline import build_pipeline, fit_pipeline
from bakeoff.estimators.search import search_parameters
from bakeoff.estimators.slices.counted import predict_exact_svm
from bakeoff.formatting import format_parameters
from bakeoff.runtime.step_cache import cached_step
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.dump_model import dump_model
from bakeoff.training.results import ModelRef

logger = logging.getLogger(__name__)


def fit_classifier(ref: DatasetRef, contestant: Contestant, folder: Path) -> ModelRef:
    """Fit the contestant's Pipeline on the training rows and write it to `folder`.

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows.
    """
    X, y = read_part(ref, "train")
    # Where the race depends on it the SVM's time has been predicted before the race.
    exact = contestant.name == "svm" and contestant.approximation is None
    counted = exact and not contestant.sliced and not contestant.search
    predicted = predict_exact_svm(contestant, ref.features, X, y) if counted else None
    started = time.perf_counter()
    contestant, search = search_parameters(ref, contestant)
    # Only the base classifier: its calibrator is fitted later, on out-of-fold scores.
    pipeline, engine = fit_pipeline(build_pipeline(contestant, ref.features), X, y)
    seconds = time.perf_counter() - started
    logger.info(
        "%s fitted on %s rows%s%s in %.2f s",
        title(contestant.name),
        f"{len(y):,}",
        _describe_method(contestant, engine),
        f", with {format_parameters(search.chosen)} of {len(search.trials)} combinations," if search else "",
        seconds,
    )
    folder.mkdir(exist_ok=True)  # no parents: a run that has ended must not leave a folder
    path = folder / f"{contestant.name}.joblib"
    dump_model(pipeline, path)
    return ModelRef(path, seconds, engine, predicted_seconds=predicted, search=search)


def _describe_method(contestant: Contestant, engine: Engine) -> str:
    if contestant.approximation:
        return f" by Nystroem's features of {contestant.approximation.components:,} landmarks"
    if engine == "sklearnex":
        return " by scikit-learn-intelex"
    return f" by {engine}" if CLASS in contestant.parameters else ""


def fit_cached(ref: DatasetRef, contestant: Contestant, run: RunFolder) -> ModelRef:
    """Call `fit_classifier`, or return its cached result."""
    from bakeoff.training.fit import fit_classifier

    def compute(folder: Path) -> ModelRef:
        return fit_classifier(ref, contestant, folder)

    return cached_step(run, f"fit-{contestant.name}", contestant_key(ref, contestant), ModelRef, compute)


def contestant_key(ref: DatasetRef, contestant: Contestant) -> dict[str, object]:
    """All that a fit depends on, in plain values, for `cached_step`."""
    packages = describe_packages({contestant.name: contestant.parameters})
    return {"data": ref.sha256, "split": ref.split_sha256, "contestant": asdict(contestant), "packages": packages}
