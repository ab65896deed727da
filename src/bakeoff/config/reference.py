"""Write the reference of all parameters from the config models: `python -m bakeoff.config.reference FILE.md`."""

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from bakeoff.config.base import Part, format_bounds
from bakeoff.config.prediction import PredictionConfig
from bakeoff.config.training import TrainingConfig

COMMANDS: dict[type[Part], str] = {TrainingConfig: "make train", PredictionConfig: "make predict"}
INTRODUCTION = """\
# Every parameter

<!-- Written by `make docs` from the models in src/bakeoff/config: change those, not this page. -->

Names are those of a YAML file, where a dot is a level: `dataset.n_samples` is `dataset: {n_samples: …}`. Every name is
a flag, too, with dashes for underscores: `--dataset.n-samples 2000`. A flag beats the file, the file beats the default.
Wrong values, or values that don't go together, are refused before anything is written.

*Empty* is `null` in YAML (`[]` for a list, `{}` for a mapping). In flags, lists have commas and mappings are JSON.
"""
BOUNDS = {  # JSON Schema's keywords, and pydantic's own, which appear in the schema of fields with a validator
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
} | {word: word for word in ("ge", "gt", "le", "lt")}
KINDS = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`", "string": "text"}


def write_manual() -> str:
    """Write the page as Markdown."""
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
            inner += _write_fields(name, part, schema["$defs"])
        else:
            yield _write_field(name, field)
    yield from inner
    defaults = yaml.safe_dump(model().model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    yield f"## {title}: all defaults as a file\n\n```yaml\n{defaults}```\n"


def _write_fields(name: str, part: dict[str, Any], models: dict[str, Any]) -> Iterator[str]:
    for child, field in part["properties"].items():
        if "$ref" in field:
            yield from _write_fields(f"{name}.{child}", models[field["$ref"].rsplit("/", 1)[-1]], models)
        else:
            yield _write_field(f"{name}.{child}", field)


def _write_field(name: str, field: dict[str, Any]) -> str:
    values, bounds = _format_values(field)
    description = field["description"].removesuffix(".").removesuffix(f" ({bounds})") + "."
    return (
        f"### `{name}`\n\n{values}; default {_format_default(field['default'])}\n\n"
        f"{_mark_code(description, _choices(field))}\n"
    )


def _format_values(field: dict[str, Any]) -> tuple[str, str]:
    """Describe the allowed values; also returns the bounds alone, which the description may end with."""
    types = field.get("anyOf", [field])
    schema = types[0]
    kind = " or ".join(_format_kind(each) for each in types if each.get("type") != "null")
    bounds = format_bounds([SimpleNamespace(**_bounds(schema))])
    allowed = [kind, bounds] if bounds else [kind]
    if "pattern" in schema:
        allowed.append(f"matching `{schema['pattern']}`")
    if "maxLength" in schema:
        allowed.append(f"{schema['maxLength']} characters at most")
    return ", ".join(allowed) + (", or empty" if len(types) > 1 else ""), bounds


def _bounds(schema: dict[str, Any]) -> dict[str, Any]:
    return {short: schema[word] for word, short in BOUNDS.items() if word in schema}


def _format_kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        *others, last = (f"`{value}`" for value in schema["enum"])
        return f"{', '.join(others)} or {last}"
    if schema["type"] == "array":
        return f"list of {_format_kind(schema['items'])}"
    if schema["type"] == "object":
        return "mapping"
    return "path" if schema.get("format") == "path" else KINDS[schema["type"]]


def _format_default(default: Any) -> str:
    if default is None or default in ([], {}):
        return "empty"
    if isinstance(default, list):
        return f"`{','.join(default)}`"
    if isinstance(default, dict):
        return "as [below](#training-all-defaults-as-a-file)"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _choices(field: dict[str, Any]) -> set[str]:
    return {str(value) for schema in field.get("anyOf", [field]) for value in schema.get("enum", ())}


def _mark_code(text: str, choices: set[str]) -> str:
    """Mark names with an underscore as code, and choices that are followed by punctuation."""

    def mark(match: re.Match[str]) -> str:
        word, punctuation = match.groups()
        return f"`{word}`" if "_" in word or (word in choices and punctuation) else word

    return re.sub(r"([A-Za-z](?:[\w.-]*\w)?)(?=([:;,])?)", mark, html.escape(text, quote=False))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(write_manual(), encoding="utf-8")
