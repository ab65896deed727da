"""`bakeoff models list|show|log`: show a store, for people or as JSON; each command returns the exit status."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bakeoff.classifiers import title
from bakeoff.cli.terminal import is_drawn, render_table
from bakeoff.errors import IntegrityError, ReadError, StoreError
from bakeoff.formatting import (
    NONE,
    format_interval,
    one_line,
    printable,
)
from bakeoff.report.accuracy_in_use import HEADER, describe_in_use, weekly_rows
from bakeoff.report.card_tables import balanced_accuracy, format_accuracy, shown_balanced
from bakeoff.report.card_text import warn_of_baseline
from bakeoff.report.table_formats import text_table
from bakeoff.store.card import Card
from bakeoff.store.contents.contestants import Finisher
from bakeoff.store.entries import STAMP
from bakeoff.store.history import HOLDS, History, hold_json
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import names_in

SHOWN = "%Y-%m-%d %H:%M:%S"
SET_BACK = "before the line above it: the clock was set back, or was ahead until then"
EVENTS = {"promote": "promotion", "rollback": "rollback"}


def list_versions(store: ModelStore, options: argparse.Namespace) -> int:
    """List all versions, oldest first, with winner, scores and age; damaged and unreadable ones are marked."""
    history = store.history()
    rows = _version_rows(store, history)
    if options.json:
        print(json.dumps(rows, indent=1))
    elif not rows:
        _print_none(store, options)
    else:
        _print_versions(rows, history)
    return 0


def list_models(stores: list[ModelStore], options: argparse.Namespace) -> int:
    """List all versions of several models; returns 1 if a model can't be listed."""
    rows: list[dict[str, Any]] = []
    status = 0
    for store in stores:
        try:
            history = store.history()
            model_rows = _version_rows(store, history)
        except (IntegrityError, ReadError) as error:
            trouble = "damaged" if isinstance(error, IntegrityError) else "unreadable"
            model_rows, status = [{"name": store.name, trouble: str(error)}], 1
            print(f"bakeoff: {store.name}: {error}", file=sys.stderr)
        else:
            if not options.json:
                print(f"{chr(10) if rows else ''}{store.name}")
                _print_versions(model_rows, history)
        rows += model_rows
    if options.json:
        print(json.dumps(rows, indent=1))
    return status


def _version_rows(store: ModelStore, history: History) -> list[dict[str, Any]]:
    """Return a JSON object for each version; one that can't be read has `damaged` or `unreadable` instead of scores."""
    rows: list[dict[str, Any]] = []
    for version in history.versions:
        champion = version == history.champion
        row: dict[str, Any] = {"name": store.name, "version": version, "champion": champion}
        row["hold"] = hold_json(history.hold) if champion else None
        try:
            card = store.card(version, history)
            row |= {
                "classifier": card.classifier,
                "cv_mean": card.winner.cv_mean,
                "test_accuracy": card.winner.test["accuracy"],
                "test_balanced_accuracy": shown_balanced(card),
                "beats_baseline": card.beats_baseline,
                "created": card.created,
            }
        except StoreError:  # pruned meanwhile
            continue
        except IntegrityError as error:
            row["damaged"] = str(error)
        except ReadError as error:
            row["unreadable"] = str(error)
            print(f"bakeoff: {error}", file=sys.stderr)
        rows.append(row)
    return rows


def _print_versions(rows: list[dict[str, Any]], history: History) -> None:
    header = ("Version", "Winner", "CV mean", "Test accuracy", "Age")
    sides = ("left", "left", "right", "right", "left")
    print(render_table(header, [*map(_cells, rows)], history.champion, is_drawn(), sides))
    for row in rows:
        if "damaged" in row:
            print(f"{row['version']}: {row['damaged']}")
        elif row.get("beats_baseline") is False:
            print(f"{row['version']} does not beat the baseline")
    _print_hold(history)


def _print_hold(history: History) -> None:
    if history.hold:
        print(one_line(str(history.hold)))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    for trouble in ("damaged", "unreadable"):
        if trouble in row:
            return row["version"], trouble, NONE, NONE, NONE
    scores = f"{row['cv_mean']:.4f}", format_accuracy(row["test_accuracy"], row["test_balanced_accuracy"])
    return row["version"], title(row["classifier"]), *scores, _age(row["created"])


def show_card(store: ModelStore, options: argparse.Namespace) -> int:
    """Show a version's card: who won and why, on which rows."""
    history = store.history()
    version = store.resolve(options.version, history)
    if options.json:
        print(json.dumps(store.card_json(version, history), indent=1))
        return 0
    print(printable("\n".join(_describe(store, history, store.card(version, history)))))
    return 0


def _describe(store: ModelStore, history: History, card: Card) -> Iterator[str]:
    rows, version = card.rows, card.version
    mark = "  (champion)" if version == history.champion else ""
    yield "\n".join([f"{card.name} {version}{mark}", *warn_of_baseline(card), card.selection.why, ""])
    uneven = shown_balanced(card) is not None
    for name, scores in card.leaderboard.items():
        if isinstance(scores, Finisher):
            within = f" ({format_interval(scores.interval())})" if scores.test_intervals else ""
            accuracy = format_accuracy(scores.test["accuracy"], balanced_accuracy(scores) if uneven else None)
            figures = f"CV {scores.cv_mean:.4f} ± {scores.cv_std:.4f}  test {accuracy}{within}"
        else:
            figures = f"{scores.status}: {scores.reason}"
        yield f"{'*' if name == card.classifier else ' '} {title(name):<20} {figures}"
    if in_use := describe_in_use(history, version):
        yield f"\n{in_use}"
        yield from text_table(HEADER, weekly_rows(history, version))
    environment = ", ".join(f"{name} {card.environment[name]}" for name in ("scikit-learn", "python"))
    yield f"\nrows        {rows.train:,} train, {rows.test:,} test, {rows.validation:,} hold-out"
    yield f"target      {card.target}: {', '.join(card.classes[:12])}{' …' if len(card.classes) > 12 else ''}"
    yield f"features    {len(card.features)}"
    yield f"data        {card.data_sha256}"
    yield f"made by     {history.exports[version].get('by') or 'not recorded'}, {_age(card.created)}; {environment}"
    yield f"folder      {store.path(version)}"
    if history.hold:
        yield f"hold        {history.hold}"


def show_log(store: ModelStore, options: argparse.Namespace) -> int:
    """Show the champions with their periods and reasons, oldest first; with `--all` every line of the journal."""
    if options.all:
        return _show_journal(store, options)
    history = store.history()
    if options.json:
        print(
            json.dumps(
                [asdict(period) for period in history.champion_periods], indent=1, default=f"{{:{STAMP}}}".format
            )
        )
    elif not history.entries:
        _print_none(store, options)
    else:
        rows = [
            (
                period.version,
                f"{period.since:{SHOWN}}",
                f"{period.until:{SHOWN}}" if period.until else "now",
                EVENTS[period.event],
                _format_reason(period.why, period.by),
            )
            for period in history.champion_periods
        ]
        header = ("Champion", "From (UTC)", "To", "By", "Why")
        print(render_table(header, rows, drawn=is_drawn(), align=("left",) * 5))
        for version in history.labels:
            print(f"{version}: {describe_in_use(history, version)}")
        for number in history.set_back:
            print(f"line {number} of the journal is dated {SET_BACK}")
        _print_hold(history)
    return 0


def _show_journal(store: ModelStore, options: argparse.Namespace) -> int:
    """Show every line, even of a journal with findings, since they are needed to repair it; returns 1 with findings."""
    history = store.journal.read(None)
    if options.json:
        print(json.dumps(history.entries, indent=1))
    elif not history.entries:
        _print_none(store, options)
    else:
        _print_entries(history)
    _, findings = store.journal.inspect(store.keys)
    for finding in findings:
        print(f"bakeoff: {one_line(finding)}", file=sys.stderr)
    return 1 if findings else 0


def _print_entries(history: History) -> None:
    print(f"{'line':>4}  {'at (UTC)':<19}  {'event':<8}  {'version':<22}  {'signed by':<16}  why")
    for number, entry in enumerate(history.entries, start=1):
        if number in history.set_back:
            print(f"      the next line is dated {SET_BACK}")
        for version in entry.get("versions", [entry.get("version", "")]):
            time = entry["time"].replace("T", " ").removesuffix("Z")
            line = f"{number:>4}  {time}  {entry['event']:<8}  {version:<22}  {one_line(entry.get('key', ''))[:16]:<16}"
            challenger = f"over {entry['challenger']}: " if "challenger" in entry else ""
            holds = f"holds {entry[HOLDS]}: " if HOLDS in entry else ""
            if entry["event"] == "labels":
                figures = entry["figures"]
                holds = f"{figures['right']:,} of {figures['rows']:,} right, {figures['week']}: "
            print(f"{line}  {challenger}{holds}{_format_reason(entry['why'], entry.get('by'))}")


def _print_none(store: ModelStore, options: argparse.Namespace) -> None:
    """Print to standard error that there are no versions, and which models the store has."""
    others = ", ".join(names_in(store.root))
    hint = f"; there {'are' if ',' in others else 'is'} {others}" if others else ""
    missing = f"no versions of {store.name!r}" if others else "no models"
    print(f"{missing} in {str(options.store)!r} yet: train first{hint}", file=sys.stderr)


def _format_reason(why: str, by: str | None) -> str:
    """Format a reason in one line, whatever it contains."""
    return one_line(why + (f" ({by})" if by else ""))


def _age(created: str) -> str:
    """Describe how long ago a version was created, as `3 days ago`."""
    seconds = (datetime.now(UTC) - datetime.strptime(created, STAMP).replace(tzinfo=UTC)).total_seconds()
    if seconds <= -60:
        return f"dated {created[:10]}"  # in the future: that clock was ahead, or this one is slow
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''} ago"
    return "just now"
