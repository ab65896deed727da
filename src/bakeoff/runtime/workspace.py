"""The folder of a run's intermediate files, removed when the run ends, and the cache of its steps' results.

The cache outlives a run that failed or was killed, so that the same run, started again, need not repeat these steps.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bakeoff.errors import StepLostError, WriteError
from bakeoff.runtime.files import make_user_folder
from bakeoff.runtime.locks import lock, try_lock
from bakeoff.runtime.paths import refuse_outside_roots

# Names that only Bakeoff gives: anything else in a workspace belongs to the user, and stays.
KEPT = "bakeoff-kept"
KEPT_KEY = re.compile(r"[0-9a-f]{32}")
RUN = "bakeoff-run-"
DEEP = "bakeoff-deep-"  # of a deep report
RACE, PULL, UPLOAD = "bakeoff-race-", "bakeoff-pull-", "bakeoff-upload-"  # in the system's folder for temporary files
KEPT_SECONDS = 7 * 24 * 3600  # the age at which a cached result is removed
LOCK = "bakeoff.lock"
RESULT = "result.json"  # in a cached step's folder; written last, so that it marks a complete one


@dataclass(frozen=True)
class RunFolder:
    """The folders that a run's steps write to.

    Attributes:
        path: the run's own folder, removed when the run ends.
        cache: the folder of cached results, which other runs in the workspace share.
        deadline: when the race's fits and folds are out of time, in seconds since the epoch; None for never.
        scattered: the name of the Dask dataset with the run's rows, for workers that don't see `path`; else None.
    """

    path: Path
    cache: Path
    deadline: float | None = None
    scattered: str | None = None


@contextlib.contextmanager
def run_folder(workspace: Path) -> Iterator[RunFolder]:
    """Make a run's folder for the block, and remove it afterwards.

    If the block succeeds, the cached results that the run used are removed too. Folders of runs that were killed, and
    results that were cached too long ago, are removed first.

    Args:
        workspace: the folder that the run's folder is made in; it is created if it is missing.

    Raises:
        UserError: the system refuses to create the workspace.
    """
    workspace = workspace.absolute()  # steps in other processes may have another working directory
    refuse_outside_roots(workspace)  # again: a folder on the way may have become a link since the run was checked
    kept = workspace / KEPT
    make_cache(kept)
    for folder in left_behind(workspace):
        shutil.rmtree(folder, ignore_errors=True)
    with locked_folder(RUN, workspace) as path:
        run = RunFolder(path, kept)
        try:
            with _noticing_deletion(path):
                yield run
            for entry in _used(run).iterdir() if _used(run).exists() else ():
                shutil.rmtree(kept / entry.name, ignore_errors=True)
        finally:
            with contextlib.suppress(OSError):  # it is not empty
                kept.rmdir()


@contextlib.contextmanager
def _noticing_deletion(folder: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        require_folder(folder, error)
        raise


def require_folder(folder: Path, error: BaseException | None = None) -> None:
    """Refuse to blame anybody for an error if the run's folder was deleted while it worked.

    Raises:
        StepLostError: it was.
    """
    if not folder.exists():
        raise StepLostError(f"{str(folder)!r} was deleted while the run worked in it: start the run again") from error


@contextlib.contextmanager
def locked_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """Make a folder for the block, locked so that it is not taken for that of a killed run, and remove it afterwards.

    Args:
        prefix: what its name begins with.
        parent: the folder that it is made in, by default the system's for temporary files.
    """
    folder, owner = Path(tempfile.mkdtemp(prefix=prefix, dir=parent)), os.getpid()
    try:
        with (folder / f"{LOCK}.new").open("w") as file:
            lock(file)
            # Renamed when it is locked, so that nobody finds it unlocked.
            (folder / f"{LOCK}.new").rename(folder / LOCK)
            yield folder
    finally:
        if os.getpid() == owner:  # not in a process that was forked within the block
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def naming_folder() -> Iterator[None]:
    """Raise an OSError in the block, which writes to a folder of temporary files, as a WriteError."""
    try:
        yield
    except OSError as error:
        raise WriteError(
            f"the folder for temporary files could not be written: {error.strerror or error}; TMPDIR chooses another"
        ) from error


def make_cache(kept: Path) -> None:
    """Make the folder of cached results, which only its owner may read, if it is missing."""
    for _ in range(100):
        with contextlib.suppress(FileExistsError):  # another run removed it between mkdir's attempt and its check
            make_user_folder(kept, "the workspace's folder", 0o700)
            return
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)


def mark_used(run: RunFolder, key: str) -> None:
    """Note that a run uses the cached result with this key, so that it is removed when the run succeeds."""
    _used(run).mkdir(exist_ok=True)
    (_used(run) / key).touch()


def _used(run: RunFolder) -> Path:
    """The folder with an empty file for each cached result that the run uses, named by its key."""
    return run.path / "used"


def left_behind(workspace: Path, seconds: float = KEPT_SECONDS) -> Iterator[Path]:
    """Yield the folders of runs that were killed, each locked until the next, and results cached that long ago.

    Nothing that a run didn't make is among them.
    """
    yield from unlocked_folders(RUN, workspace)
    kept: list[Path] = []
    if not (workspace / KEPT).is_symlink():
        with contextlib.suppress(FileNotFoundError):  # a run that ended has removed it, empty
            kept = list((workspace / KEPT).iterdir())
    for entry in kept:
        with contextlib.suppress(OSError):
            old = entry.lstat().st_mtime < time.time() - seconds
            if old and KEPT_KEY.fullmatch(entry.name) and (entry / RESULT).is_file():
                yield entry


def unlocked_folders(prefix: str, parent: Path) -> Iterator[Path]:
    """Yield what `locked_folder` made in processes that were killed, each locked until the next."""
    for folder in sorted(parent.glob(f"{prefix}*")):
        if folder.is_symlink():
            continue
        with contextlib.suppress(OSError), (folder / LOCK).open("r+") as file:
            if try_lock(file):  # its process was killed
                yield folder
