"""A prediction run's output in an object store: the run's id first, then the files, and last the summary."""

import json
from pathlib import Path
from typing import Any

from bakeoff.errors import UserError, WriteError
from bakeoff.runtime.objects.address import Address, object_address
from bakeoff.runtime.objects.place import CHUNK, Place, naming, open_place, read_limited

CLAIM = "_run"  # the id of the run that writes here; readers of a folder skip its name
SUMMARY = "summary.json"
MOST = 64 << 20  # bytes of a summary


def refuse_existing(address: Address, *, unfinished: bool) -> None:
    """Refuse an output that is there already.

    Args:
        address: the output.
        unfinished: whether this machine has the batches of a run with this output, which may have begun to write it.

    Raises:
        UserError: it is there, or another run writes it; or the store has no such bucket or gives no permission.
        ReadError: the store can't be reached.
    """
    with naming(address):
        names = open_place(address).names()
    if CLAIM in names and SUMMARY not in names:
        if not unfinished:
            raise _taken(address)
    elif names:
        raise UserError(f"output {str(address)!r} exists already; choose another or remove it")


def refuse_claimed(address: Address, run: str) -> None:
    """Refuse an output that another run has begun to write, before anything is scored for it.

    Raises:
        UserError: it has; or the store has no such bucket or gives no permission.
        ReadError: the store can't be reached.
    """
    with naming(address):
        place = open_place(address)
        if CLAIM in place.names() and read_limited(place, CLAIM, CHUNK) != run.encode():
            raise _taken(address)


def upload(folder: Path, address: Address, run: str) -> None:
    """Write a folder's files to an object store; they count once the summary, the last, is there.

    Args:
        folder: the folder.
        address: the output.
        run: the run's id; what a run with this id has written before is replaced.

    Raises:
        WriteError: another run writes this output, or the store can't be written; the same command continues.
    """
    place, summary = open_place(address), folder / SUMMARY
    try:
        with naming(address, writes=True):
            if not _create(place, CLAIM, run.encode()):
                raise _taken(address)
            for path in sorted(folder.iterdir()):
                if path != summary:
                    place.replace(path.name, path)
            if not _create(place, SUMMARY, summary.read_bytes()):
                raise UserError(f"output {str(address)!r} was made by somebody else meanwhile")
    except (UserError, WriteError) as error:  # a `UserError` would remove what was scored, perhaps for hours
        raise WriteError(f"{error}; what was scored is kept: then give the same command again") from error


def read_summary(folder: str) -> tuple[dict[str, Any], set[str]]:
    """Read the summary of an output, a folder or an address; returns its content, and the names of the output's files.

    Raises:
        UserError, ReadError: the object store can't be read.
    """
    address = object_address(folder)
    if address is None:
        text = (Path(folder) / SUMMARY).read_bytes()
        return json.loads(text), {path.name for path in Path(folder).iterdir()}
    with naming(address):
        place = open_place(address)
        return json.loads(read_limited(place, SUMMARY, MOST)), place.names()


def _create(place: Place, key: str, content: bytes) -> bool:
    """Write an object that is not there; returns whether it then has this content, whoever wrote it."""
    return place.create(key, content) or read_limited(place, key, max(len(content), CHUNK)) == content


def _taken(address: Address) -> UserError:
    return UserError(
        f"another run writes output {str(address)!r}, or one that ended early has left it: wait, choose another, or "
        "remove it"
    )
