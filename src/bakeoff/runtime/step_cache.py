"""Steps that are done once: whoever starts a run again that died finds what it had done."""

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
    """Do a step, or take over what an earlier run has done that died.

    A step is the same when all that it depends on is: what it is given, the versions of the libraries, and every line
    of Bakeoff's code. What is kept is looked at before it is used: a file that is not as it was written is made again.

    Args:
        name: of the step within the run, and of the folder that it writes to.
        key: all that the step depends on, in plain values.
        kind: of the result, a dataclass whose paths lie in that folder.
        work: does the step in an empty folder.
    """
    digest = hashlib.sha256(json.dumps([name, describe_environment(), digest_code(), key], sort_keys=True).encode())
    kept, folder = run.cache / digest.hexdigest()[:32], run.path / name
    mark_used(run, kept.name)
    shutil.rmtree(folder, ignore_errors=True)  # a step that is tried again begins anew
    folder.mkdir()  # without its parents: a run that has ended leaves nothing behind
    if _is_ours(run.cache) and (found := _take(kept, folder, kind)) is not None:
        logger.info("%s: taken over from a run that ended early", name)
        return found
    result = work(folder)
    with contextlib.suppress(OSError):  # a run can do without
        _keep(result, folder, kept)
    return result


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can have written there: what is kept is unpickled."""
    try:
        found = folder.lstat()
    except FileNotFoundError:  # another run has removed it, since nothing was in it
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _keep(result: Any, folder: Path, kept: Path) -> None:
    from pydantic import TypeAdapter

    make_cache(kept.parent)  # another run may have removed it, since nothing was in it
    aside = Path(tempfile.mkdtemp(dir=folder.parent))  # goes with the run's folder, whenever the run is killed
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
    from pydantic import TypeAdapter

    try:
        entry = json.loads((kept / RESULT).read_text("utf-8"))
        for name, digest in entry["files"].items():
            _link(kept / name, folder / name)
            if _digest(folder / name) != digest:
                raise ValueError(name)
        found: Result = _moved(TypeAdapter(kind).validate_python(entry["result"]), Path(), folder)
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or none that is whole
        for path in folder.iterdir():
            path.unlink()
        shutil.rmtree(kept, ignore_errors=True)
        return None
    return found


def _moved(result: Any, before: Path, after: Path) -> Any:
    return replace_files(result, {name: after / path.relative_to(before) for name, path in file_fields(result).items()})


def _link(path: Path, to: Path) -> None:
    try:
        os.link(path, to)
    except OSError:  # a file system without
        shutil.copyfile(path, to)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
