"""Send results together with the files they refer to, between machines without a shared folder."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

RECEIVED = "received"  # folder for files from machines without a shared folder


@dataclass(frozen=True)
class Bundle(Generic[Result]):
    """A step's result (a dataclass), and the contents of the files that its fields name, by field."""

    result: Result
    files: Mapping[str, bytes]


def pack(result: Result) -> Bundle[Result]:
    """Bundle a result with the files it refers to."""
    return Bundle(result, {field: path.read_bytes() for field, path in file_fields(result).items()})


def unpack(given: "Bundle[Result] | Result", folder: Path) -> Result:
    """Write a bundle's files to `folder`, and return its result with their paths; return anything else unchanged."""
    if not isinstance(given, Bundle):
        return given
    folder.mkdir(exist_ok=True)  # without parents: a run's folder that was removed must not be made again
    paths = {field: folder / path.name for field, path in file_fields(given.result).items()}
    for field, path in paths.items():
        path.write_bytes(given.files[field])
    return replace_files(given.result, paths)


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read a folder's files; returns contents by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a new folder that appears complete or not at all."""
    aside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, content in files.items():
        (aside / name).write_bytes(content)
    aside.rename(folder)


def file_fields(result: Any) -> dict[str, Path]:
    """The fields of a dataclass that hold paths, by name."""
    return {field.name: value for field in fields(result) if isinstance(value := getattr(result, field.name), Path)}


def replace_files(result: Result, paths: Mapping[str, Path]) -> Result:
    """A copy of a dataclass with other paths, by field."""
    changed: Any = replace(result, **paths)  # type: ignore[type-var]  # a dataclass, as `fields` has found
    return changed  # type: ignore[no-any-return]
