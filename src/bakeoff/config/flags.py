"""Read a config from command-line flags and a YAML file; flags beat the file, the file beats the defaults."""

import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import AliasChoices, BaseModel

from bakeoff.config.validation import DEEPEST, Model, model_at, validate
from bakeoff.errors import ConfigError
from bakeoff.formatting import one_line
from bakeoff.runtime.files import describe_read_error, read_file
from bakeoff.runtime.one_line_parser import OneLineParser
from bakeoff.runtime.paths import local_path

LARGEST = 1 << 18  # bytes of a config file
JSON_EXAMPLES = {
    "--classifiers": """'{"svm": {"C": 10}}'""",
    "--search": """'{"svm": {"C": [0.1, 1, 10]}, "budget": 20}'""",
    "--costs": """'{"returned": {"kept": 5}, "kept": 1}'""",
}


class _Loader(yaml.SafeLoader):
    """A YAML loader that refuses duplicate keys, aliases and deep nesting.

    PyYAML keeps only the last of duplicate keys, a few nested aliases expand to gigabytes, and deep nesting overflows
    Python's stack.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise ConfigError(f"line {self._line()} repeats another part by an alias (*); write it out")
        if self.depth == DEEPEST:
            raise ConfigError(f"it can't be read: it is nested more than {DEEPEST} levels deep (line {self._line()})")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def _line(self) -> int:
        line: int = self.peek_event().start_mark.line  # type: ignore[no-untyped-call]  # PyYAML's
        return line + 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = str(self.construct_object(key_node, deep=True))
            if key in seen:
                raise ConfigError(f"{key!r} stands twice (line {key_node.start_mark.line + 1}); keep one of them")
            seen.add(key)
        return super().construct_mapping(node, deep)


# YAML 1.1 reads 1e-4 as text because it has no dot, but tolerances are usually written that way.
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+[eE][-+]?\d+$"), list("-+0123456789"))


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
    return validate(model, _merge(model, from_file, flags)), Output(options.quiet, options.json)


def read_config(model: type[Model], arguments: Sequence[str], prog: str) -> Model:
    """Read the config like `read_command`, without the output flags."""
    return read_command(model, arguments, prog)[0]


def _dashed(argument: str) -> str:
    """Replace underscores in a flag's name by dashes, so that flags can be written like fields."""
    name, equals, value = argument.partition("=")
    return f"{name.replace('_', '-')}{equals}{value}" if name.startswith("--") else argument


def read_yaml(path: str) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        ConfigError: the file can't be read, or holds no mapping; the message names file and line.
    """
    try:
        file = Path(local_path(path))
    except ValueError as error:
        raise ConfigError(f"--config: {error}") from error
    try:
        content = yaml.load(read_file(file, LARGEST).decode("utf-8"), Loader=_Loader)  # noqa: S506  a SafeLoader
    except FileNotFoundError as error:
        raise ConfigError(f"there is no config file {path!r}") from error
    except OSError as error:
        raise ConfigError(f"the config file: {describe_read_error(error, path[:80])}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"config file {path[:80]!r} can't be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = one_line(str(getattr(error, "problem", None) or error))
        raise ConfigError(f"config file {path!r}{where} is not YAML: {problem}") from error
    except ConfigError as error:
        raise ConfigError(f"config file {path!r}: {error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        # Errors that PyYAML doesn't wrap: an invalid date, an unhashable key, nesting that is too deep.
        raise ConfigError(f"config file {path!r} can't be read: {one_line(str(error))[:200]}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"config file {path!r} holds {type(content).__name__}, not `key: value` lines")
    return content


def _explain_json(text: str) -> str:
    match = re.search(r'for (?:field )?"?([\w.]+)', text)
    flag = f"--{match[1]}" if match else "a flag"
    example = JSON_EXAMPLES.get(flag, """'{"key": "value"}'""")
    return f"{flag} takes JSON, as in {flag} {example}; this can't be read as JSON"


def _merge(model: type[BaseModel], base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        field = model.model_fields.get(key)
        if field and isinstance(field.validation_alias, AliasChoices):
            for name in field.validation_alias.choices[1:]:  # the file may have the field's old name
                merged.pop(str(name), None)
        part = model_at(model, [key])
        if part and key in merged and not isinstance(merged[key], Mapping):
            raise ConfigError(f"{key} is {merged[key]!r} in the file; it should be `key: value` lines")
        if part and isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merge(part, merged[key], value)
        else:
            merged[key] = value
    return merged
