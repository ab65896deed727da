"""Calibrate one fitted contestant on the scores of its folds."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.transfer import unpack
from bakeoff.training.results import CalibratedModel, FoldScore, ModelRef
from tasks.runs.dask import RECEIVED
from tasks.runs.states import failed_state_on_error


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
    result: CalibratedModel = run_in_process(
        "bakeoff.training.calibrate:calibrate_classifier", ref, contestant, config, model, folds, folder
    )
    return result


calibrate = task(name="calibrate", task_run_name="calibrate {contestant.name}", cache_policy=NO_CACHE)(
    failed_state_on_error(calibrate_classifier)
)
