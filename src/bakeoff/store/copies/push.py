"""Copy a version from the store to a folder or an object store."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bakeoff.errors import IntegrityError, UserError
from bakeoff.runtime.objects.place import Place, naming
from bakeoff.runtime.workspace import UPLOAD, locked_folder, naming_folder
from bakeoff.store.card import Card
from bakeoff.store.copies.seal import LARGEST_SEAL, SEAL, make_seal
from bakeoff.store.copies.sealed_files import read_sealed, read_small
from bakeoff.store.manifest import CARD, LARGEST_CARD
from bakeoff.store.reader import StoreReader


def push_version(store: StoreReader, version: str, place: Place) -> bool:
    """Copy a version; it counts as copied once its seal is there, which is written last.

    Args:
        store: the version's store.
        version: the version's id.
        place: where to; the copy is in `<name>/<version>` below it.

    Returns:
        Whether anything was copied; a copy that is there already is verified.

    Raises:
        UserError: the place is a store itself, or can't be used.
        IntegrityError: the version or its copy differs from the card.
        WriteError: the place could not be written; what was copied so far is no version.
    """
    key, history = f"{store.name}/{version}", store.history()
    card = store.card(version, history)
    if findings := store.verify(version):
        raise IntegrityError(f"version {version} is not copied: {findings[0].text}")
    content = store.card_bytes(version, history)
    seal_name, seal = make_seal(history, version)
    with naming(place.address, writes=True):
        if store.journal.path.name in place.names(store.name):
            raise UserError(f"{place.address} is a store with a model {store.name!r} itself; give another place")
        with place.writing(key):
            seals = set(filter(SEAL.fullmatch, place.names(key)))
            if not seals:
                for name in (*card.files, CARD):
                    with _file_of(store, version, name) as source:
                        place.replace(f"{key}/{name}", source)
            try:
                _require_equal(place, store.name, card, content)
                created = place.create(f"{key}/{seal_name}", seal)
                if not created and read_small(place, f"{key}/{seal_name}", LARGEST_SEAL) != seal:
                    raise IntegrityError(f"{seal_name} is not what was written")
            except IntegrityError as error:
                raise IntegrityError(f"the copy {place.address / key} is not used: {error}; remove it there") from error
    return seal_name not in seals


@contextlib.contextmanager
def _file_of(store: StoreReader, version: str, name: str) -> Iterator[Path]:
    """Give a file of a version; of a store in an object store a copy."""
    folder = store.path(version)
    if isinstance(folder, Path):
        yield folder / name
        return
    content = store.card_bytes(version) if name == CARD else store.read(version, name)
    with contextlib.ExitStack() as open_folders:
        with naming_folder():
            temporary = open_folders.enter_context(locked_folder(UPLOAD))
            (temporary / name).write_bytes(content)
        yield temporary / name


def _require_equal(place: Place, model: str, card: Card, content: bytes) -> None:
    """Raise an `IntegrityError` if a copy's card or files differ from the store's."""
    if read_small(place, f"{model}/{card.version}/card.json", LARGEST_CARD) != content:
        raise IntegrityError("card.json differs from the store's")
    for name in card.files:
        for _ in read_sealed(place, model, card, name):
            pass
