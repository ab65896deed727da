"""`bakeoff push` and `bakeoff pull`: copies of versions in object stores and folders; each returns the exit status."""

import argparse
import contextlib
import json

from bakeoff.cli.changes import user
from bakeoff.errors import BakeoffError, UserError
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.place import open_place
from bakeoff.store.model_store import ModelStore


def push(store: ModelStore, options: argparse.Namespace) -> int:
    """Copy a version to a URL."""
    from bakeoff.store.copies.push import push_version

    version = store.resolve(options.version)
    address = parse_address(options.url)
    _say(options, version, str(address / store.name / version), push_version(store, version, open_place(address)))
    return 0


def pull(store: ModelStore, options: argparse.Namespace) -> int:
    """Copy a version from a URL into the store; the first one becomes champion."""
    from bakeoff.report.write_report import rewrite_report
    from bakeoff.store.copies.pull import pull_version

    version, copied = pull_version(store, options.version, open_place(parse_address(options.url)), user())
    if copied:
        with contextlib.suppress(BakeoffError):  # the version is whole without its report
            rewrite_report(store, version)
    _say(options, version, str(store.path(version)), copied)
    return 0


def name_at(url: str, name: str | None) -> str:
    """Return the name of the only model at a URL, or the one that is given.

    Raises:
        UserError: there are several, and none is given.
    """
    from bakeoff.store.copies.pull import models_at

    address = parse_address(url)
    names = [name] if name else models_at(open_place(address))
    if len(names) > 1:
        raise UserError(f"{address} has copies of several models: {', '.join(names)}; choose one by --name")
    if not names:
        raise UserError(f"{address} has no copies of versions: bakeoff push VERSION {address} makes one")
    return names[0]


def _say(options: argparse.Namespace, version: str, to: str, copied: bool) -> None:
    data = {"version": version, "to": to, "copied": copied}
    print(
        json.dumps(data) if options.json else f"{version} {'copied to' if copied else 'is already in'} {to}, verified"
    )
