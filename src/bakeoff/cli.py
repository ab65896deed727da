"""`bakeoff models …`: the store, without Prefect. It starts in a blink, so nothing heavy is imported here."""

import argparse
import getpass
import json
import os
import re
import sys
from datetime import UTC, datetime
from typing import Any, NoReturn

from bakeoff.classifiers import title
from bakeoff.errors import BakeoffError, IntegrityError, UserError
from bakeoff.journal import STAMP
from bakeoff.store import NAME, ModelStore


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, where argparse would print its whole usage."""
        raise UserError(f"{message} (see {self.prog} --help)")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 for a finding or failure, 2 for a mistake in the command."""
    try:
        options = _parser().parse_args(arguments)
        if not re.fullmatch(NAME, options.name):
            raise UserError(f"--name {options.name!r} is no model's name: letters, digits, dots, dashes, underscores")
        return int(options.command(ModelStore(options.store, options.name), options))
    except BakeoffError as error:
        print(f"bakeoff: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"bakeoff: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="bakeoff", description="Race classifiers, keep the best, predict with it.")
    models = parser.add_subparsers(required=True, metavar="models").add_parser("models", help="the saved versions")
    commands = models.add_subparsers(required=True, metavar="list|show|promote|rollback|verify")
    common = _Parser(add_help=False)
    common.add_argument("--store", default="models", metavar="DIR", help="the store's folder (default: models)")
    common.add_argument("--name", default="classifier", help="the model's name in the store (default: classifier)")
    common.add_argument("--json", action="store_true", help="for scripts")
    for name, command, help_text in (
        ("list", _list, "all versions, the champion marked"),
        ("show", _show, "one version's card"),
        ("promote", _promote, "make a version the champion"),
        ("rollback", _rollback, "make the champion before the present one champion again"),
        ("verify", _verify, "check every file against its card, and the journal against itself"),
    ):
        added = commands.add_parser(name, help=help_text, description=help_text, parents=[common])
        added.set_defaults(command=command)
        if name == "promote":
            added.add_argument("version", help="a version's id, or latest")
        if name in ("show", "verify"):
            default = "champion" if name == "show" else None
            added.add_argument("version", nargs="?", default=default, help="champion, latest or a version's id")
        if name in ("promote", "rollback"):
            added.add_argument("--why", default="by hand", help="the reason, for the journal")
    return parser


def _list(store: ModelStore, options: argparse.Namespace) -> int:
    champion = store.champion()
    rows: list[dict[str, Any]] = []
    for version in store.versions():
        try:
            card = store.card(version)
        except IntegrityError as error:
            rows.append({"version": version, "champion": version == champion, "damaged": str(error)})
            continue
        winner = card["classifiers"][card["classifier"]]
        rows.append(
            {
                "version": version,
                "champion": version == champion,
                "classifier": card["classifier"],
                "cv_mean": winner["cv_mean"],
                "test_accuracy": winner["test"]["accuracy"],
                "created": card["created"],
            }
        )
    if options.json:
        print(json.dumps(rows, indent=1))
    elif not rows:
        print(f"no versions of {store.name!r} in {options.store!r} yet: train first", file=sys.stderr)
    for row in [] if options.json else rows:
        mark = "*" if row["champion"] else " "
        if "damaged" in row:
            print(f"{mark} {row['version']}  {row['damaged']}")
            continue
        print(
            f"{mark} {row['version']}  {title(row['classifier']):<20} CV {row['cv_mean']:.4f}  "
            f"test {row['test_accuracy']:.4f}  {_age(row['created'])}"
        )
    return 0


def _show(store: ModelStore, options: argparse.Namespace) -> int:
    version = store.resolve(options.version)
    card = store.card(version)
    if options.json:
        print(json.dumps(card, indent=1, ensure_ascii=False))
        return 0
    rows = card["rows"]
    mark = "  (champion)" if version == store.champion() else ""
    print(f"{card['name']} {version}{mark}\n{card['selection']['why']}\n")
    for name, scores in card["classifiers"].items():
        if scores["status"] == "ok":
            figures = f"CV {scores['cv_mean']:.4f} ± {scores['cv_std']:.4f}  test {scores['test']['accuracy']:.4f}"
        else:
            figures = f"{scores['status']}: {scores['reason']}"
        print(f"{'*' if name == card['classifier'] else ' '} {title(name):<20} {figures}")
    print(f"\nrows        {rows['train']:,} train, {rows['test']:,} test, {rows['validation']:,} validation")
    print(f"target      {card['target']}: {', '.join(card['classes'][:12])}{' …' if len(card['classes']) > 12 else ''}")
    print(f"features    {len(card['features'])}")
    print(f"data        {card['data_sha256']}")
    print(f"folder      {store.folder / version}")
    return 0


def _promote(store: ModelStore, options: argparse.Namespace) -> int:
    version = store.resolve(options.version)
    changed = store.promote(version, f"{options.why} ({_user()})")
    _say(options, {"champion": version, "changed": changed}, f"champion: {version}{'' if changed else ' (already)'}")
    return 0


def _rollback(store: ModelStore, options: argparse.Namespace) -> int:
    version = store.rollback(f"{options.why} ({_user()})")
    _say(options, {"champion": version, "changed": True}, f"champion: {version}")
    return 0


def _verify(store: ModelStore, options: argparse.Namespace) -> int:
    if options.version is not None or not (store.versions() or store.journal.path.exists()):
        store.resolve(options.version or "latest")
    findings = store.verify(options.version)
    texts = [f"{finding.version or store.name}: {finding.text}" for finding in findings]
    if options.json:
        print(json.dumps([vars(finding) for finding in findings], indent=1))
    else:
        checked = 1 if options.version else len(store.versions())
        print("\n".join(texts) or f"{checked} version{'s' if checked != 1 else ''} verified, nothing found")
    return 1 if findings else 0


def _say(options: argparse.Namespace, data: dict[str, Any], text: str) -> None:
    print(json.dumps(data) if options.json else text)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return f"user {os.getuid()}"


def _age(created: str) -> str:
    seconds = (datetime.now(UTC) - datetime.strptime(created, STAMP).replace(tzinfo=UTC)).total_seconds()
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''} ago"
    return "just now"


if __name__ == "__main__":
    sys.exit(main())
