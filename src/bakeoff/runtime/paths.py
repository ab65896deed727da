"""Check paths given by users: that they can be on this machine, and that none lies inside another."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bakeoff.errors import ConfigError

# As s3://bucket, https:/host (what Path makes of two slashes), jdbc:postgresql://host, user@host:/folder.
ADDRESS = re.compile(r"\s*[\w+.@-]{2,}(:[\w+.@-]+)*:[/\\]")
OBJECT = re.compile(r"\w+://")
PASSWORD = re.compile(r"//[^/]*@")
WINDOWS = re.compile(r"\s*([A-Za-z]:[/\\]|\\\\)")
STAMP = "%Y%m%dT%H%M%SZ"  # in names of folders
ROOTS = "BAKEOFF_ROOTS"  # folders and addresses, with colons between; empty or unset: everywhere
LONGEST_NAME, LONGEST_PATH = 255, 4095  # bytes, on Linux


def local_path(text: str, *, anywhere: bool = False, taken: str = "files and folders of this machine") -> str:
    """The path with `~` expanded; the disk is consulted only if there are roots.

    Args:
        text: the path.
        anywhere: whether it may lie outside of the roots, as what the environment names.
        taken: what is accepted, for the message about an address.

    Raises:
        ValueError: it can't be a path on this machine; the message says why.
    """
    shown = PASSWORD.sub("//…@", text)
    shown = repr(shown if len(shown) <= 80 else f"{shown[:80]}…")
    if not text.strip():
        raise ValueError("it is empty; give a path, or leave it out")
    if WINDOWS.match(text):
        raise ValueError(f"{shown} is a path of Windows; give one of this machine, as /data/models")
    if ADDRESS.match(text):
        raise ValueError(f"{shown} is an address, and only {taken} are taken; mount it, or copy it here")
    if "\0" in text:
        raise ValueError(f"{shown} holds a zero byte, which no path can")
    if text.startswith("~"):
        try:
            text = str(Path(text).expanduser())
        except RuntimeError as error:
            raise ValueError(f"{shown}: there is no such home folder; give the whole path, from / on") from error
    encoded = os.fsencode(text)
    if len(encoded) > LONGEST_PATH or max(map(len, encoded.split(b"/"))) > LONGEST_NAME:
        raise ValueError(f"{shown} is too long for a path: {LONGEST_NAME} bytes a name are the most")
    if not anywhere and (problem := _outside(text)):
        raise ValueError(problem)
    return text


def refuse_outside_roots(path: str | Path) -> None:
    """Refuse a path that lies outside of the folders in the environment's `BAKEOFF_ROOTS`, links resolved.

    Raises:
        ConfigError: it does.
    """
    if problem := _outside(path):
        raise ConfigError(problem)


def allowed_roots() -> list[str]:
    """Return the folders and addresses in the environment's `BAKEOFF_ROOTS`; none: everywhere."""
    return [root for root in re.split(r":(?!//)", os.environ.get(ROOTS, "")) if root]


def _outside(path: str | Path) -> str | None:
    roots = allowed_roots()
    if not roots or any(_lies_in_root(path, root) for root in roots):
        return None
    return f"{str(path)!r} lies outside of {', '.join(roots)}, the only folders that {ROOTS} allows here"


def _lies_in_root(path: str | Path, root: str) -> bool:
    if "://" in root or OBJECT.match(str(path)):
        return f"{path}/".startswith(f"{root.rstrip('/')}/")
    return lies_in(path, root)


def refuse_within(
    places: Mapping[str, str | Path], outer: str, folder: str | Path, *, hidden_may: bool = False
) -> None:
    """Refuse output that would be written among files of another kind.

    Args:
        places: the paths that are written to, by their names in messages.
        outer: the folder's name in messages.
        folder: none of the places may be this folder or lie inside it.
        hidden_may: allow places in a hidden subfolder (`.x`, `_x`), which readers of the folder skip.

    Raises:
        ConfigError: a place does; the message names both.
    """
    for name, place in places.items():
        if lies_in(place, folder) and not (hidden_may and _is_hidden(place, folder)):
            where = "is" if lies_in(folder, place) else "lies in"
            raise ConfigError(f"{name} {str(place)!r} {where} {outer} {str(folder)!r}; choose a folder outside it")


def refuse_mixed(store: object, workspace: str | Path, rows: str | Path | None) -> None:
    """Refuse a store, workspace and input that lie inside one another: a run would mistake one's files for another's.

    Args:
        store: the store's folder, or its address, in which no folder lies.
        workspace: the folder of intermediate files.
        rows: the file or folder that is read, if any.

    Raises:
        ConfigError: one lies inside another; the message names both.
    """
    places: dict[str, str | Path] = {"workspace": workspace}
    if not OBJECT.match(str(store)):
        refuse_within(places, "the store", str(store), hidden_may=True)
        places["store"] = str(store)
    if rows is not None and not OBJECT.match(str(rows)):
        refuse_within(places, "the input", rows, hidden_may=True)


def lies_in(place: str | Path, folder: str | Path) -> bool:
    """Whether a path is a folder or lies below it, links, dots and case resolved."""
    real, outer = Path(os.path.realpath(place)), Path(os.path.realpath(folder))
    return any(path == outer or _is_same(path, outer) for path in (real, *real.parents))


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths are the same file, as they may be on a case-insensitive file system though they differ."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_hidden(place: str | Path, folder: str | Path) -> bool:
    """Whether the first component below the folder is a name that readers skip."""
    relative = os.path.relpath(os.path.realpath(place), os.path.realpath(folder))
    return relative[:1] in (".", "_") and relative.split("/")[0] not in (".", "..")


def folder_time(folder: Path, written: Path) -> datetime:
    """Return the time that a folder is named by, as `20261122T101500Z`, else the time at which a file was written.

    Raises:
        OSError: the time of the file can't be read.
    """
    try:
        return datetime.strptime(folder.resolve().name, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(written.stat().st_mtime, UTC)
