"""Read a copied version: its seal, its card and its files, each verified."""

import hashlib
from collections.abc import Iterator

from bakeoff.errors import IntegrityError
from bakeoff.runtime.objects.place import CHUNK, Place, naming, read_limited
from bakeoff.store.card import Card
from bakeoff.store.copies.seal import LARGEST_SEAL, SEAL, check_seal
from bakeoff.store.journal import Journal
from bakeoff.store.keys import Keys
from bakeoff.store.manifest import LARGEST_CARD, parse_card


def read_card(place: Place, journal: Journal, version: str, seals: set[str], keys: Keys) -> tuple[bytes, str, Card]:
    """Read card.json, verified against a seal.

    Args:
        place: where the copy is.
        journal: the model's journal in the local store.
        version: the version's id.
        seals: the names of the files beside the card.
        keys: the trusted keys.

    Returns:
        The content of card.json, its SHA-256, and the card.

    Raises:
        IntegrityError: card or seal were changed, or no seal is signed by a trusted key.
    """
    key = f"{journal.name}/{version}"
    names = sorted(filter(SEAL.fullmatch, seals))
    own = [name for name in names if name.split(".")[1] in keys.public]
    seal = read_small(place, f"{key}/{(own or names)[-1]}", LARGEST_SEAL)
    digest = str(check_seal(seal, journal, version, keys)["card_sha256"])
    content = read_small(place, f"{key}/card.json", LARGEST_CARD)
    if hashlib.sha256(content).hexdigest() != digest:
        raise IntegrityError("card.json differs from its seal")
    card = parse_card(content, version)
    if card.name != journal.name:
        raise IntegrityError(f"card.json is of another model, {card.name[:100]!r}")
    return content, digest, card


def read_sealed(place: Place, model: str, card: Card, name: str) -> Iterator[bytes]:
    """Read a file of a copy in pieces; after the last one it is known to be what was sealed.

    Raises:
        IntegrityError: it is missing, or differs from the card.
    """
    sealed, size, digest = card.files[name], 0, hashlib.sha256()
    with naming(place.address):
        try:
            with place.open(f"{model}/{card.version}/{name}") as file:
                while chunk := file.read(CHUNK):
                    size += len(chunk)
                    if size > sealed.bytes:
                        break
                    digest.update(chunk)
                    yield chunk
        except FileNotFoundError as error:
            raise IntegrityError(f"{name} is missing") from error
    if size != sealed.bytes or digest.hexdigest() != sealed.sha256:
        raise IntegrityError(f"{name} differs from its card")


def read_small(place: Place, key: str, most: int) -> bytes:
    """Read a whole file of at most so many bytes.

    Raises:
        IntegrityError: it is missing.
    """
    with naming(place.address):
        try:
            return read_limited(place, key, most)
        except FileNotFoundError as error:
            raise IntegrityError(f"{key.rsplit('/', 1)[-1]} is missing") from error
