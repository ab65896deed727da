"""Read a config from command-line flags and a YAML file; flags beat the file, the file beats the defaults."""

import re
from collections.abc import Sequence
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


def read_command(model: type[Model], arguments: Sequence[str], prog: str, positional: str = "") -> tuple[Model, Output]:
    """Read `--quiet`, `--json`, `--config FILE.yaml` and one flag for every field of the model.

    Nested models are merged field by field; mappings with arbitrary keys (the contestants) are replaced as a whole.

    Args:
        model: the config model.
        arguments: the command line without the program's name.
        prog: the program's name in help and messages.
        positional: what may stand before the flags, for the help; the caller has taken it out of `arguments`.

    Raises:
        ConfigError: one line that names the field, what is wrong and what is allowed.
    """
    from pydantic_settings import CliSettingsSource

    parser = OneLineParser(
        prog=prog,
        usage=f"{prog} {positional}[--config FILE.yaml] [--quiet] [--json] [--FIELD VALUE …]",
        description=model.__doc__,
        allow_abbrev=False,
        unknown_hint="; a value follows its flag, and several values are joined by commas",
    )
    parser.add_argument("--config", metavar="FILE.yaml", help="a file with any of the fields below; flags beat it")
    help_text = "print nothing but warnings, errors, and the result's folder"
    parser.add_argument("--quiet", action="store_true", help=help_text)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    # Used for its parser only: in a settings class, environment variables named like the fields would be read too.
    source = CliSettingsSource(model, root_parser=parser, cli_parse_args=False, cli_kebab_case=True)  # type: ignore[arg-type, var-annotated]  # takes any model, is typed for settings
    for action in parser.actions():
        if action.metavar == "bool":  # without a value it means true
            action.nargs, action.const = "?", "true"
    options = parser.parse_args([_dashed(argument) for argument in arguments])
    try:
        flags = source(parsed_args=options)()
    except (ValueError, RecursionError) as error:  # a flag's JSON is invalid (SettingsError) or nested too deeply
        raise ConfigError(_explain_json(str(error))) from error
    from_file = {} if options.config is None else read_yaml(options.config)
    return validate(model, merge(model, from_file, flags, "the file")), Output(options.quiet, options.json)


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
