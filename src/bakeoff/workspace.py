"""The folder of a run's intermediate files, gone when the run ends."""

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def run_folder(workspace: Path) -> Iterator[Path]:
    """Make a folder of this run's own; a run that was killed leaves it behind, to be deleted without harm."""
    workspace.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=workspace))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def staged(output: Path) -> Iterator[Path]:
    """Make a hidden folder beside `output`, to be moved into its place when complete; gone when it was not."""
    parents = [parent for parent in output.parents if not parent.exists()]
    folder = output.parent / f".bakeoff-{uuid.uuid4().hex[:12]}"  # short, however long the output's name is
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for parent in parents:  # made for nothing, unless something stands in them now
            with contextlib.suppress(OSError):
                parent.rmdir()
