"""`bakeoff …`: the store and its keys, without Prefect. It starts in a blink, so nothing heavy is imported here."""

import argparse
import re
import sys
from pathlib import Path
from typing import NoReturn

from bakeoff import commands
from bakeoff.errors import BakeoffError, UserError
from bakeoff.signing import find_keys
from bakeoff.store import NAME, ModelStore

KEEP, DAYS = 10, 30  # what pruning leaves by default
COMMANDS = {
    "list": (commands.list_versions, "all versions, the champion marked"),
    "show": (commands.show_card, "one version's card"),
    "log": (commands.show_log, "who was champion from when to when, and why"),
    "promote": (commands.promote, "make a version the champion"),
    "rollback": (commands.rollback, "make the champion before the present one champion again"),
    "prune": (commands.prune, "remove old versions; without --delete it only shows which"),
    "verify": (commands.verify, "check every file against its card, and the journal against itself"),
    "sign": (commands.sign, "vouch for all that the store holds, once verified; from then on it is signed"),
}
WRITING = {"promote", "rollback", "prune", "sign"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, where argparse would print its whole usage."""
        raise UserError(f"{message} (see {self.prog} --help)")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 for a finding or failure, 2 for a mistake in the command."""
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except BakeoffError as error:
        print(f"bakeoff: {error}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:  # as in `bakeoff models list | head -1`
        sys.stderr.close()
        return 1
    except OSError as error:
        print(f"bakeoff: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="bakeoff", description="Race classifiers, keep the best, predict with it.")
    nouns = parser.add_subparsers(required=True, metavar="models|keys")
    models = nouns.add_parser("models", help="the saved versions").add_subparsers(
        required=True, metavar="|".join(COMMANDS)
    )
    for name, (command, help_text) in COMMANDS.items():
        added = models.add_parser(name, help=help_text, description=help_text, parents=[_store_options(name)])
        added.set_defaults(run=_on_a_store, command=command)
        if name == "promote":
            added.add_argument("version", help="a version's id, or latest")
        if name in {"show", "verify"}:
            default = "champion" if name == "show" else None
            added.add_argument("version", nargs="?", default=default, help="champion, latest or a version's id")
        if name == "verify":
            help_head = "a line of journal.head, or of a prediction's summary, that the journal must have come by"
            added.add_argument("--head", metavar='"N SHA256"', help=help_head)
        if name in WRITING:
            added.add_argument("--why", default="by hand", help="the reason, for the journal")
        if name == "prune":
            added.add_argument(
                "--keep", type=_count, default=KEEP, metavar="N", help=f"the last N stay (default: {KEEP})"
            )
            help_days = f"what was champion within D days stays (default: {DAYS}); the champion always does"
            added.add_argument("--days", type=_count, default=DAYS, metavar="D", help=help_days)
            added.add_argument("--delete", action="store_true", help="remove them, instead of showing which")
    keys = nouns.add_parser("keys", help="keys to sign with").add_subparsers(required=True, metavar="generate")
    help_text = "write a new pair of Ed25519 keys, private.pem and public.pem, into a folder"
    generate = keys.add_parser("generate", help=help_text, description=help_text)
    generate.add_argument("folder", type=Path, metavar="DIR", help="made where it is missing")
    generate.add_argument("--json", action="store_true", help="for scripts")
    generate.set_defaults(run=commands.generate_keys)
    return parser


def _store_options(name: str) -> _Parser:
    options = _Parser(add_help=False)
    options.add_argument("--store", default="models", metavar="DIR", help="the store's folder (default: models)")
    options.add_argument("--name", default="classifier", help="the model's name in the store (default: classifier)")
    options.add_argument("--json", action="store_true", help="for scripts")
    help_text = "whose signature the store must have (default: BAKEOFF_SIGNING_PUBLIC_KEY, or none)"
    options.add_argument("--public-key", type=Path, metavar="FILE", help=help_text)
    if name in WRITING:
        help_text = "the key to sign with (default: BAKEOFF_SIGNING_PRIVATE_KEY, or none)"
        options.add_argument("--private-key", type=Path, metavar="FILE", help=help_text)
    return options


def _on_a_store(options: argparse.Namespace) -> int:
    if not re.fullmatch(NAME, options.name):
        raise UserError(f"--name {options.name!r} is no model's name: letters, digits, dots, dashes, underscores")
    keys = find_keys(getattr(options, "private_key", None), options.public_key)
    return int(options.command(ModelStore(options.store, options.name, keys), options))


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 1,000,000")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
