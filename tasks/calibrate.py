"""Calibrate one fitted contestant on the scores of its folds."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.apart import run_apart
from bakeoff.config import TrainingConfig
from bakeoff.contestant import Contestant
from bakeoff.delivery import unpack
from bakeoff.handover import CalibratedModel, DatasetRef, FoldScore, ModelRef
from tasks.cluster import RECEIVED
from tasks.outcome import stated


def calibrate_classifier(
    ref: DatasetRef,
    contestant: Contestant,
    config: TrainingConfig,
    model: ModelRef,
    folds: Sequence[FoldScore],
    folder: Path,
) -> CalibratedModel:
    """As the library's function of that name, in a process of its own."""
    model, folds = unpack(model, folder / RECEIVED), [unpack(fold, folder / RECEIVED) for fold in folds]
    result: CalibratedModel = run_apart(
        "bakeoff.calibrating:calibrate_classifier", ref, contestant, config, model, folds, folder
    )
    return result


calibrate = task(name="calibrate", task_run_name="calibrate {contestant.name}", cache_policy=NO_CACHE)(
    stated(calibrate_classifier)
)
