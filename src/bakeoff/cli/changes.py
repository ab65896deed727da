"""The commands of `bakeoff models` that change or verify a store, and `bakeoff keys`; each returns the exit status."""

import argparse
import getpass
import json
import os
from dataclasses import asdict
from typing import Any

from bakeoff.formatting import format_size, one_line
from bakeoff.store import key_files
from bakeoff.store.entries import head_of
from bakeoff.store.history import hold_json
from bakeoff.store.model_store import ModelStore


def promote(store: ModelStore, options: argparse.Namespace) -> int:
    """Make a version the champion; a hold of automatic promotion stays."""
    version = store.resolve(options.version)
    changed = store.promote(version, options.why, user())
    _print_champion(store, options, version, changed)
    return 0


def rollback(store: ModelStore, options: argparse.Namespace) -> int:
    """Make the champion before the present one champion again, and hold automatic promotion."""
    version = store.rollback(options.why, user())
    _print_champion(store, options, version, changed=True)
    return 0


def _print_champion(store: ModelStore, options: argparse.Namespace, version: str, changed: bool) -> None:
    hold = store.history().hold
    data = {"champion": version, "changed": changed, "hold": hold_json(hold)}
    lines = [f"champion: {version}{'' if changed else ' (already)'}", *([one_line(str(hold))] if hold else [])]
    _print_result(options, data, "\n".join(lines))


def resume(store: ModelStore, options: argparse.Namespace) -> int:
    """Lift the hold of automatic promotion."""
    hold = store.resume(options.why, user())
    lifted = hold and f"promotion is no longer held, as it was since {hold.since:%Y-%m-%d %H:%M:%S} UTC"
    _print_result(options, {"changed": hold is not None, "hold": None}, lifted or "promotion was not held")
    return 0


def prune(store: ModelStore, options: argparse.Namespace) -> int:
    """Remove old versions, or without `--delete` show which would be removed."""
    if options.delete:
        plan = store.prune(options.keep, options.days, options.why, user())
    else:
        plan = store.plan_prune(options.keep, options.days)
    if options.json:
        print(json.dumps(asdict(plan) | {"deleted": options.delete}, indent=1))
        return 0
    for version, reason in plan.kept.items():
        print(f"keeps    {version}  {reason}")
    for version in plan.pruned:
        print(f"{'removed' if options.delete else 'removes':<8} {version}")
    for version in plan.abandoned:
        print(f"{'removed' if options.delete else 'removes':<8} {version}  an export that was never finished")
    removed = len(plan.pruned) + len(plan.abandoned)
    count = f"{removed} of {_versions(len(plan.kept) + removed)}, {format_size(plan.bytes)}"
    if not removed:
        print("nothing to remove")
    elif options.delete:
        print(f"{count}: removed")
    else:
        print(f"{count}: --delete removes {'them' if removed > 1 else 'it'}; nothing was removed")
    return 0


def verify(store: ModelStore, options: argparse.Namespace) -> int:
    """Verify every file against its card, and the journal itself; returns 1 with findings."""
    if not store.exists():
        store.resolve("latest")  # raises the error that names the models there are
    findings = store.verify(options.version, options.head)
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        texts = [one_line(f"{finding.version or store.name}: {finding.text}") for finding in findings]
        print("\n".join(texts) or _describe_verified(store, options))
    return 1 if findings else 0


def sign(store: ModelStore, options: argparse.Namespace) -> int:
    """Verify all versions of the model, and sign its journal."""
    history = store.sign(options.why, user(), as_it_stands=options.as_it_stands)
    count, key = len(history.versions), store.keys.own
    data = {"versions": count, "champion": history.champion, "key": key}
    text = f"{_versions(count)} vouched for by the key {key}; champion: {history.champion}"
    _print_result(options, data, text)
    return 0


def generate_keys(options: argparse.Namespace) -> int:
    """Generate a pair of keys."""
    private, public, fingerprint = key_files.generate_keys(options.folder)
    data = {"private_key": str(private), "public_key": str(public), "key": fingerprint}
    text = (
        f"key {fingerprint}\n{private}: signs; keep it only where models are trained and promoted\n"
        f"{public}: verifies signatures; give it to everyone"
    )
    _print_result(options, data, text)
    return 0


def _print_result(options: argparse.Namespace, data: dict[str, Any], text: str) -> None:
    print(json.dumps(data) if options.json else text)


def _versions(count: int) -> str:
    return f"{count:,} version{'s' if count != 1 else ''}"


def _describe_verified(store: ModelStore, options: argparse.Namespace) -> str:
    history = store.history()
    checked = _versions(1 if options.version else len(history.versions))
    trusted = f" and signed by {history.entries[-1]['key']}" if store.keys.public and history.entries else ""
    return f"{checked} verified{trusted}, nothing found; journal {head_of(history)}"


def user() -> str:
    """Return the name of the user, for the journal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return f"user {os.getuid()}"
