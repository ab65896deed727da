"""Merge and validate configs, and explain every error in one line."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import AliasChoices, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bakeoff.config.base import Part
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


def merge(model: type[BaseModel], base: Mapping[str, Any], over: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Merge two configs: nested models field by field, everything else is replaced as a whole.

    Args:
        model: the config model.
        base: the plain values that are overridden.
        over: the plain values that override them.
        where: what holds `base`, for the message.

    Raises:
        ConfigError: a nested model is something else in `base`.
    """
    merged = dict(base)
    for key, value in over.items():
        for field in model.model_fields.values():
            alias = field.validation_alias
            if isinstance(alias, AliasChoices) and key in alias.choices:  # `base` may have the field's other name
                merged = {name: kept for name, kept in merged.items() if name not in alias.choices}
        part = model_at(model, [key])
        if part and key in merged and not isinstance(merged[key], Mapping):
            raise ConfigError(f"{key} is {merged[key]!r} in {where}; it should be `key: value` lines")
        if part and isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            kept = part.outlasting(merged[key], value) if issubclass(part, Part) else merged[key]
            merged[key] = merge(part, kept, value, where)
        else:
            merged[key] = value
    return merged


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
