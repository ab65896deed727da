"""The folder of a run's intermediate files, gone when the run ends, and what is kept for a run that did not."""

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bakeoff.runtime.files import make_user_folder
from bakeoff.runtime.locks import lock, try_lock

# Names that nobody else gives: what a folder holds besides is a person's, and stays.
KEPT = "bakeoff-kept"
KEPT_KEY = re.compile(r"[0-9a-f]{32}")
RUN = "bakeoff-run-"
KEPT_SECONDS = 7 * 24 * 3600  # a run that nobody has started again in a week is forgotten
LOCK = "bakeoff.lock"
RESULT = "result.json"  # in what is kept, and written last


@dataclass(frozen=True)
class RunFolder:
    """Where a run's steps write.

    Attributes:
        path: the run's own folder.
        kept: where steps that are done are kept until their run is, for whoever starts it again.
        parcel: under which name Dask holds the run's rows, where its workers don't see this folder.
        deadline: when the race's fits and folds are out of time, in seconds since 1970; None for never.
    """

    path: Path
    cache: Path
    deadline: float | None = None
    scattered: str | None = None


@contextlib.contextmanager
def run_folder(workspace: Path) -> Iterator[RunFolder]:
    """Make a folder of this run's own; it is gone at the end, and what it kept is when the run came through.

    Folders of runs that were killed are removed by the next one.
    """
    workspace = workspace.absolute()  # what crosses to another process may find another current folder there
    kept = workspace / KEPT
    make_cache(kept)
    _forget(workspace)
    run = RunFolder(Path(tempfile.mkdtemp(prefix=RUN, dir=workspace)), kept)
    with (run.path / f"{LOCK}.new").open("w") as file:
        lock(file)
        (run.path / f"{LOCK}.new").rename(run.path / LOCK)  # another run that finds it finds it locked
        try:
            yield run
            for entry in _used(run).iterdir() if _used(run).exists() else ():
                shutil.rmtree(kept / entry.name, ignore_errors=True)
        finally:
            shutil.rmtree(run.path, ignore_errors=True)
            with contextlib.suppress(OSError):  # something is kept
                kept.rmdir()


def make_cache(kept: Path) -> None:
    """Make the folder of kept steps, where there is none."""
    for _ in range(100):
        with contextlib.suppress(FileExistsError):  # it was there, and another run has just removed it
            make_user_folder(kept, "the workspace's folder", 0o700)
            return
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)


def mark_used(run: RunFolder, key: str) -> None:
    """Note that the run needs what is kept under a key no longer than itself."""
    _used(run).mkdir(exist_ok=True)
    (_used(run) / key).touch()


def _used(run: RunFolder) -> Path:
    return run.path / "used"


def _forget(workspace: Path) -> None:
    """Remove the folders of runs that live no more, and what was kept too long; nothing that a run didn't make."""
    for folder in workspace.glob(f"{RUN}*"):
        if folder.is_symlink():
            continue
        with contextlib.suppress(OSError), (folder / LOCK).open("r+") as file:
            if try_lock(file):  # its run is over
                shutil.rmtree(folder, ignore_errors=True)
    kept: list[Path] = []
    if not (workspace / KEPT).is_symlink():
        with contextlib.suppress(FileNotFoundError):  # a run that ends removes it when it is empty
            kept = list((workspace / KEPT).iterdir())
    for entry in kept:
        with contextlib.suppress(OSError):
            old = entry.lstat().st_mtime < time.time() - KEPT_SECONDS
            if old and KEPT_KEY.fullmatch(entry.name) and (entry / RESULT).is_file():
                shutil.rmtree(entry, ignore_errors=True)
