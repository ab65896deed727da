"""`bakeoff report`, `compare` and `ui`: the commands that show versions; each returns the exit status."""

import argparse
import json

from bakeoff.cli.compare import compare_cards, warn_of_differences
from bakeoff.formatting import one_line
from bakeoff.report.table_formats import text_table
from bakeoff.store.model_store import ModelStore


def report(store: ModelStore, options: argparse.Namespace) -> int:
    """Write a version's report again, and print its path."""
    from bakeoff.report.write_report import rewrite_report

    path = rewrite_report(store, store.resolve(options.version), options.workspace if options.deep else None)
    print(json.dumps({"report": str(path)}) if options.json else path)
    return 0


def compare(store: ModelStore, options: argparse.Namespace) -> int:
    """Show two versions side by side."""
    history = store.history()
    names = [store.resolve(wanted, history) for wanted in (options.first, options.second)]
    cards = [store.card(name, history) for name in names]
    tables, warning = compare_cards(*cards), warn_of_differences(*cards)
    if options.json:
        print(json.dumps({"versions": names, "warning": warning} | tables, indent=1))
        return 0
    print("\n\n".join("\n".join(text_table((heading, *names), rows)) for heading, rows in tables.items()))
    if warning:
        print(f"\n{one_line(warning)}")
    return 0


def serve(options: argparse.Namespace) -> int:
    """Show the store's reports in the browser."""
    from bakeoff.cli.ui.server import serve_store

    serve_store(options.store, options.port, options.predictions)
    return 0
