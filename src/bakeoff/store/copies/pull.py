"""Copy a version from a folder or an object store into the store."""

import re

from bakeoff.errors import IntegrityError, StoreError, UserError
from bakeoff.runtime.files import NAME, create_file
from bakeoff.runtime.objects.place import Place, naming
from bakeoff.runtime.workspace import PULL, locked_folder, naming_folder
from bakeoff.store.copies.seal import SEAL
from bakeoff.store.copies.sealed_files import read_card, read_sealed
from bakeoff.store.entries import VERSION
from bakeoff.store.model_store import ModelStore

SHOWN = 5  # versions listed in a message


def models_at(place: Place) -> list[str]:
    """Return the names of the models that have copies at a place."""
    with naming(place.address):
        names = sorted(name for name in place.names() if re.fullmatch(NAME, name))
        return [name for name in names if any(map(VERSION.fullmatch, place.names(name)))]


def pull_version(store: ModelStore, wanted: str, place: Place, by: str | None = None) -> tuple[str, bool]:
    """Copy a version into the store, completely or not at all; nothing in it is opened or run.

    Args:
        store: the store to copy into.
        wanted: `latest` or a version's id.
        place: where from; the copy is in `<name>/<version>` below it.
        by: the user who copies it, for the journal.

    Returns:
        The version's id, and whether it was copied: what the store has already is verified.

    Raises:
        UserError: there is no such copy, or the place can't be used.
        StoreError: the store can't be written, or has pruned the version.
        IntegrityError: the copy differs from its card, or is not signed by a trusted key.
        WriteError: a write failed; nothing was changed.
        ReadError: the place could not be read.
    """
    store.require_ready()
    version, seals = _find(place, store.name, wanted)
    try:
        with naming_folder(), locked_folder(PULL) as temporary:
            folder = temporary / "version"
            folder.mkdir()
            content, digest, card = read_card(place, store.journal, version, seals, store.keys)
            if store.has(version, digest):
                return version, False
            with create_file(folder / "card.json") as written:
                written.write(content)
            for name in card.files:
                with create_file(folder / name) as written:
                    for chunk in read_sealed(place, store.name, card, name):
                        written.write(chunk)
            return version, store.import_version(card, digest, folder, f"pulled from {place.address}", by)
    except IntegrityError as error:
        raise IntegrityError(f"version {version} of {place.address} is not used: {error}") from error


def _find(place: Place, model: str, wanted: str) -> tuple[str, set[str]]:
    """Return the id of a copy given as `latest` or an id, and the names of its files."""
    with naming(place.address):
        found = sorted(filter(VERSION.fullmatch, place.names(model)), reverse=True)
        for version in found if wanted == "latest" else {wanted} & {*found}:
            names = place.names(f"{model}/{version}")
            if any(map(SEAL.fullmatch, names)):
                return version, names
    if not found:
        raise UserError(f"{place.address} has no copies of {model!r}: push some, or give another --name")
    shown = ", ".join(reversed(found[:SHOWN]))
    raise StoreError(f"{place.address} has no copy {wanted!r} of {model!r}; allowed: latest or an id ({shown})")
