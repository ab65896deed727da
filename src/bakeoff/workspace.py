"""The folder of a run's intermediate files, gone when the run ends."""

import contextlib
import shutil
import tempfile
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
