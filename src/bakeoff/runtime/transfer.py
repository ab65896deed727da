"""Files that travel with what refers to them, between machines that share no folder."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

RECEIVED = "received"  # the folder of what came from machines that share none


@dataclass(frozen=True)
class Bundle(Generic[Result]):
    """A step's result, a dataclass, with the bytes of the files that its fields name."""

    result: Result
    files: Mapping[str, bytes]


def pack(result: Result) -> Bundle[Result]:
    """Read the files that a result refers to."""
    return Bundle(result, {field: path.read_bytes() for field, path in file_fields(result).items()})


def unpack(given: "Bundle[Result] | Result", folder: Path) -> Result:
    """The result with its files in `folder`; what was not packed is given back as it is."""
    if not isinstance(given, Bundle):
        return given
    folder.mkdir(exist_ok=True)  # without its parents: a run that has ended leaves nothing behind
    there = {field: folder / path.name for field, path in file_fields(given.result).items()}
    for field, path in there.items():
        path.write_bytes(given.files[field])
    return replace_files(given.result, there)


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files into a folder that is there whole or not at all."""
    aside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, content in files.items():
        (aside / name).write_bytes(content)
    aside.rename(folder)


def file_fields(result: Any) -> dict[str, Path]:
    """The fields of a dataclass that are paths."""
    return {field.name: value for field in fields(result) if isinstance(value := getattr(result, field.name), Path)}


def replace_files(result: Result, paths: Mapping[str, Path]) -> Result:
    """The same dataclass with other paths."""
    changed: Any = replace(result, **paths)  # type: ignore[type-var]  # a dataclass, as `fields` has found
    return changed  # type: ignore[no-any-return]
