"""Write the reference of all parameters from the config models: `python -m bakeoff.config.reference FILE.md`."""

import html
import math
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

In YAML a dot is a level: `dataset.n_samples` is `dataset: {n_samples: …}`. As a flag it is `--dataset.n-samples 2000`.
A flag beats the file, the file beats the default. Wrong values, or values that don't go together, are refused before
anything is written. `config.yaml` of every version has all values of its run.

*Empty* is `null` in YAML (`[]` for a list, `{}` for a mapping). In flags, lists have commas and mappings are JSON.
"""
BOUNDS = {  # JSON Schema's keywords, and pydantic's own, which appear in the schema of fields with a validator
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
} | {word: word for word in ("ge", "gt", "le", "lt")}
KINDS = {
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "string": "text",
    "array": "list",
    "object": "mapping",
}


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


def _write_fields(name: str, part: dict[str, Any], models: dict[str, Any]) -> Iterator[str]:
    for child, field in part["properties"].items():
        if "$ref" in field:
            yield from _write_fields(f"{name}.{child}", models[field["$ref"].rsplit("/", 1)[-1]], models)
        else:
            yield _write_field(f"{name}.{child}", field)


def _write_field(name: str, field: dict[str, Any]) -> str:
    bounds, default = _format_bounds(field), f"default {_format_default(field['default'])}"
    description = field["description"].removesuffix(".").removesuffix(f" ({bounds})") + "."
    choices = _choices(field)
    explained = choices and all(f"{choice}:" in description for choice in choices)  # no need to list them twice
    values = default if explained else f"{_format_values(field)}; {default}"
    return f"### `{name}`\n\n*{values}.* {_mark_code(description, choices)}\n"


def _format_values(field: dict[str, Any]) -> str:
    """Describe the allowed values; that empty is one is left out if it is the default."""
    types = field.get("anyOf", [field])
    allowed = [" or ".join(_format_kind(each) for each in types if each.get("type") != "null")]
    if bounds := _format_bounds(field):
        for words, sign in ((r"(\S+) to ", r"\1–"), (r"above ", ">"), (r"below ", "<"), (r"(\S+) at most", r"≤\1")):
            bounds = re.sub(words, sign, bounds)
        allowed.append(bounds)
    if "maxLength" in types[0]:
        allowed.append(f"≤{types[0]['maxLength']} characters")
    return ", ".join(allowed) + (" or empty" if {"type": "null"} in types and field["default"] is not None else "")


def _format_bounds(field: dict[str, Any]) -> str:
    return format_bounds([SimpleNamespace(**_bounds(field.get("anyOf", [field])[0]))])


def _bounds(schema: dict[str, Any]) -> dict[str, Any]:
    return {short: schema[word] for word, short in BOUNDS.items() if word in schema}


def _format_kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        *others, last = (f"`{value}`" for value in schema["enum"])
        return f"{', '.join(others)} or {last}"
    if "const" in schema:
        return f"`{schema['const']}`"
    return "path" if schema.get("format") == "path" else KINDS[schema["type"]]


def _format_default(default: Any) -> str:
    if default is None or default in ([], {}):
        return "empty"
    if isinstance(default, list):
        return f"`{','.join(default)}`"
    if isinstance(default, dict):
        return f"`{yaml.safe_dump(default, default_flow_style=True, sort_keys=False, width=math.inf).strip()}`"
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
