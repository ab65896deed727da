"""Find and remove what runs left behind, and outputs that are old or take too much."""

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, Field

from bakeoff.config.base import LocalPath, Number, Part
from bakeoff.formatting import format_size
from bakeoff.prediction.outputs import output_folder
from bakeoff.prediction.outputs.object_output import SUMMARY
from bakeoff.runtime import workspace
from bakeoff.runtime.paths import refuse_outside_roots

DAY = 24 * 3600
LONGEST_DAYS = 36500
GIGABYTE = 1e9

logger = logging.getLogger(__name__)


class CleanConfig(Part):
    """What killed runs left behind, and old predictions: listed, or removed with `delete`."""

    model_config = ConfigDict(title="Clean")

    workspace: LocalPath = Field(default=Path(".bakeoff"), description="Workspace of the training runs.")
    predictions: LocalPath = Field(
        default=Path("predictions"),
        description="Folder with outputs of prediction runs that are named by their time.",
    )
    left_over_days: Number = Field(
        default=7,
        ge=0,
        le=LONGEST_DAYS,
        description="Days for which the checkpoint of a killed run, from which it could go on, is kept.",
    )
    older_than: Number | None = Field(
        default=None,
        ge=0,
        le=LONGEST_DAYS,
        description="Days after which outputs are removed. Empty: never. True classes that come later can't be joined "
        "to them any more.",
    )
    at_most: Number | None = Field(
        default=None,
        ge=0,
        description="Gigabytes that the outputs may take together: the oldest are removed. Empty: any.",
    )
    delete: bool = Field(default=False, description="Remove what is found, instead of listing it.")


@dataclass(frozen=True)
class Found:
    """A folder to remove.

    Attributes:
        path: the folder.
        what: what it is.
        bytes: the size of its files.
    """

    path: Path
    what: str
    bytes: int

    def __str__(self) -> str:
        """Return what the folder is, its size, and where it is."""
        return f"{self.what}, {format_size(self.bytes)}: {self.path}"


def clean_up(config: CleanConfig) -> list[Found]:
    """Find what there is to remove, and remove it if the config says `delete`; each folder is logged.

    Returns:
        What was found.

    Raises:
        ConfigError: a folder lies outside of `BAKEOFF_ROOTS`.
    """
    for folder in (config.workspace, config.predictions):
        refuse_outside_roots(folder)
    done = []
    for found in _left_overs(config):
        if config.delete:
            shutil.rmtree(found.path, ignore_errors=True)
        done.append(found)
    for found in _outputs(config):
        if config.delete:
            output_folder.remove_folder(found.path)
        done.append(found)
    for found in done:
        logger.info("%s %s", "removed" if config.delete else "would remove", found)
    return done


def _left_overs(config: CleanConfig) -> Iterator[Found]:
    """Yield what killed runs left behind; what has a lock is locked until the next."""
    seconds = config.left_over_days * DAY
    for folder in workspace.left_behind(config.workspace, seconds):
        what = "cached result" if folder.parent.name == workspace.KEPT else "folder of a killed run"
        yield Found(folder, what, _size(folder))
    for folder in output_folder.left_behind(config.predictions, seconds):
        yield Found(folder, "checkpoint of a killed prediction run", _size(folder))
    temporary = Path(tempfile.gettempdir())
    places = [(workspace.DEEP, config.workspace)]
    places += [(prefix, temporary) for prefix in (workspace.RACE, workspace.PULL, workspace.UPLOAD)]
    for prefix, parent in places:
        for folder in workspace.unlocked_folders(prefix, parent):
            yield Found(folder, "temporary folder", _size(folder))


def _outputs(config: CleanConfig) -> Iterator[Found]:
    """Yield the outputs that are too old, or whose younger ones already take all the room."""
    room = float("inf") if config.at_most is None else config.at_most * GIGABYTE
    age = float("inf") if config.older_than is None else config.older_than * DAY
    for folder in reversed(list(output_folder.outputs(config.predictions))):
        size = _size(folder)
        room -= size
        written = (folder / SUMMARY).stat().st_mtime
        if room < 0 or written < time.time() - age:
            yield Found(folder, "predictions", size)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
