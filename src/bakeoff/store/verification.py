"""Verify a store: every file against its card, cards against the journal, and the journal itself."""

from dataclasses import dataclass

from bakeoff.errors import IntegrityError, ReadError
from bakeoff.store.history import History
from bakeoff.store.journal import JOURNAL, JOURNAL_HEAD
from bakeoff.store.keys import Keys
from bakeoff.store.layout import GONE, Layout
from bakeoff.store.manifest import compare_with_manifest


@dataclass(frozen=True)
class Finding:
    """A difference from what was written; `version` is None for one of the journal or of the file `champion`."""

    version: str | None
    text: str


def verify_journal(
    layout: Layout, keys: Keys | None, noted: str | None = None, *, pointer: bool = True
) -> tuple[History, list[Finding]]:
    """Check the journal and the file `champion`.

    Args:
        layout: the model's files.
        keys: the trusted keys; with None signatures are not checked.
        noted: an earlier head, whose line the journal must contain.
        pointer: whether to check the file `champion`, which a writer may just be about to replace.

    Returns:
        The history as far as it can be read, and the findings.

    Raises:
        ReadError: the system refused to read a file.
    """
    history, texts = layout.journal.inspect(keys, noted)
    if not history.entries and (layout.present() or layout.read_pointer() or not _is_begun(layout)):
        texts = texts or [GONE]
    texts = texts or (layout.journal.find_forged(history, keys) if keys else [])
    shown = layout.read_pointer()
    if pointer and not texts and history.champion and shown != history.champion:
        texts = [f"the file champion says {shown!r}, the journal {history.champion!r}; the next writer corrects it"]
    return history, [Finding(None, text) for text in texts]


def _is_begun(layout: Layout) -> bool:
    return layout.files.exists(JOURNAL) or layout.files.exists(JOURNAL_HEAD)


def verify_versions(layout: Layout, history: History, versions: list[str]) -> list[Finding]:
    """Verify versions; a file that the system refuses to read is a finding too.

    Versions that were pruned or added in the meantime have none.
    """
    findings = []
    for version in versions:
        try:
            texts = verify_version(layout, history, version)
        except ReadError as error:
            texts = [str(error)]
        findings += [Finding(version, text) for text in texts]
    if findings:
        now = layout.journal.inspect(None)[0]
        changed = {*now.pruned} - {*history.pruned} | {*now.exports} - {*history.exports}
        findings = [finding for finding in findings if finding.version not in changed]
    return findings


def verify_version(layout: Layout, history: History, version: str) -> list[str]:
    """Verify one version against card and journal.

    Returns:
        The findings, a sentence each.

    Raises:
        ReadError: the system refused to read a file.
    """
    if version not in history.versions and not layout.files.exists(version):
        return []  # some object stores list folders that hold nothing any more
    if version in history.pruned:
        return ["it was pruned, but its folder is there; the next writer removes it"]
    try:
        key = layout.key(version)
        if version in history.exports and not layout.files.is_folder(key):
            return ["is in the journal but not in the store"]
        return compare_with_manifest(layout.files, key, layout.read_card(version, history))
    except IntegrityError as error:
        return [str(error)]
    except OSError as error:
        return [str(error)]
