"""An argument parser whose errors are one line."""

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from bakeoff.errors import ConfigError

LITERAL = "\0"  # before an argument that is no flag, whatever it begins with; no argument can contain it


class OneLineParser(argparse.ArgumentParser):
    """An argument parser that raises a `ConfigError` where argparse's would print its usage and exit.

    Args:
        unknown_hint: appended to the message about an unknown argument that resembles no flag.
    """

    def __init__(self, *args: Any, unknown_hint: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self._unknown_hint = unknown_hint
        self._commands = ""

    def add_subparsers(self, **options: Any) -> Any:
        """Add commands as argparse does; `metavar` is what messages call them."""
        self._commands = options.get("metavar", "")
        return super().add_subparsers(**options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse as argparse does, but refuse unknown arguments, even in a subcommand.

        argparse would leave them to the parent command, whose hint can't know the subcommand's flags.

        Raises:
            ConfigError: an argument is unknown.
        """
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown

    def parse_with_positionals(self, args: Sequence[str], most: int) -> tuple[argparse.Namespace, list[str]]:
        """Parse flags, and up to `most` arguments that stand anywhere among them; returns both.

        argparse's own positional arguments can't be both optional and apart. Behind `--` they may begin with a dash.

        Raises:
            ConfigError: there are more, or a flag is unknown.
        """
        at = args.index("--") if "--" in args else len(args)
        literal = [f"{LITERAL}{word}" for word in args[at + 1 : at + 1 + most]]
        options, given = super().parse_known_args([*args[:at], *literal, *args[at + 1 + most :]])
        unknown = given if any(word.startswith("-") for word in given) else given[most:]
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown).replace(LITERAL, '')}")
        return options, [word.removeprefix(LITERAL) for word in given]

    def error(self, message: str) -> NoReturn:
        """Raise a `ConfigError` with the message and the most similar flag, or the hint.

        Raises:
            ConfigError: always.
        """
        sentence = message
        if self._commands and message.endswith(f"are required: {self._commands}"):
            sentence = f"a command is missing: {self._commands}"
        elif unknown := self._unknown_command(message):
            sentence = f"there is no command {unknown[1]!r}"
        raise ConfigError(f"{sentence}{self._hint(message)} (see {self.prog} --help)")

    def _hint(self, message: str) -> str:
        """The most similar flag or command to one in the message, else the hint for unknown arguments, else nothing."""
        import difflib

        if match := re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message):
            words = re.findall(r"[\w-]+", match[2])
            near = difflib.get_close_matches(match[1], words, n=1)
            if near:
                return f"; did you mean {near[0]}?"
            return f": choose from {', '.join(words)}" if self._unknown_command(message) else ""

        flags = [flag for flag in self._option_string_actions if flag not in {"-h", "--help"}]
        for word in message.split():
            flag = word.rstrip(":,").split("=")[0]
            ends = [each for each in flags if each.endswith(f".{flag.removeprefix('--')}")]
            near = ends if len(ends) == 1 else difflib.get_close_matches(flag, flags, n=1)
            if word.startswith("--") and near and near[0] != flag:
                return f"; did you mean {near[0]}?"
        return self._unknown_hint if "unrecognized arguments" in message else ""

    def _unknown_command(self, message: str) -> re.Match[str] | None:
        """Match an error of argparse about a command that doesn't exist; its group is what was given."""
        return re.match(rf"argument {re.escape(self._commands)}: invalid choice: '(.*?)' \(", message)

    def actions(self) -> Iterable[argparse.Action]:
        """The action of each flag; one that has several flags comes once for each."""
        return self._option_string_actions.values()
