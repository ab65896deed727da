"""Making cards and journals fit what was changed, as an attacker would who knows the format."""

import hashlib
import json

from bakeoff.runtime import files
from bakeoff.store.card import Card


def read_card(folder, **changed):
    """The card of a version's folder, with other values at its top."""
    return Card.from_dict(json.loads((folder / "card.json").read_text()) | changed)


def rewrite_card(folder):
    """Make a version's card fit its files, as an attacker would."""
    card = json.loads((folder / "card.json").read_text())
    for name, sealed in card["files"].items():
        sealed["sha256"] = files.sha256_file(folder / name)
    (folder / "card.json").write_text(json.dumps(card))


def rewrite_journal(store, unsigned=False):
    """Make journal and head fit the cards, as an attacker would who knows the format and has no key."""
    previous, lines = None, []
    for line in store.journal.path.read_text().splitlines():
        entry = json.loads(line) | {"previous": previous}
        if entry["event"] == "export":
            entry["card_sha256"] = files.sha256_file(store.path(entry["version"]) / "card.json")
        if unsigned:
            entry = {key: value for key, value in entry.items() if key not in ("key", "signature")}
        lines.append(json.dumps(entry))
        previous = hashlib.sha256(lines[-1].encode()).hexdigest()
    store.journal.path.write_text("\n".join(lines) + "\n")
    store.journal.head.write_text(f"{len(lines)} {previous}\n")


def rewrite_environment(store, version, **environment):
    """Have the card say that the version was written under others; card and journal fit each other again."""
    path = store.path(version) / "card.json"
    card = json.loads(path.read_text())
    card["environment"] |= environment
    path.write_text(json.dumps(card))
    rewrite_journal(store)
