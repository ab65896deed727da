"""A mistake in a command line is one line."""

import pytest

from bakeoff.errors import ConfigError
from bakeoff.runtime.one_line_parser import OneLineParser


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--folds", "three"], "argument --folds: invalid int value: 'three' (see race --help)"),
        (["--folds"], "argument --folds: expected one argument (see race --help)"),
        (["--fold", "3"], "unrecognized arguments: --fold 3; did you mean --folds? (see race --help)"),
        (["--seed", "3"], "unrecognized arguments: --seed 3; did you mean --split.seed? (see race --help)"),
        (["--zzz=3"], "unrecognized arguments: --zzz=3; try something else (see race --help)"),
    ],
)
def test_a_mistake_is_an_error_of_one_line(arguments, sentence):
    """With the nearest flag where there is one, in place of argparse's usage and exit."""
    parser = OneLineParser(prog="race", allow_abbrev=False, unknown_hint="; try something else")
    parser.add_argument("--folds", type=int)
    parser.add_argument("--split.seed", type=int)
    with pytest.raises(ConfigError) as raised:
        parser.parse_args(arguments)
    assert sentence == str(raised.value)


def test_commands_of_a_parser_answer_as_it_does():
    """Under their own name, and with their own flags."""
    parser = OneLineParser(prog="store", unknown_hint="; try something else")
    parser.add_subparsers().add_parser("show", allow_abbrev=False).add_argument("--version")
    with pytest.raises(ConfigError) as raised:
        parser.parse_args(["show", "--versoin", "3"])
    sentence = "unrecognized arguments: --versoin 3; did you mean --version? (see store show --help)"
    assert sentence == str(raised.value)


@pytest.mark.parametrize(
    ("names", "arguments", "sentence"),
    [
        (["list", "show"], [], "a command is missing: list|show (see store --help)"),
        (["list", "show"], ["shw"], "there is no command 'shw'; did you mean show? (see store --help)"),
        (["list", "show"], ["frob"], "there is no command 'frob': choose from list, show (see store --help)"),
        (["show"], [], "a command is missing: show (see store --help)"),
        (["show"], ["frob"], "there is no command 'frob': choose from show (see store --help)"),
    ],
)
def test_a_command_that_is_missing_or_unknown_is_told_in_plain_words(names, arguments, sentence):
    """Once, with the commands that there are: argparse would give them twice."""
    parser = OneLineParser(prog="store")
    commands = parser.add_subparsers(required=True, metavar="|".join(names))
    for name in names:
        commands.add_parser(name)
    with pytest.raises(ConfigError) as raised:
        parser.parse_args(arguments)
    assert sentence == str(raised.value)
