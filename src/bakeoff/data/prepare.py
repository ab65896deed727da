"""Load and split the dataset of a config, and write its parts into a run's workspace."""

import hashlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.datasets import Dataset, digest_dataset
from bakeoff.data.folds import make_folds
from bakeoff.data.load import load_dataset
from bakeoff.data.origin import origin_of
from bakeoff.data.parts import POSITIONS, RAW, forget_parts, write_mapped
from bakeoff.data.rare_classes import split_dataset
from bakeoff.data.split import Split
from bakeoff.data.warnings.class_balance import refuse_single_class
from bakeoff.data.warnings.row_warnings import warn_of_rows
from bakeoff.errors import DataError
from bakeoff.evaluation.costs import cost_matrix
from bakeoff.formatting import list_first
from bakeoff.runtime.step_cache import cached_step
from bakeoff.runtime.threads import OneSlot
from bakeoff.runtime.workspace import RunFolder
from bakeoff.tables.reader import table_signature

logger = logging.getLogger(__name__)

# The result of `check_dataset`, so that `prepare_dataset` need not load the rows again.
_checked: OneSlot[dict[str, Any], tuple[Dataset, Split, int]] = OneSlot()


def prepare_dataset(config: TrainingConfig, folder: Path) -> DatasetRef:
    """Load the rows, split them and write each part into a folder.

    Args:
        config: the run's config.
        folder: the folder to write to; it is created if it is missing.

    Raises:
        DataError: the rows can't be used; nothing has been written.
    """
    dataset, split, folds = remember_dataset(config)
    _checked.forget()  # frees memory: later steps read the written parts
    forget_parts()
    folder.mkdir(exist_ok=True, parents=True)
    for part, positions in split.items():
        frame = dataset.X.iloc[positions].copy()
        frame[dataset.target] = dataset.y.iloc[positions]
        if part == "validation":
            frame.to_parquet(folder / "validation.parquet", index=False)
        else:
            write_mapped(frame, folder / f"{part}.arrow")
    arrays: dict[str, Any] = {str(part): positions for part, positions in split.items()}
    if dataset.split_key is not None:
        arrays["split_key"] = dataset.split_key
    np.savez(folder / POSITIONS, **arrays)
    if dataset.raw is not None:  # without Arrow's schema, since `take` doesn't support some of its types
        pa.parquet.write_table(dataset.raw, folder / RAW, store_schema=False)
    rows: dict[str, int] = {part: len(positions) for part, positions in split.items()}
    logger.info(
        "%s rows from %s: %s training, %s test, %s hold-out; %d features, %d classes",
        f"{len(dataset.y):,}",
        config.dataset.bundled or config.dataset.shown or _generator(config.dataset.batch),
        *(f"{count:,}" for count in rows.values()),
        len(dataset.features),
        len(dataset.classes),
    )
    for line in dataset.tidied:
        logger.info("tidied: %s", line)
    return DatasetRef(
        folder=folder,
        sha256=digest_dataset(dataset),
        split_sha256=_digest_split(arrays),
        features=tuple(
            feature.with_training_values(dataset.X[feature.name].iloc[split["train"]]) for feature in dataset.features
        ),
        target=dataset.target,
        classes=tuple(dataset.classes),
        rows=rows,
        origin=origin_of(config.dataset),
        split_by=config.split.by,
        warnings=(*dataset.warnings, *warn_of_rows(dataset, split, config.cross_validation.scoring)),
        folds=folds,
        tidied=dataset.tidied,
    )


def _digest_split(arrays: dict[str, Any]) -> str:
    """Return the SHA-256 of the names, types and values of arrays, in order."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        content = "\n".join(map(str, array)).encode() if array.dtype.kind == "O" else array.tobytes()
        digest.update(f"{name} {array.dtype} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def check_dataset(config: TrainingConfig) -> tuple[Dataset, Split, int]:
    """Load and split the rows that the config names, and check that training can use them.

    Returns:
        The dataset, its split, and the number of folds.

    Raises:
        DataError: the rows can't be used.
    """
    dataset = load_dataset(config.dataset, config.split, strict=config.strict)
    if config.preprocessing == "none":
        other = [feature.name for feature in dataset.features if feature.kind not in ("number", "boolean")]
        if other:
            raise DataError(
                f"preprocessing: none takes numbers alone, but {_columns(other)} text or dates; set preprocessing: "
                f"auto, or --dataset.ignore {','.join(other)}"
            )
    dataset, split, folds = split_dataset(dataset, config)
    cost_matrix(config.costs, dataset.classes)  # refuses costs of classes that don't exist
    _refuse_single_classes(config.with_folds(folds), dataset, split)
    return dataset, split, folds


def _columns(names: list[str]) -> str:
    listed = list_first([repr(name) for name in names], 10)
    return f"column {listed} holds" if len(names) == 1 else f"columns {listed} hold"


def remember_dataset(config: TrainingConfig) -> tuple[Dataset, Split, int]:
    """Call `check_dataset`, or return what it returned last for the same config and files in this process."""
    return _checked.get(describe_source(config), lambda: check_dataset(config))


def describe_source(config: TrainingConfig) -> dict[str, Any]:
    """Return all that the prepared rows depend on, as JSON values: parts of the config, and the files' signature."""
    parts = {"dataset", "split", "cross_validation", "preprocessing", "costs", "strict"}
    files = table_signature(config.dataset.path)
    return {"config": config.model_dump(mode="json", include=parts), "files": files}


def _refuse_single_classes(config: TrainingConfig, dataset: Dataset, split: Split) -> None:
    """Refuse parts and folds that can't be fitted or scored.

    By time or group, a fold may have no rows, or training rows of a single class. For AUC, test rows and each fold need
    two classes.

    Raises:
        DataError: there is such a part or fold.
    """
    y, ranked = dataset.y.to_numpy(), config.cross_validation.scoring == "roc_auc_ovr"
    if ranked:
        refuse_single_class(y[split["test"]], "the test rows")
    if dataset.split_key is None:
        return
    y, key = y[split["train"]], dataset.split_key[split["train"]]
    for number, (fitted, scored) in enumerate(make_folds(config.cross_validation, y, config.split.by, key), start=1):
        if not len(scored):
            raise DataError(
                f"fold {number} would have no rows: the groups of {config.split.column!r} are too few or too unequal "
                f"for {config.cross_validation.folds} folds; lower cross_validation.folds (at least 2)"
            )
        refuse_single_class(y[fitted], f"the rows that fold {number} is fitted on")
        if ranked:
            refuse_single_class(y[scored], f"the rows of fold {number}")


def _generator(batch: int | None) -> str:
    return f"the generator, batch {batch}" if batch else "the generator"


def prepare_cached(config: TrainingConfig, run: RunFolder) -> DatasetRef:
    """Call `prepare_dataset`, or return its cached result, and log the dataset's warnings.

    What a query returned is in no cache: it may return other rows now.
    """
    if config.dataset.query is None:
        source = describe_source(config)
        ref = cached_step(run, "data", source, DatasetRef, lambda folder: prepare_dataset(config, folder))
    else:
        ref = prepare_dataset(config, run.path / "data")
    for warning in ref.warnings:
        logger.warning("%s", warning)
    return ref
