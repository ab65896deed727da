"""The steps of a race that take long, each done once however often its run is started."""

from dataclasses import asdict
from pathlib import Path

from bakeoff.config import CrossValidationConfig, TrainingConfig
from bakeoff.contestant import Contestant
from bakeoff.handover import DatasetRef, FoldScore, ModelRef
from bakeoff.once import do_once
from bakeoff.workspace import RunFolder


def prepare_once(config: TrainingConfig, run: RunFolder) -> DatasetRef:
    """As `prepare_dataset`."""
    from bakeoff.preparing import describe_source, prepare_dataset

    return do_once(run, "data", describe_source(config), DatasetRef, lambda folder: prepare_dataset(config, folder))


def fit_once(ref: DatasetRef, contestant: Contestant, run: RunFolder) -> ModelRef:
    """As `fit_classifier`."""
    from bakeoff.fitting import fit_classifier

    def work(folder: Path) -> ModelRef:
        return fit_classifier(ref, contestant, folder)

    return do_once(run, f"fit-{contestant.name}", _key(ref, contestant), ModelRef, work)


def score_fold_once(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, run: RunFolder
) -> FoldScore:
    """As `score_fold`."""
    from bakeoff.validation import score_fold

    def work(folder: Path) -> FoldScore:
        return score_fold(ref, contestant, cross_validation, fold, folder)

    key = {**_key(ref, contestant), "cross_validation": cross_validation.model_dump(mode="json"), "fold": fold}
    return do_once(run, f"fold-{contestant.name}-{fold}", key, FoldScore, work)


def _key(ref: DatasetRef, contestant: Contestant) -> dict[str, object]:
    return {"data": ref.sha256, "split": ref.split_sha256, "contestant": asdict(contestant)}
