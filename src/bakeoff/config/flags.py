"""Read a config from command-line flags and a YAML file; flags beat the file, the file beats the defaults."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bakeoff.config.validation import Model, merge, validate
from bakeoff.config.yaml_file import read_yaml
from bakeoff.errors import ConfigError
from bakeoff.runtime.one_line_parser import OneLineParser

JSON_EXAMPLES = {
    "--classifiers": """'{"svm": {"C": 10}}'""",
    "--search": """'{"svm": {"C": [0.1, 1, 10]}, "budget": 20}'""",
    "--costs": """'{"returned": {"kept": 5}, "kept": 1}'""",
}


class Output(NamedTuple):
    """What a run prints.

    Attributes:
        quiet: only warnings, errors and the last line.
        json: the result as one JSON object.
    """

    quiet: bool = False
    json: bool = False


def read_command(
    model: type[Model], arguments: Sequence[str], prog: str, positional: Mapping[str, str] | None = None
) -> tuple[Model, Output]:
    """Read `--quiet`, `--json`, `--config FILE.yaml` and one flag for every field of the model.

    Nested models are merged field by field; mappings with arbitrary keys (the contestants) are replaced as a whole.

    Args:
        model: the config model.
        arguments: the command line without the program's name. Behind `--` a positional argument may begin with a dash.
        prog: the program's name in help and messages.
        positional: for each positional argument, all of which can be left out and stand anywhere among the flags, the
            field that it sets, as `{"TABLE": "dataset.path"}`.

    Raises:
        ConfigError: one line that names the field, what is wrong and what is allowed.
    """
    positional = positional or {}
    words = f"[{' '.join(positional)}] " if positional else ""
    parser = OneLineParser(
        prog=prog,
        usage=f"{prog} {words}[--config FILE.yaml] [--quiet] [--json] [--FIELD VALUE …]",
        description=model.__doc__,
        allow_abbrev=False,
        unknown_hint="; a value follows its flag, and several values are joined by commas",
    )
    source = add_flags(parser, model)
    options, given = parser.parse_with_positionals(list(map(_dashed, arguments)), len(positional))
    try:
        flags = source(parsed_args=options)()
    except (ValueError, RecursionError) as error:  # a flag's JSON is invalid (SettingsError) or nested too deeply
        raise ConfigError(_explain_json(str(error))) from error
    for (word, field), value in zip(positional.items(), given):
        _set(flags, field, value, word)
    values = merge(model, {} if options.config is None else read_yaml(options.config), flags, "the file")
    for word, field in list(positional.items())[len(given) :]:
        if given and not _is_set(values, field):
            raise ConfigError(f"{word} is missing: {prog} {shlex.join(given)} {word}, or --{field}")
    return validate(model, values), Output(options.quiet, options.json)


def add_flags(parser: OneLineParser, model: type[Model]) -> Any:
    """Add the flags that `read_command` reads to a parser; returns what turns parsed flags into nested values."""
    from pydantic_settings import CliSettingsSource

    parser.add_argument("--config", metavar="FILE.yaml", help="a file with any of the fields below; flags beat it")
    help_text = "print nothing but warnings, errors, and the result's folder"
    parser.add_argument("--quiet", action="store_true", help=help_text)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    # Used for its parser only: in a settings class, environment variables named like the fields would be read too.
    source = CliSettingsSource(model, root_parser=parser, cli_parse_args=False, cli_kebab_case=True)  # type: ignore[arg-type, var-annotated]  # takes any model, is typed for settings
    for action in parser.actions():
        if action.metavar == "bool":  # without a value it means true
            action.nargs, action.const = "?", "true"
    return source


def _set(values: dict[str, Any], field: str, value: str, word: str) -> None:
    """Set a nested field to a positional argument, unless its flag was given, too."""
    *parents, name = field.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
    if name in values:
        raise ConfigError(f"{word} is given twice: {value!r} and --{field} {values[name]!r}; leave out one of them")
    values[name] = value


def _is_set(values: Any, field: str) -> bool:
    for name in field.split("."):
        if not isinstance(values, Mapping) or values.get(name) is None:
            return False
        values = values[name]
    return True


def read_config(model: type[Model], arguments: Sequence[str], prog: str) -> Model:
    """Read the config like `read_command`, without the output flags."""
    return read_command(model, arguments, prog)[0]


def _dashed(argument: str) -> str:
    """Replace underscores in a flag's name by dashes, so that flags can be written like fields."""
    name, equals, value = argument.partition("=")
    return f"{name.replace('_', '-')}{equals}{value}" if name.startswith("--") else argument


def _explain_json(text: str) -> str:
    match = re.search(r'for (?:field )?"?([\w.]+)', text)
    flag = f"--{match[1]}" if match else "a flag"
    example = JSON_EXAMPLES.get(flag, """'{"key": "value"}'""")
    return f"{flag} takes JSON, as in {flag} {example}; this can't be read as JSON"
