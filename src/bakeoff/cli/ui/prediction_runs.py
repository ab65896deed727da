"""The prediction runs in some folders, as their summaries say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bakeoff.drift.results import Verdict
from bakeoff.runtime.files import read_file
from bakeoff.runtime.paths import folder_time
from bakeoff.runtime.typed_json import parse_json, read_as

SUMMARY = "summary.json"
LARGEST_SUMMARY = 1 << 24  # bytes
MOST_RUNS = 1_000  # the newest by name, in each place


@dataclass(frozen=True, kw_only=True)
class DriftVerdict:
    """The field of a summary's `drift` that is read."""

    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """The fields of a summary's `evaluation` that are read."""

    accuracy: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The fields of a summary.json that are read."""

    name: str
    version: str
    rows: int
    predicted: int
    rejected: int
    drift: DriftVerdict | None = None
    evaluation: Accuracy | None = None


@dataclass(frozen=True)
class PredictionRun:
    """A prediction run.

    Attributes:
        folder: its output.
        key: the folder's name, with a number if several have it.
        at: when it ran.
        summary: what its summary.json says.
    """

    folder: Path
    key: str
    at: datetime
    summary: Summary


def find_runs(places: Sequence[Path], name: str) -> list[PredictionRun]:
    """Return the runs of a model, the newest first; folders whose summary can't be read are left out.

    Args:
        places: folders of predictions, or folders that hold such folders; they may be missing.
        name: the model's name.
    """
    runs: dict[str, PredictionRun] = {}
    for folder in dict.fromkeys(folder for place in places for folder in _folders(place)):
        try:
            content = parse_json(read_file(folder / SUMMARY, LARGEST_SUMMARY, follow=False))
            summary, at = read_as(Summary, content), folder_time(folder, folder / SUMMARY)
        except (OSError, ValueError):
            continue
        if summary.name == name:
            key, number = folder.name, 1
            while key in runs:
                number += 1
                key = f"{folder.name} ({number})"
            runs[key] = PredictionRun(folder, key, at, summary)
    return sorted(runs.values(), key=lambda run: run.at, reverse=True)


def _folders(place: Path) -> Iterator[Path]:
    """Yield the place if it is an output folder, else the folders in it; links are not followed."""
    try:
        if (place / SUMMARY).is_file():
            yield place.resolve()
            return
        inside = sorted((path for path in place.iterdir() if not path.name.startswith(".")), reverse=True)
    except OSError:  # it is missing, or may not be read
        return
    yield from (path.resolve() for path in inside[:MOST_RUNS] if path.is_dir() and not path.is_symlink())
