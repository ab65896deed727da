"""Choose a prediction run's output folder, and lock the hidden work folder next to it."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bakeoff.config import PredictionConfig
from bakeoff.errors import ConfigError, DataError, UserError
from bakeoff.prediction.checkpoint import LOCK, has_batches, is_written
from bakeoff.prediction.outputs.object_output import SUMMARY, refuse_existing
from bakeoff.runtime.files import make_user_folder, open_regular, require_writable
from bakeoff.runtime.locks import try_lock
from bakeoff.runtime.objects.address import Address, object_address
from bakeoff.runtime.paths import STAMP, refuse_outside_roots, refuse_within

HIDDEN = ".bakeoff-"
WORK_FOLDER = re.compile(re.escape(HIDDEN) + "[0-9a-f]{12}")
HERE = Path("predictions")  # where outputs without a name are, and the work folders of those in object stores
HOW = {"workers", "runner", "dask"}  # fields of the config that don't change the result


def output_folder(config: PredictionConfig) -> Path | Address:
    """Return the output folder of a run: the config's `output`, or by default `predictions/<UTC time>`.

    Raises:
        UserError: the folder exists already, can't be written, or lies in the store or the input.
    """
    address, rows = object_address(config.output), object_address(config.input)
    for place in (config.store, HERE if address else config.output or HERE):  # defaults too, which no validation sees
        refuse_outside_roots(str(place))
    if address is not None:
        for name, outer in (("the store", config.store), ("the input", rows)):
            if isinstance(outer, Address) and address.lies_in(outer):
                raise ConfigError(f"output {str(address)!r} lies in {name} {str(outer)!r}; choose a folder outside it")
        require_writable(HERE, "the folder of intermediate files")
        refuse_existing(address, unfinished=has_batches(_named_folder(address)))
        return address
    for name, folder in (("the store", config.store), ("the input", None if rows else config.input)):
        if folder is not None and not isinstance(folder, Address):
            refuse_within({"output": config.output or "predictions"}, name, folder)
    if config.output is None:
        parent, stamp = HERE, datetime.now(UTC).replace(microsecond=0)
        require_writable(parent, "the output folder")
        return parent / f"{stamp:{STAMP}}"
    output = Path(config.output)
    if output.is_symlink() or output.is_mount() or output.name in ("", "..") or output.resolve() == Path.cwd():
        raise UserError(
            f"output {config.output!r} can't be replaced: it is a link, a mount point, or where the command runs; "
            "name a folder that is not there yet, inside it for example"
        )
    require_writable(output, "output")
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise UserError(f"output {config.output!r} exists already; choose another folder or remove it")
    return output


@contextlib.contextmanager
def work_folder(config: PredictionConfig, output: Path | Address) -> Iterator[Path]:
    """Make and lock the hidden work folder next to the output; it may hold the checkpoint of a killed run.

    For an output in an object store it is in `predictions`.

    The folder's name is derived from the output, or if the config names none, from the config, so that a later run with
    the same one finds the checkpoint. If another run has locked the folder of an output without a name, this run gets
    another folder.

    On exit the folder is removed, and so are the parents that were made for it, if they are empty. It stays after an
    error other than a `DataError` if it has finished batches.

    Args:
        config: the run's config.
        output: the result of `output_folder`.

    Raises:
        UserError: another run is writing this output.
    """
    beside = HERE if isinstance(output, Address) else output.parent
    made = [parent for parent in (beside, *beside.parents) if not parent.exists()]
    unnamed = hidden_folder(beside, config.model_dump_json(exclude=HOW))
    folder = unnamed if config.output is None else _named_folder(output)
    descriptor = _lock(folder)
    if descriptor is None and config.output is not None:
        raise UserError(f"another run is writing output {config.output!r} now; wait for it, or choose another folder")
    if descriptor is None:
        folder = hidden_folder(beside, str(uuid.uuid4()))
        descriptor = _lock(folder)
        assert descriptor is not None
    keep = False
    try:
        yield folder
    except DataError:  # the same table would fail again
        raise
    except BaseException:
        keep = has_batches(folder)
        raise
    finally:
        # After Ctrl-C a thread may still be writing: then the folder stays, and stays locked until the process ends.
        if not is_written(folder):
            if not keep:
                remove_folder(folder, made)
            os.close(descriptor)


def _named_folder(output: Path | Address) -> Path:
    """Return the hidden folder in which a run works whose config names the output."""
    if isinstance(output, Address):
        return hidden_folder(HERE, f"output {output}")
    return hidden_folder(output.parent, f"output {output.parent.resolve() / output.name}")


def hidden_folder(parent: Path, key: str) -> Path:
    """Return the hidden folder next to the output in which the run with this key works."""
    return parent / f"{HIDDEN}{hashlib.sha256(key.encode()).hexdigest()[:12]}"  # a short and valid name for any key


def left_behind(parent: Path, seconds: float) -> Iterator[Path]:
    """Yield the work folders of killed runs that nobody has continued for so long, each locked until the next."""
    for folder in parent.glob(f"{HIDDEN}*"):
        if folder.is_symlink() or not WORK_FOLDER.fullmatch(folder.name):
            continue
        with contextlib.suppress(OSError):
            last = max(path.lstat().st_mtime for path in (folder, *folder.iterdir()))
            descriptor = open_regular(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if last < time.time() - seconds and try_lock(descriptor):
                    yield folder
            finally:
                os.close(descriptor)


def outputs(parent: Path) -> Iterator[Path]:
    """Yield the outputs that prediction runs named by their time, the oldest first."""
    for folder in sorted(parent.glob("*Z")):
        with contextlib.suppress(OSError, ValueError):
            datetime.strptime(folder.name, STAMP).replace(tzinfo=UTC)
            summary = json.loads((folder / SUMMARY).read_bytes())
            if not folder.is_symlink() and isinstance(summary, dict) and {"name", "version", "rows"} <= summary.keys():
                yield folder


def remove_folder(folder: Path, made: Iterable[Path] = ()) -> None:
    """Remove an output or a work folder, and parents that were made for it and are empty, as far as possible.

    The folder is renamed first, so that no other run finds it half removed.
    """
    renamed = hidden_folder(folder.parent, str(uuid.uuid4()))
    with contextlib.suppress(OSError):
        folder.rename(renamed)
        shutil.rmtree(renamed, ignore_errors=True)
        for parent in made:  # stops at the first that is not empty
            parent.rmdir()


def _lock(folder: Path) -> int | None:
    """Make a work folder and lock it; returns the lock file's descriptor, or None if another run holds the lock.

    Raises:
        UserError: the path is a symbolic link, whose target would be cleared.
    """
    if folder.is_symlink():
        raise UserError(f"{str(folder)!r}, where the result is to be made, is a link; remove it")
    while True:
        make_user_folder(folder, "the folder beside the output,")
        try:
            descriptor = open_regular(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:  # another run has just removed the folder
            continue
        is_locked = try_lock(descriptor)
        with contextlib.suppress(FileNotFoundError):  # another run removed it while it was being locked
            if is_locked and os.fstat(descriptor).st_ino == (folder / LOCK).stat().st_ino:
                return descriptor
        os.close(descriptor)
        if not is_locked:
            return None
