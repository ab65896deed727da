"""Scoring a table with a saved version: bad rows are named, the good ones scored."""

import errno
import json
import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bakeoff.chain import head_of
from bakeoff.columns import Feature, one_spelling, plain, to_numbers, to_text
from bakeoff.config import PredictionConfig
from bakeoff.conforming import conform
from bakeoff.errors import DataError, UserError
from bakeoff.evaluation import Evaluation, evaluate_predictions
from bakeoff.files import require_writable, sync
from bakeoff.loading import load_model, refuse_version_skew
from bakeoff.opening import open_store
from bakeoff.tables import forget_table, read_parquet_bytes, read_table_once, require_columns

logger = logging.getLogger(__name__)

STAMP = "%Y%m%dT%H%M%SZ"
RESERVED = ("row", "prediction")  # columns of predictions that a kept column can't be called


@dataclass(frozen=True)
class VersionRef:
    """The version that a prediction run uses, resolved once, so that a promotion meanwhile changes nothing.

    Attributes:
        head: the number and SHA-256 of the journal's last line then, by which the store's state can be told later.
    """

    name: str
    version: str
    head: str


@dataclass(frozen=True)
class Scored:
    """A scored table, written aside: `rows` = `predicted` + `rejected`.

    Attributes:
        folder: holds predictions, and rejected.parquet when a row was refused.
        evaluation: None where the input has no target.
        evaluated: how many of the predicted rows had a target.
    """

    folder: Path
    rows: int
    predicted: int
    rejected: int
    evaluation: Evaluation | None
    evaluated: int


def find_version(config: PredictionConfig) -> VersionRef:
    """Resolve champion, latest or an id.

    Raises:
        StoreError: there is no such version.
    """
    store = open_store(config)
    history = store.history()
    return VersionRef(config.name, store.resolve(config.version, history), head_of(history))


def output_folder(config: PredictionConfig) -> Path:
    """The folder that the run will write.

    Raises:
        UserError: it exists already, or can't be written.
    """
    if config.output is None:
        parent, stamp = Path("predictions"), datetime.now(UTC).replace(microsecond=0)
        require_writable(parent, "the output folder")
        return parent / f"{stamp:{STAMP}}"
    output = Path(config.output)
    require_writable(output, "output")
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise UserError(f"output {config.output!r} exists already; choose another folder or remove it")
    return output


def check_input(config: PredictionConfig, ref: VersionRef | None = None) -> pa.Table:
    """Read the table, refusing what could not be scored; the last table is kept, so that a file is read once.

    Args:
        ref: the version that was resolved before; by default the one that the config means now.

    Raises:
        UserError: in one line; nothing has been written.
        IntegrityError: the validation rows are not what was sealed.
    """
    ref = ref or find_version(config)
    store = open_store(config)
    card = store.card(ref.version)
    refuse_version_skew(card, allowed=config.allow_version_skew)
    if config.input is None:
        table = read_parquet_bytes(store.read(ref.version, "validation.parquet"))
    else:
        table = read_table_once(config.input)
    if table.num_rows == 0:
        raise DataError(f"{config.input!r} has a header and no rows")
    require_columns(
        table,
        tuple(feature["name"] for feature in card["features"]),
        f"version {ref.version} of {ref.name!r} needs it; --name chooses another model",
    )
    for feature in card["features"]:
        plain(feature["name"], table[feature["name"]])
    require_columns(table, config.keep, "to keep")
    taken = [name for name in config.keep if name in RESERVED or name.startswith("probability_")]
    if taken:
        raise DataError(f"a column called {taken[0]!r} can't be kept: the predictions have one of that name; rename it")
    return table


def check_prediction(config: PredictionConfig) -> None:
    """Refuse a config whose version or input does not exist or fit, or whose output can't be written.

    Raises:
        UserError: in one line; nothing has been written.
    """
    output_folder(config)
    check_input(config)


def score_table(config: PredictionConfig, ref: VersionRef, folder: Path) -> Scored:
    """Score the input with the version's model and write predictions and rejected rows into `folder`.

    Raises:
        IntegrityError: the version is not what was sealed; its model is not opened then.
    """
    table = check_input(config, ref)
    forget_table()
    store = open_store(config)
    card, model = store.card(ref.version), load_model(store, ref.version, allow_version_skew=config.allow_version_skew)
    X, rejected = conform(table, [Feature(**feature) for feature in card["features"]])
    rows = np.setdiff1d(np.arange(table.num_rows), rejected["row"].to_numpy(), assume_unique=True)
    predictions = _predict(model, X.iloc[rows])
    predictions.insert(0, "row", rows)
    kept = table.select(list(dict.fromkeys(config.keep))).take(pa.array(rows))
    for position, name in enumerate(kept.column_names, start=1):
        # With Arrow's types: a whole number with gaps beside it stays one, an id keeps every digit.
        predictions.insert(position, name, kept[name].to_pandas(types_mapper=pd.ArrowDtype))
    _write(predictions, folder / f"predictions.{config.format}")
    if len(rejected):
        _write(rejected, folder / "rejected.parquet")
    truth, known = _truth(table, card["target"], model.classes_, rows)
    evaluation = None
    if known.any():
        evaluation = evaluate_predictions(truth[known], predictions["prediction"].to_numpy()[known])
    logger.info(
        "%s of %s rows scored with %s, %d rejected%s",
        f"{len(rows):,}",
        f"{table.num_rows:,}",
        ref.version,
        len(rejected),
        f"; accuracy {evaluation.accuracy:.4f} on {known.sum():,} rows with a class" if evaluation else "",
    )
    return Scored(folder, table.num_rows, len(rows), len(rejected), evaluation, int(known.sum()))


def publish_predictions(config: PredictionConfig, ref: VersionRef, scored: Scored, output: Path) -> Path:
    """Write the summary beside the predictions and move the folder into place as a whole.

    Returns:
        the folder; when another run took a default name meanwhile, the next free second.
    """
    summary: dict[str, Any] = {
        "name": ref.name,
        "version": ref.version,
        "journal": ref.head,
        "input": config.input,
        "rows": scored.rows,
        "predicted": scored.predicted,
        "rejected": scored.rejected,
    }
    if scored.evaluation:
        summary["evaluation"] = {
            "rows": scored.evaluated,
            **scored.evaluation.metrics,
            "report": {name: asdict(line) for name, line in scored.evaluation.report.items()},
        }
    (scored.folder / "summary.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for path in (*scored.folder.iterdir(), scored.folder):
        sync(path)
    while True:
        try:
            scored.folder.rename(output)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            if config.output is not None:
                raise UserError(f"output {config.output!r} was made by somebody else meanwhile") from error
            stamp = datetime.strptime(output.name, STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
            output = output.with_name(f"{stamp:{STAMP}}")
        else:
            sync(output.parent)
            return output


def _predict(model: Any, X: pd.DataFrame) -> pd.DataFrame:
    """The predicted class of each row, and the classes' probabilities where the model has them."""
    columns = {"prediction": model.predict(X) if len(X) else model.classes_[:0]}
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(X) if len(X) else np.empty((0, len(model.classes_)))
        columns |= {f"probability_{name}": column for name, column in zip(model.classes_, shares.T)}
    return pd.DataFrame(columns)


def _truth(table: pa.Table, target: str, classes: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows' true classes in the type of the model's, and a mask of the rows that have one."""
    if target not in table.column_names or not len(rows):
        return np.empty(0), np.zeros(len(rows), dtype=bool)
    try:
        cells = plain(target, table[target])
    except DataError as error:  # dates, lists: no classes
        logger.warning("not evaluated: %s", error)
        return np.empty(0), np.zeros(len(rows), dtype=bool)
    if classes.dtype.kind == "i":
        if pa.types.is_integer(cells.type) and not cells.null_count:
            return cells.to_numpy()[rows], np.ones(len(rows), dtype=bool)
        values, _ = to_numbers(cells)
        known = np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**63)
        return np.where(known, values, 0).astype(classes.dtype)[rows], known[rows]
    if pa.types.is_string(cells.type) and set(classes) <= {"true", "false"}:
        cells = one_spelling(cells)
    text = to_text(cells)
    return text.to_numpy(dtype=object)[rows], text.notna().to_numpy()[rows]


def _write(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
