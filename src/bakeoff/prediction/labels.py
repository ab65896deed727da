"""Join labels that came later to past predictions by a kept column, and count how many predictions were right."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from bakeoff.errors import DataError, UserError, WriteError
from bakeoff.evaluation.predictions import common_label_format
from bakeoff.formatting import format_count, list_first
from bakeoff.runtime.files import sha256_file, sync
from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.paths import folder_time
from bakeoff.tables.cells import dates_to_text, missing_to_null, to_plain_type, to_strings
from bakeoff.tables.read_table import read_table
from bakeoff.tables.reader import open_table

LABELS = "labels.parquet"  # beside the predictions: the labels that were given so far
NAMES = ("predictions.parquet", "predictions.csv")


@dataclass
class Counts:
    """What a join did: for each kind of trouble how many rows, keys or folders, and the first of them."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, count: int, example: str = "") -> None:
        """Count some of one kind."""
        if count:
            self.counts[kind] += count
            self.examples.setdefault(kind, example)

    def lines(self) -> list[str]:
        """Return a line for each kind."""
        return [
            f"{count:,} {kind}{f' ({self.examples[kind]})' if self.examples[kind] else ''}"
            for kind, count in self.counts.items()
        ]


@dataclass(frozen=True)
class JoinedPredictions:
    """The labelled predictions of one folder.

    Attributes:
        version: the version that made them.
        rows: how many have a label.
        right: how many of those are right.
        week: the ISO week of the predictions, as `2026-W47`.
        digest: the SHA-256 of the predictions, which identifies them wherever the folder lies.
    """

    folder: Path
    version: str
    rows: int
    right: int
    week: str
    digest: str


def read_labels(path: Path | Address, key: str, target: str, counts: Counts) -> pd.Series:
    """Read the labels of a table: text by key, each key once.

    Args:
        path: the file or folder; also in an object store.
        key: the column of the keys.
        target: the column of the labels.
        counts: the record to which repeated and missing keys are added.

    Raises:
        DataError: the table can't be read, lacks a column, or holds no label.
    """
    if key == target:
        raise UserError(f"--key and --target both name {key!r}; give the column of the keys, and that of the labels")
    source = open_table(str(path))
    source.require_columns([key], "--key")
    source.require_columns([target], "--target")
    table = read_table(str(path), source, (), [key, target])
    rows = pd.DataFrame({"key": _texts(key, table[key]), "label": _texts(target, table[target])})
    counts.add(f"rows of {path.name!r} have no key or no label: left out", int(rows.isna().any(axis=1).sum()))
    rows = rows.dropna()
    if rows.empty:
        raise DataError(f"{str(path)!r} holds no label in {target!r} with a key in {key!r}")
    different = rows.drop_duplicates()
    again = len(rows) - len(different)
    counts.add(f"rows of {path.name!r} repeat a key with the same label: used once", again)
    several = different["key"].duplicated(keep=False)
    names = different["key"][several].unique()
    counts.add(
        f"keys of {path.name!r} have several labels: left out", len(names), f"{names[0]!r}" if len(names) else ""
    )
    return different[~several].set_index("key")["label"]


def find_folders(places: list[Path]) -> list[Path]:
    """Return the folders of predictions that are named, or lie in a folder that is named, sorted by path.

    Raises:
        UserError: a place holds none.
    """
    found: dict[Path, Path] = {}
    for place in places:
        inside = [place] if (place / "summary.json").is_file() else []
        if not inside and place.is_dir():
            inside = sorted(path.parent for path in place.glob("*/summary.json"))
        if not inside:
            raise UserError(
                f"{str(place)!r} is no folder of predictions, with a summary.json, and holds none; give the output of "
                "the prediction flow, or the folder of several"
            )
        found |= {path.resolve(): path for path in inside}
    return [found[path] for path in sorted(found)]


def join_labels(
    folder: Path, name: str, classes: dict[str, list[str]], key: str, labels: pd.Series, counts: Counts
) -> tuple[JoinedPredictions, set[str]] | None:
    """Join labels to the predictions of a folder, and keep them beside the predictions.

    Args:
        folder: the folder of the predictions.
        name: the model's name.
        classes: the classes of each version of the model, as text; empty if it was pruned.
        key: the column of the keys.
        labels: the labels by key.
        counts: the record to which troubles are added.

    Returns:
        The joined predictions, and the keys that were found; None if the folder can't be joined.

    Raises:
        WriteError: the labels can't be kept in the folder.
    """
    summary = _read_summary(folder)
    version = str(summary.get("version"))
    if summary.get("name") != name or version not in classes:
        counts.add("folders hold predictions of another model: left out", 1, f"the first is {str(folder)!r}")
        return None
    path = next((folder / each for each in NAMES if (folder / each).is_file()), None)
    if path is None:
        counts.add("folders have no predictions: left out", 1, f"the first is {str(folder)!r}")
        return None
    source = open_table(path)
    if key not in source.files[0].schema.names:
        counts.add(
            f"folders have no column {key!r}: left out; keep: [{key}] of the prediction writes it",
            1,
            f"the first is {str(folder)!r}",
        )
        return None
    table = read_table(path, source, (), [key, "prediction"])
    rows = pd.DataFrame({"key": _texts(key, table[key]), "prediction": _texts("prediction", table["prediction"])})
    repeated = rows["key"].duplicated(keep=False) & rows["key"].notna()
    counts.add("predictions share their key with others of their folder: left out", int(repeated.sum()))
    given = rows["key"].where(~repeated).map(labels)
    found = {*rows["key"][given.notna()]}
    earlier = _read_earlier(folder, len(rows))
    spelling = common_label_format(
        [*map(str, pd.concat([labels, earlier.dropna()]).unique())], [*map(str, rows["prediction"].dropna().unique())]
    )
    before, now = (each.map(spelling, na_action="ignore") for each in (earlier, given))
    changed = now.notna() & before.notna() & (now != before)
    counts.add("labels differ from those that were given before: the new ones count", int(changed.sum()))
    merged = given.where(given.notna(), earlier)
    if not merged.equals(earlier):
        _write_labels(folder, merged)
    labelled = merged.notna()
    truth, answers = merged[labelled].map(spelling), rows["prediction"][labelled].map(spelling)
    known = {*map(spelling, classes[version])}
    unknown = truth[~truth.isin(known)] if known else truth[:0]
    counts.add(
        "labels are of a class that the version doesn't know, so no prediction of them is right",
        len(unknown),
        list_first([repr(each) for each in unknown.unique()], 5),
    )
    right = int((truth == answers).sum())
    joined = JoinedPredictions(folder, version, int(labelled.sum()), right, _week(folder), sha256_file(path))
    return joined, found


def _texts(name: str, column: pa.ChunkedArray) -> pd.Series:
    """Convert cells to text, whole numbers without decimals, so that 1, 1.0 and "1" are equal; NA where missing."""
    cells = to_strings(to_plain_type(name, dates_to_text(column)))
    text = missing_to_null(cells).to_pandas().astype("object").str.strip()
    plain: pd.Series = text.str.replace(re.compile(r"^(-?[0-9]+)\.0*$"), r"\1", regex=True)
    return plain


def _read_summary(folder: Path) -> dict[str, Any]:
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{str(folder / 'summary.json')!r} can't be read: {type(error).__name__}") from error
    return summary if isinstance(summary, dict) else {}


def _read_earlier(folder: Path, rows: int) -> pd.Series:
    """Read the labels that were given before, NA for predictions without one."""
    path = folder / LABELS
    if not path.exists():
        return pd.Series([None] * rows, dtype="object")
    earlier = read_table(path)
    if earlier.column_names != ["label"] or earlier.num_rows != rows:
        raise DataError(f"{str(path)!r} doesn't belong to the predictions beside it; take it out")
    given: pd.Series = earlier["label"].to_pandas().astype("object")
    return given


def _write_labels(folder: Path, labels: pd.Series) -> None:
    aside = folder / f".{LABELS}"
    column = pa.array([None if missing else label for label, missing in zip(labels, labels.isna())], pa.string())
    try:
        pa.parquet.write_table(pa.table({"label": column}), aside)
        sync(aside)
        aside.replace(folder / LABELS)
        sync(folder)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise WriteError(f"the labels can't be kept in {str(folder)!r}: {error.strerror or error}") from error


def _week(folder: Path) -> str:
    """Return the ISO week of a folder's name, the time of its run; else of the time at which it was written."""
    return f"{folder_time(folder, folder / 'summary.json'):%G-W%V}"


def describe_coverage(joined: list[JoinedPredictions], keys: int, found: int) -> str:
    """Say how many predictions have a label, and how many keys are in no prediction."""
    rows = sum(each.rows for each in joined)
    unknown = f"; {format_count(keys - found, 'key')} in no prediction" if keys > found else ""
    return f"{format_count(rows, 'prediction')} in {format_count(len(joined), 'folder')} labelled{unknown}"
