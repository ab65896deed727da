"""Whether a store is as it was sealed: every file against its card, cards against the journal, the journal itself."""

from dataclasses import dataclass

from bakeoff.errors import IntegrityError, ReadError
from bakeoff.runtime.files import raise_refusal
from bakeoff.store.history import History
from bakeoff.store.keys import Keys
from bakeoff.store.layout import GONE, Layout
from bakeoff.store.manifest import compare_with_manifest


@dataclass(frozen=True)
class Finding:
    """Something in the store that is not as it was sealed."""

    version: str | None
    text: str


def verify_journal(layout: Layout, keys: Keys | None, noted: str | None = None) -> tuple[History, list[Finding]]:
    """The history as far as it can be read, and what is wrong with the journal and with the file `champion`.

    Args:
        keys: whose signature the journal must have; None looks at none.
        noted: the head of the journal as it was at some time.
    """
    history, texts = layout.journal.inspect(keys, noted)
    if not history.entries and (layout.present() or layout.read_pointer() or not layout.journal.path.exists()):
        texts = texts or [GONE]
    texts = texts or (layout.journal.find_forged(history, keys) if keys else [])
    shown = layout.read_pointer()
    if not texts and history.champion and shown != history.champion:
        texts = [f"the file champion says {shown!r}, the journal {history.champion!r}; the next writer mends it"]
    return history, [Finding(None, text) for text in texts]


def verify_versions(layout: Layout, history: History, versions: list[str]) -> list[Finding]:
    """What differs in versions, or can't be read; those that are pruned while they are looked at are left out."""
    found = []
    for version in versions:
        try:
            texts = verify_version(layout, history, version)
        except ReadError as error:
            texts = [str(error)]
        found += [Finding(version, text) for text in texts]
    if found:
        gone = set(layout.journal.inspect(None)[0].pruned) - set(history.pruned)
        found = [finding for finding in found if finding.version not in gone]
    return found


def verify_version(layout: Layout, history: History, version: str) -> list[str]:
    """What differs in one version, a sentence each.

    Raises:
        ReadError: the system refused to have a file read.
    """
    if version in history.pruned:
        return ["it was pruned, but its folder is there; the next writer removes it"]
    try:
        if version in history.exports and not layout.path(version).is_dir():
            return ["is in the journal but not in the store"]
        return compare_with_manifest(layout.path(version), layout.read_card(version, history))
    except IntegrityError as error:
        return [str(error)]
    except OSError as error:
        raise_refusal(error, layout.path(version))
        return [str(error)]
