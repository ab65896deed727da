"""`bakeoff labels`: what predictions were worth, once their true classes are known; returns the exit status."""

import argparse
import json
from pathlib import Path

from bakeoff.cli.changes import user
from bakeoff.errors import IntegrityError, UserError
from bakeoff.formatting import one_line
from bakeoff.report.accuracy_in_use import HEADER, weekly_figures, weekly_rows
from bakeoff.report.table_formats import text_table
from bakeoff.store.history import History
from bakeoff.store.model_store import ModelStore

DEFAULT = Path("predictions")


def labels(store: ModelStore, options: argparse.Namespace) -> int:
    """Join labels to past predictions, record how many were right, and show each version's accuracy by week."""
    from bakeoff.prediction.labels import Counts, describe_coverage, find_folders, join_labels, read_labels
    from bakeoff.report.write_report import is_deep, rewrite_report

    store.resolve("latest")
    history, counts = store.history(), Counts()
    truth = read_labels(options.file, options.key, options.target, counts)
    folders = find_folders(options.predictions or [DEFAULT])
    classes = _classes(store, history)
    joined, found = [], set[str]()
    for folder in folders:
        if result := join_labels(folder, store.name, classes, options.key, truth, counts):
            joined.append(result[0])
            found |= result[1]
    if not joined:
        raise UserError(f"no prediction can be joined: {'; '.join(counts.lines())}")
    why = f"labels of {options.target!r} by {options.key!r} from {options.file.name!r}"
    recorded = store.record_labels(
        [(each.version, each.digest, each.week, each.rows, each.right) for each in joined if each.rows],
        f"{why}: {options.why}" if options.why else why,
        user(),
    )
    after = store.history()
    versions = [version for version in after.labels if version in {each.version for each in joined}]
    for version in versions:  # of those recorded before, too: the report may not have been written then
        if version in after.versions and not is_deep(store, version):
            rewrite_report(store, version)
    said = [describe_coverage(joined, len(truth), len(found)), *counts.lines()]
    if options.json:
        figures = {version: weekly_figures(after, version) for version in versions}
        print(json.dumps({"said": said, "recorded": recorded, "versions": figures}, indent=1))
        return 0
    for line in said:
        print(one_line(line))
    rows = [(version, *row) for version in versions for row in weekly_rows(after, version)]
    if rows:
        print("\n" + "\n".join(text_table(("Version", *HEADER), rows, (True, True))))
    if not recorded:
        print("nothing new: the journal has these figures already" if rows else "no prediction has a label")
    return 0


def _classes(store: ModelStore, history: History) -> dict[str, list[str]]:
    """Return the classes of each version; of one that was pruned or can't be read an empty list."""
    classes: dict[str, list[str]] = {version: [] for version in history.exports}
    for version in history.versions:
        try:
            classes[version] = store.card(version, history).classes
        except IntegrityError:
            continue
    return classes
