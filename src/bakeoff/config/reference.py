"""Every parameter on one page, written from the models by `python -m bakeoff.config.reference FILE.md`."""

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from bakeoff.config.base import Part, say_bounds
from bakeoff.config.prediction import PredictionConfig
from bakeoff.config.training import TrainingConfig

COMMANDS: dict[type[Part], str] = {TrainingConfig: "make train", PredictionConfig: "make predict"}
INTRODUCTION = """\
# Every parameter

<!-- Written by `make docs` from the models in src/bakeoff/config: change those, not this page. -->

Names are those of a YAML file, where a dot is a level (`dataset.n_samples` is `dataset: {n_samples: …}`), and of flags
(`--dataset.n-samples 2000`; underscores will do for dashes). A flag beats the file, the file beats the default. The
environment is asked for nothing but keys, by the variables that `signing` names. A value that isn't allowed, or two
that don't go together, are refused in one line before anything is written.

*Empty* is `null` in YAML, of a list `[]` and of a mapping `{}`. In a flag lists are written with commas,
mappings as JSON.
"""
BOUNDS = {  # JSON Schema's words; pydantic's own behind a validator that it can't look into
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
} | {word: word for word in ("ge", "gt", "le", "lt")}
KINDS = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`", "string": "text"}


def write_manual() -> str:
    """The page as Markdown."""
    return "\n".join([INTRODUCTION, *(line for model in COMMANDS for line in _write_model(model))]).rstrip() + "\n"


def _write_model(model: type[Part]) -> Iterator[str]:
    schema = model.model_json_schema()
    title = schema["title"]
    yield f"## {title}\n\n{schema['description']} `{COMMANDS[model]}`\n"
    inner = []
    for name, field in schema["properties"].items():
        if "$ref" in field:
            part = schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]
            inner.append(f"## {title}: {name}\n\n{part['description']}\n")
            inner += [_write_field(f"{name}.{each}", within) for each, within in part["properties"].items()]
        else:
            yield _write_field(name, field)
    yield from inner
    defaults = yaml.safe_dump(model().model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    yield f"## {title}: all defaults as a file\n\n```yaml\n{defaults}```\n"


def _write_field(name: str, field: dict[str, Any]) -> str:
    values, bounds = _say_values(field)
    told = field["description"].removesuffix(".").removesuffix(f" ({bounds})") + "."
    return (
        f"### `{name}`\n\n`--{name.replace('_', '-')}` · {values} · default {_say_default(field['default'])}\n\n"
        f"{_mark_code(told, _choices(field))}\n"
    )


def _say_values(field: dict[str, Any]) -> tuple[str, str]:
    """What is allowed, and the bounds of a number alone, as the description may have them at its end."""
    several = field.get("anyOf", [field])
    one = several[0]
    words, bounds = _say_kind(one), say_bounds([SimpleNamespace(**_bounds(one))])
    told = [words, bounds] if bounds else [words]
    if "pattern" in one:
        told.append(f"matching `{one['pattern']}`")
    if "maxLength" in one:
        told.append(f"{one['maxLength']} characters at most")
    return ", ".join(told) + (", or empty" if len(several) > 1 else ""), bounds


def _bounds(one: dict[str, Any]) -> dict[str, Any]:
    return {short: one[word] for word, short in BOUNDS.items() if word in one}


def _say_kind(one: dict[str, Any]) -> str:
    if "enum" in one:
        *others, last = (f"`{value}`" for value in one["enum"])
        return f"{', '.join(others)} or {last}"
    if one["type"] == "array":
        return f"list of {_say_kind(one['items'])}"
    if one["type"] == "object":
        return "mapping"
    return "path" if one.get("format") == "path" else KINDS[one["type"]]


def _say_default(default: Any) -> str:
    if default is None or default in ([], {}):
        return "empty"
    if isinstance(default, list):
        return f"`{','.join(default)}`"
    if isinstance(default, dict):
        return "as [below](#training-all-defaults-as-a-file)"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _choices(field: dict[str, Any]) -> set[str]:
    return {str(value) for one in field.get("anyOf", [field]) for value in one.get("enum", ())}


def _mark_code(text: str, choices: set[str]) -> str:
    """Names of parameters and variables, and the choices where they are explained, as code."""

    def mark(found: re.Match[str]) -> str:
        word, behind = found.groups()
        return f"`{word}`" if "_" in word or (word in choices and behind) else word

    return re.sub(r"([A-Za-z](?:[\w.-]*\w)?)(?=([:;,])?)", mark, html.escape(text, quote=False))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(write_manual(), encoding="utf-8")
