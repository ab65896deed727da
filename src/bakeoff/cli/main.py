"""The command `bakeoff …`: the store, its reports and its keys, without Prefect; imports nothing slow at its top."""

import argparse
import contextlib
import io
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from bakeoff.cli import changes, copies, labels, mlflow, models, report
from bakeoff.errors import BakeoffError, UserError
from bakeoff.formatting import one_line
from bakeoff.runtime.files import NAME
from bakeoff.runtime.objects.address import Address, parse_store
from bakeoff.runtime.one_line_parser import OneLineParser
from bakeoff.runtime.paths import local_path
from bakeoff.store.key_files import find_keys, find_public_keys
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import names_in

PORT = 4201
STORE = "the store's folder, or s3://…, gs://… or az://… (default: models)"
KEEP, DAYS = 10, 30  # the number of versions, and the days whose champions, pruning keeps by default
COMMANDS = {
    "list": (models.list_versions, "all versions, the champion marked"),
    "show": (models.show_card, "one version's card"),
    "log": (models.show_log, "who was champion from when to when, and why"),
    "promote": (changes.promote, "make a version the champion"),
    "rollback": (changes.rollback, "make the champion before the present one champion again; holds promotion"),
    "resume": (changes.resume, "let training runs promote again after a rollback"),
    "prune": (changes.prune, "remove old versions; without --delete it only shows which"),
    "verify": (changes.verify, "check every file against its card, and the journal against itself"),
    "sign": (changes.sign, "verify and sign the whole store; from then on it must be signed"),
}
RUNS = {
    "train": "race the classifiers on a table and export the best: bakeoff train rows.csv churned",
    "predict": "score a table with the champion: bakeoff predict rows.csv",
    "clean": "remove what killed runs left behind, and old predictions; without --delete it only shows which",
}
COPIES = {
    "push": (copies.push, "copy a version to an object store or a folder, verified"),
    "pull": (copies.pull, "copy a version from there into the store, verified"),
}
WRITING = {"labels", "promote", "rollback", "resume", "prune", "sign", "pull"}


class _Version(argparse.Action):
    """Print the version and exit."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from importlib.metadata import version

        print(f"bakeoff {version('bakeoff')}")
        parser.exit()


def program() -> NoReturn:
    """Run the command that the program was started with, and exit without the interpreter's slow clean-up."""
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what can follow
        from bakeoff.cli.completion import complete

        complete(_parser())
    status = main()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    if workers := sys.modules.get("bakeoff.runtime.workers"):
        workers.stop_fork_server()
    os._exit(status)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 for a finding or failure, 2 for a wrong command."""
    given = sys.argv[1:] if arguments is None else arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # text may contain letters that the terminal can't show
    try:
        if given[:1] and given[0] in RUNS:
            from bakeoff.cli import run  # late: it imports pydantic

            return int(getattr(run, given[0])(given[1:]))
        options = _parser().parse_args(given)
        return int(options.run(options))
    except BakeoffError as error:
        print(f"bakeoff: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("bakeoff: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as in `bakeoff models list | head -1`
        sys.stderr.close()
        return 1
    except OSError as error:
        where = f": {str(error.filename)!r}" if error.filename else ""
        print(f"bakeoff: {one_line(f'{error.strerror or error}{where}')}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="bakeoff", description="Race classifiers, keep the best, predict with it.")
    parser.add_argument("-v", "--version", action=_Version, nargs=0, help="show the version of Bakeoff")
    nouns = parser.add_subparsers(
        required=True, metavar="train|predict|clean|models|labels|push|pull|report|compare|ui|mlflow|keys"
    )
    for name, help_text in RUNS.items():  # for `--help`; `main` runs them, since their flags come from the config
        nouns.add_parser(name, help=help_text, add_help=False)
    models = nouns.add_parser("models", help="the saved versions")
    verbs = models.add_subparsers(required=True, metavar="|".join(COMMANDS))
    for name, (command, help_text) in COMMANDS.items():
        added = verbs.add_parser(name, help=help_text, description=help_text, parents=[_store_options(name)])
        added.set_defaults(run=_run_on_store, command=command)
        _add_options(name, added)
    _add_labels(nouns)
    for name, (copy, help_text) in COPIES.items():
        added = nouns.add_parser(name, help=help_text, description=help_text, parents=[_store_options(name)])
        also = "champion, latest" if name == "push" else "latest"
        added.add_argument("version", metavar="VERSION", help=f"{also} or a version's id")
        added.add_argument("url", metavar="URL", help="s3://bucket/folder, gs://…, az://…, file://… or a folder")
        added.set_defaults(run=_run_on_store, command=copy)
    _add_viewers(nouns)
    keys = nouns.add_parser("keys", help="keys to sign with").add_subparsers(required=True, metavar="generate")
    help_text = "write a new pair of Ed25519 keys, private.pem and public.pem, into a folder"
    generate = keys.add_parser("generate", help=help_text, description=help_text)
    generate.add_argument("folder", type=_path, metavar="DIR", help="made if it is missing")
    generate.add_argument("--json", action="store_true", help="for scripts")
    generate.set_defaults(run=changes.generate_keys)
    return parser


def _add_labels(nouns: Any) -> None:
    help_text = "join true classes that came later to past predictions: each version's accuracy by week"
    added = nouns.add_parser("labels", help=help_text, description=help_text, parents=[_store_options("labels")])
    added.add_argument("file", type=_place, metavar="FILE", help="the table of the true classes; also s3://…")
    help_text = "the column that both have; keep: [COLUMN] of the prediction writes it beside the predictions"
    added.add_argument("--key", required=True, metavar="COLUMN", help=help_text)
    added.add_argument("--target", required=True, metavar="COLUMN", help="the column of FILE that holds the class")
    help_text = "outputs of the prediction flow, or folders of them (default: predictions)"
    added.add_argument("--predictions", type=_path, nargs="+", metavar="DIR", help=help_text)
    added.set_defaults(run=_run_on_store, command=labels.labels)


def _add_viewers(nouns: Any) -> None:
    """Add the commands that show versions, here or elsewhere."""
    help_text = "write a version's report.html again, from its sealed files"
    rewrite = nouns.add_parser("report", help=help_text, description=help_text, parents=[_store_options("report")])
    rewrite.add_argument("version", nargs="?", default="champion", help="champion, latest or a version's id")
    help_text = "also measure which columns matter and whether more rows would help; reads the rows again"
    rewrite.add_argument("--deep", action="store_true", help=help_text)
    help_text = "a folder for the rows in the meantime (default: .bakeoff)"
    rewrite.add_argument("--workspace", type=_path, default=Path(".bakeoff"), metavar="DIR", help=help_text)
    rewrite.set_defaults(run=_run_on_store, command=report.report)
    help_text = "two versions side by side: their scores, and what differs in how they were made"
    compare = nouns.add_parser("compare", help=help_text, description=help_text, parents=[_store_options("compare")])
    compare.add_argument("first", help="champion, latest or a version's id")
    compare.add_argument("second", help="the same")
    compare.set_defaults(run=_run_on_store, command=report.compare)
    help_text = "the reports in the browser, on this machine only, until Ctrl-C"
    ui = nouns.add_parser("ui", help=help_text, description=help_text)
    ui.add_argument("--store", type=_place, default=Path("models"), metavar="DIR", help=STORE)
    help_text = "outputs of the prediction flow, or folders of them (default: predictions)"
    default = [labels.DEFAULT]
    ui.add_argument("--predictions", type=_path, nargs="+", default=default, metavar="DIR", help=help_text)
    ui.add_argument("--port", type=_count_to(65535), default=PORT, help=f"default: {PORT}; 0: any free port")
    ui.set_defaults(run=report.serve)
    help_text = "log a version to an MLflow server and register it there; the champion gets the alias `champion`"
    logged = nouns.add_parser("mlflow", help=help_text, description=help_text, parents=[_store_options("mlflow")])
    logged.add_argument("version", metavar="VERSION", help="champion, latest or a version's id")
    help_text = "the address of the server (default: MLFLOW_TRACKING_URI)"
    logged.add_argument("--tracking-uri", metavar="URI", help=help_text)
    logged.set_defaults(run=_run_on_store, command=mlflow.log_to_mlflow)


def _store_options(name: str) -> OneLineParser:
    """Return the options of a command that opens a store."""
    options = OneLineParser(add_help=False)
    add = options.add_argument
    add("--store", type=_place, default=Path("models"), metavar="DIR", help=STORE)
    default = "; default: all of them" if name == "list" else "; not needed if the store holds one model"
    add("--name", help=f"the model's name in the store{default}")
    add("--json", action="store_true", help="for scripts")
    help_text = "whose signature the store must have (default: BAKEOFF_SIGNING_PUBLIC_KEY, or none)"
    add("--public-key", type=_path, metavar="FILE", help=help_text)
    if name in WRITING:
        help_text = "the key to sign with (default: BAKEOFF_SIGNING_PRIVATE_KEY, or none)"
        add("--private-key", type=_path, metavar="FILE", help=help_text)
        if name != "pull":
            add("--why", default="" if name == "labels" else "by hand", help="the reason, for the journal")
    return options


def _add_options(name: str, command: argparse.ArgumentParser) -> None:
    """Add the options that only this subcommand of `models` has."""
    add = command.add_argument
    if name == "promote":
        add("version", help="a version's id, or latest")
    if name in {"show", "verify"}:
        default = "champion" if name == "show" else None
        add("version", nargs="?", default=default, help="champion, latest or a version's id")
    if name == "log":
        add("--all", action="store_true", help="every line of the journal, not only the champions")
    if name == "verify":
        help_text = (
            "in quotes: an earlier journal.head, or `journal` of a prediction's summary, for the journal to contain"
        )
        add("--head", metavar='"N SHA256"', help=help_text)
    if name == "sign":
        help_text = "even if no trusted key signed the last line, as the first time; look at `log --all` first"
        add("--as-it-stands", action="store_true", help=help_text)
    if name == "prune":
        keep, days = _count_to(1_000_000), _count_to(36_500)
        add("--keep", type=keep, default=KEEP, metavar="N", help=f"keep the last N versions (default: {KEEP})")
        help_text = f"keep champions of the last D days (default: {DAYS}); the champion always stays"
        add("--days", type=days, default=DAYS, metavar="D", help=help_text)
        add("--delete", action="store_true", help="remove them, instead of showing which")


def _run_on_store(options: argparse.Namespace) -> int:
    """Open the model that the options name, or the only one, and run their command on it; returns the exit status.

    Raises:
        UserError: no model is named and there are several, or the name is not valid.
    """
    name, names = options.name, names_in(options.store)
    if options.command is copies.pull:
        name = copies.name_at(options.url, name)
    if name is None and options.command is models.list_versions and len(names) > 1:
        keys = find_public_keys(options.public_key)
        return models.list_models([ModelStore(options.store, model, keys) for model in names], options)
    if name is None and len(names) > 1:
        raise UserError(f"{str(options.store)!r} holds several models: {', '.join(names)}; choose one by --name")
    options.name = name or next(iter(names), "classifier")
    if not re.fullmatch(NAME, options.name) or len(options.name) > 100:
        allowed = "letters, digits, dots, dashes, underscores, at most 100 characters"
        raise UserError(f"--name {options.name[:120]!r} is not a valid model name: {allowed}")
    writes = hasattr(options, "private_key")
    keys = find_keys(options.private_key, options.public_key) if writes else find_public_keys(options.public_key)
    return int(options.command(ModelStore(options.store, options.name, keys), options))


def _count_to(most: int) -> Callable[[str], int]:
    """Make the `type` of an argument that is a whole number from 0 to `most`."""

    def count(text: str) -> int:
        if not re.fullmatch(r"\d{1,7}", text, re.ASCII) or int(text) > most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {most:,}")
        return int(text)

    return count


def _path(text: str) -> Path:
    """Parse an argument that is a path on this machine."""
    try:
        return Path(local_path(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _place(text: str) -> Path | Address:
    """Parse an argument that is a path on this machine, or an address in an object store."""
    try:
        return parse_store(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    program()
