"""Cache the results of steps, so that a run that is started again after a crash continues where it stopped."""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from bakeoff.runtime.environment import describe_environment, digest_code
from bakeoff.runtime.transfer import file_fields, replace_files
from bakeoff.runtime.workspace import (
    RESULT,
    RunFolder,
    make_cache,
    mark_used,
)

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


def cached_step(
    run: RunFolder, name: str, key: Mapping[str, Any], kind: type[Result], work: Callable[[Path], Result]
) -> Result:
    """Run a step, or take its result from the cache of an earlier run that died.

    The cache key covers the step's inputs, the versions of the libraries, and all of Bakeoff's code. Cached files are
    verified before use: a step whose files have changed is run again.

    Args:
        run: the run's folder and its cache.
        name: the step's name within the run, which is also its output folder's.
        key: everything that the step depends on, as plain values.
        kind: the result's type, a dataclass whose paths lie in the output folder.
        work: runs the step; it is passed the output folder, which is empty.

    Returns:
        The step's result, with paths in the output folder.
    """
    digest = hashlib.sha256(json.dumps([name, describe_environment(), digest_code(), key], sort_keys=True).encode())
    kept, folder = run.cache / digest.hexdigest()[:32], run.path / name
    mark_used(run, kept.name)
    shutil.rmtree(folder, ignore_errors=True)  # a retried step starts from scratch
    folder.mkdir()  # without parents: a step that outlives its run must not make the run's folder again
    if _is_ours(run.cache) and (cached := _take(kept, folder, kind)) is not None:
        logger.info("%s: taken over from a run that ended early", name)
        return cached
    result = work(folder)
    with contextlib.suppress(OSError):  # the cache is optional
        _keep(result, folder, kept)
    return result


def _is_ours(folder: Path) -> bool:
    """Whether only this user can have written to a folder: cached models are unpickled, so nobody else may."""
    try:
        status = folder.lstat()
    except FileNotFoundError:  # another run has removed the empty folder
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _keep(result: Any, folder: Path, kept: Path) -> None:
    """Put a step's result and the files of its output folder into the cache, completely or not at all.

    Raises:
        OSError: they can't be written.
    """
    from pydantic import TypeAdapter

    make_cache(kept.parent)  # another run may have removed the empty folder
    aside = Path(tempfile.mkdtemp(dir=folder.parent))  # removed with the run's folder, even if the run is killed
    try:
        files = [path for path in folder.iterdir() if path.is_file()]
        for path in files:
            _link(path, aside / path.name)
        entry = {
            "files": {path.name: _digest(path) for path in files},
            "result": TypeAdapter(type(result)).dump_python(_moved(result, folder, Path()), mode="json"),
        }
        (aside / RESULT).write_text(json.dumps(entry), "utf-8")
        aside.rename(kept)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _take(kept: Path, folder: Path, kind: type[Result]) -> Result | None:
    """Return a cached result, its files linked into `folder`; None if it is missing, or damaged and now removed."""
    from pydantic import TypeAdapter

    try:
        entry = json.loads((kept / RESULT).read_text("utf-8"))
        for name, digest in entry["files"].items():
            _link(kept / name, folder / name)
            if _digest(folder / name) != digest:
                raise ValueError(name)
        cached: Result = _moved(TypeAdapter(kind).validate_python(entry["result"]), Path(), folder)
    except (OSError, ValueError, KeyError, TypeError):  # missing or incomplete
        for path in folder.iterdir():
            path.unlink()
        shutil.rmtree(kept, ignore_errors=True)
        return None
    return cached


def _moved(result: Any, before: Path, after: Path) -> Any:
    """Return a result whose paths lie in `after` instead of `before`."""
    return replace_files(result, {name: after / path.relative_to(before) for name, path in file_fields(result).items()})


def _link(path: Path, to: Path) -> None:
    """Hard-link a file, or copy it."""
    try:
        os.link(path, to)
    except OSError:  # a file system without hard links
        shutil.copyfile(path, to)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
