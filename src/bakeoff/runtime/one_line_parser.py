"""A command line's flags, whose mistakes are told in one line."""

import argparse
from collections.abc import Iterable
from typing import Any, NoReturn

from bakeoff.errors import ConfigError


class OneLineParser(argparse.ArgumentParser):
    """As argparse's, but where that would print its usage and exit, it raises a `ConfigError`.

    Args:
        unknown_hint: what else may be wrong where an argument is unknown and no flag is like it.
    """

    def __init__(self, *args: Any, unknown_hint: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self._unknown_hint = unknown_hint

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """As argparse's, but refuse here what is unknown: this command knows its flags, the one above it does not."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Raise the message with the nearest flag, or the hint.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"{message}{self._hint(message)} (see {self.prog} --help)")

    def _hint(self, message: str) -> str:
        import difflib

        flags = [flag for flag in self._option_string_actions if flag not in {"-h", "--help"}]
        for word in message.split():
            flag = word.rstrip(":").split("=")[0]
            near = difflib.get_close_matches(flag, flags, n=1)
            if word.startswith("--") and near and near[0] != flag:
                return f"; did you mean {near[0]}?"
        return self._unknown_hint if "unrecognized arguments" in message else ""

    def actions(self) -> Iterable[argparse.Action]:
        """What each flag does."""
        return self._option_string_actions.values()
