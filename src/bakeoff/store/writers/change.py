"""Change a model wherever its files are."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bakeoff.errors import StoreError, WriteError
from bakeoff.runtime.files import require_writable, write_aside
from bakeoff.runtime.locks import locked
from bakeoff.runtime.objects.place import naming
from bakeoff.store.files.folder_files import LOCK, FolderFiles
from bakeoff.store.files.object_files import ObjectFiles
from bakeoff.store.keys import Keys
from bakeoff.store.layout import Layout
from bakeoff.store.manifest import REPORT
from bakeoff.store.writers.addition import Writer
from bakeoff.store.writers.folder_writer import change_folder
from bakeoff.store.writers.object_writer import change_objects

Changed = TypeVar("Changed")


def change_model(layout: Layout, keys: Keys, trusted: Keys | None, change: Callable[[Writer], Changed]) -> Changed:
    """Change a model; in an object store the change may be begun several times, and only the last is committed.

    Args:
        layout: the model's files.
        keys: the keys to sign with.
        trusted: the trusted keys; with None signatures are not checked.
        change: makes the change, by the writer that it is given, and returns what this function returns.

    Raises:
        BakeoffError: as for `change_folder` and `change_objects`; nothing was changed.
    """
    files = layout.files
    if isinstance(files, ObjectFiles):
        return change_objects(layout, files, keys, trusted, change)
    assert isinstance(files, FolderFiles)
    return change_folder(files.place, layout, keys, trusted, change)


def require_changeable(layout: Layout) -> None:
    """Check that a model's files can be written.

    Raises:
        UserError: they can't.
        WriteError: the object store could not be written.
    """
    files = layout.files
    if isinstance(files, ObjectFiles):
        with naming(files.place, writes=True):
            files.objects.require_conditions()
    else:
        assert isinstance(files, FolderFiles)
        require_writable(files.place, "the store", StoreError)


def replace_report(layout: Layout, version: str, html: str) -> None:
    """Replace a version's report.

    Raises:
        StoreError: the version's folder can't be written to.
        WriteError: the write failed; the old report is unchanged.
    """
    files = layout.files
    if isinstance(files, ObjectFiles):
        with naming(files.place, writes=True):
            files.objects.write(f"{version}/{REPORT}", html.encode())
        return
    assert isinstance(files, FolderFiles)
    path: Path = files.place / layout.key(version) / REPORT
    require_writable(path.parent, "the version", StoreError)
    try:
        with locked(files.place / LOCK):
            write_aside(path, html).replace(path)
    except OSError as error:
        raise WriteError(f"{path} could not be written: {error.strerror or error}; it is as it was") from error
