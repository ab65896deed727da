"""Completion of the command line in a shell, by argcomplete; imported only where a shell asks for it."""

import argparse
from collections.abc import Callable
from typing import Any

import argcomplete
from argcomplete.completers import FilesCompleter

from bakeoff.cli.run import TABLE, TABLE_TARGET
from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.config.flags import add_flags
from bakeoff.runtime.objects.address import parse_place
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import names_in


def complete(parser: argparse.ArgumentParser) -> None:
    """Print what can follow the words that the shell has given in the environment, and exit.

    Args:
        parser: the command's parser; `train` and `predict` get their flags here.
    """
    commands = _commands(parser)
    add_flags(commands["train"], TrainingConfig)
    add_flags(commands["predict"], PredictionConfig)
    for name, words in (("train", TABLE_TARGET), ("predict", TABLE)):
        for word in words:
            commands[name].add_argument(word, nargs="?")
    _set_completers(parser)
    argcomplete.autocomplete(parser, default_completer=None)  # type: ignore[arg-type]  # it is typed too narrowly


def _commands(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Return the subcommands of a parser by name."""
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001  argparse has no other list
    return {name: command for action in nested for name, command in action.choices.items()}


def _set_completers(parser: argparse.ArgumentParser) -> None:
    for command in _commands(parser).values():
        _set_completers(command)
    for action in parser._actions:  # noqa: SLF001  argparse has no other list
        if completer := _completer(action):
            action.completer = completer  # type: ignore[attr-defined]  # argcomplete's


def _completer(action: argparse.Action) -> Callable[..., Any] | None:
    """Return what completes an argument; None for one with choices of its own, or of free text."""
    if action.dest in {"version", "first", "second"}:
        return _versions
    if action.dest == "name":
        return _names
    metavar = str(action.metavar or action.dest)
    if metavar == "bool":
        return lambda **_: ["true", "false"]
    if metavar.startswith("{"):  # as pydantic-settings shows the values of a field
        return lambda **_: metavar.strip("{}").split(",")
    if metavar in {"DIR", "FILE", "FILE.yaml", "Path", "TABLE"} or action.dest in {"dataset.path", "input"}:
        return FilesCompleter()
    return None


def _names(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    return names_in(parse_place(getattr(parsed_args, "store", "models")))  # a flag of the config has no default here


def _versions(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    store, name = parse_place(getattr(parsed_args, "store", "models")), getattr(parsed_args, "name", None)
    names = [name] if name else names_in(store)
    return ["champion", "latest", *(version for name in names for version in ModelStore(store, name).versions())]
