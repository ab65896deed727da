"""Validate a config, and explain every error in one line."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bakeoff.errors import ConfigError
from bakeoff.formatting import one_line
from bakeoff.runtime.typed_json import is_shallow

Model = TypeVar("Model", bound=BaseModel)
DEEPEST = 20  # levels of nesting


def validate(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Make a config model from plain values.

    Raises:
        ConfigError: with the message of `explain`.
    """
    if not is_shallow(values, DEEPEST):
        raise ConfigError(f"the config is nested more than {DEEPEST} levels deep")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(model, error)) from error


def explain(model: type[BaseModel], error: ValidationError) -> str:
    """Explain the first three errors of pydantic in one line."""
    return "; ".join(_explain_one(model, dict(details)) for details in error.errors()[:3])


def _explain_one(model: type[BaseModel], finding: dict[str, Any]) -> str:
    path = [part for part in finding["loc"] if part != "[key]"]
    where = ".".join(str(part)[:80] for part in path)
    message = finding["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = message.partition(" or instance of ")[0]  # a class of the config is no user's word
    if finding["type"] == "extra_forbidden":
        part = model_at(model, path[:-1])
        allowed = list(part.model_fields) if part else []
        near = difflib.get_close_matches(str(path[-1]), allowed, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"unknown key {where!r}; {hint}allowed: {', '.join(allowed)}"
    if finding["type"] == "value_error":
        return one_line(f"{where}: {message}" if where else message)
    field = _field_at(model, path)
    if finding["type"] == "string_pattern_mismatch" and field is not None and field.description:
        message = f"allowed: {field.description[0].lower()}{field.description[1:].rstrip('.')}"
    default = "" if field is None or isinstance(field.default, BaseModel | dict) else f" (default: {field.default})"
    shown = str(finding["input"])[:80] or "empty"
    return one_line(f"{where} is {shown}; {message[0].lower()}{message[1:]}{default}")


def model_at(model: type[BaseModel], path: Sequence[Any]) -> type[BaseModel] | None:
    """Return the config model at a path of keys, or None if there is none."""
    for key in path:
        field = model.model_fields.get(str(key))
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return None
        model = field.annotation
    return model


def _field_at(model: type[BaseModel], path: Sequence[Any]) -> FieldInfo | None:
    part = model_at(model, path[:-1])
    return part.model_fields.get(str(path[-1])) if part and path else None
