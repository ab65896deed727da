"""Read a config from a YAML file, and write one that gives the same config again."""

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bakeoff.config.validation import DEEPEST
from bakeoff.errors import ConfigError
from bakeoff.formatting import one_line
from bakeoff.runtime.files import describe_read_error, read_file
from bakeoff.runtime.paths import local_path

LARGEST = 1 << 18  # bytes of a config file


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


class _Dumper(yaml.SafeDumper):
    """A YAML dumper that writes every value out."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  PyYAML's signature
        return True


# YAML 1.1 reads 1e-4 as text because it has no dot, but tolerances are usually written that way.
for _side in (_Loader, _Dumper):
    _side.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+[eE][-+]?\d+$"), list("-+0123456789"))


def dump_yaml(config: Mapping[str, Any]) -> str:
    """Write plain values as YAML, which `read_yaml` reads as the same values."""
    text: str = yaml.dump(config, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


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
