"""Parse untrusted JSON, and read it as dataclasses; an error names the path of the value that is missing or mistyped.

The annotations are the rules. `float` is a finite number or NaN, `int` a count from 0, and a tuple is a list in JSON.
A field with a default may be missing; keys that the dataclass doesn't have are ignored. `Annotated` adds rules: a
predicate that must hold for the value, `Keys` that a mapping must have, or a dataclass that the value must also be
readable as.
"""

import json
from collections.abc import Callable, Hashable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

LARGEST = 1e300  # the largest magnitude of a float, with room to calculate below the overflow at 1.8e308
MOST = 2**63  # the largest int, such as the bytes of a file
MOST_BYTES = 1 << 29  # of memory for a parsed text
# Bytes of memory for each occurrence of a character, roughly and at most: an empty list takes 2 bytes in a file, 100 in
# memory.
COSTS = {b"{": 232, b"[": 100, b":": 150, b",": 40}

T = TypeVar("T")
Read = Callable[[Any, str], Any]  # takes a parsed value and its path, and returns the typed value


class ShapeError(ValueError):
    """A value is missing or has another type; the message is its path, as `rows.train`, empty for the document."""


@dataclass(frozen=True)
class Keys:
    """The keys that a mapping must have."""

    names: tuple[str, ...]


def read_as(shape: type[T], value: Any, where: str = "") -> T:
    """Read a parsed value as a dataclass.

    Args:
        shape: the dataclass.
        value: as from `json.loads`.
        where: the value's path, which errors begin with.

    Returns:
        An instance of the dataclass.

    Raises:
        ShapeError: a value in it is missing or has another type.
    """
    return cast("T", _reader(cast("Hashable", shape))(value, where))


@cache
def _reader(shape: Any) -> Read:
    origin, arguments = get_origin(shape), get_args(shape)
    if is_dataclass(shape):
        read = _dataclass(shape)
    elif origin is Annotated:
        read = _with_rules(_reader(arguments[0]), arguments[1:])
    elif origin in (Union, UnionType):
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        read = _optional(_reader(inner))
    elif origin is dict:
        read = _mapping(_reader(arguments[1]))
    elif origin is list or arguments[1:] == (...,):
        read = _sequence(_reader(arguments[0]), origin)
    elif origin is tuple:
        read = _of_length([_reader(argument) for argument in arguments])
    elif origin is Literal:
        read = _checked(lambda value: value in arguments)
    else:
        read = _checked(_CHECKS[shape])
    return read


_CHECKS: dict[Any, Callable[[Any], bool]] = {
    Any: lambda _: True,
    str: lambda value: isinstance(value, str),
    bool: lambda value: isinstance(value, bool),
    int: lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST,
    float: lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) > LARGEST  # allows NaN
    ),
}


def _checked(check: Callable[[Any], Any], read: Read = lambda value, _: value) -> Read:
    def checked(value: Any, where: str) -> Any:
        typed = read(value, where)
        if not check(typed):
            raise ShapeError(where)
        return typed

    return checked


def _with_rules(read: Read, rules: tuple[Any, ...]) -> Read:
    for rule in rules:
        if isinstance(rule, Keys):
            read = _with_keys(read, rule.names)
        elif is_dataclass(rule):
            read = _also(read, _reader(cast("Hashable", rule)))
        else:
            read = _checked(rule, read)
    return read


def _with_keys(read: Read, names: tuple[str, ...]) -> Read:
    def read_mapping(value: Any, where: str) -> Any:
        mapping = read(value, where)
        for name in names:
            if name not in mapping:
                raise ShapeError(f"{where}.{name}")
        return mapping

    return read_mapping


def _also(read: Read, other: Read) -> Read:
    """Read with `read` what `other` can read too."""

    def read_both(value: Any, where: str) -> Any:
        other(value, where)
        return read(value, where)

    return read_both


def _optional(inner: Read) -> Read:
    return lambda value, where: None if value is None else inner(value, where)


def _dataclass(shape: Any) -> Read:
    hints = get_type_hints(shape, include_extras=True)
    required = {field.name for field in fields(shape) if field.default is MISSING and field.default_factory is MISSING}
    readers = {field.name: _reader(hints[field.name]) for field in fields(shape)}

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise ShapeError(where)
        values = {}
        for name, inner in readers.items():
            path = f"{where}.{name}" if where else name
            if name in value:
                values[name] = inner(value[name], path)
            elif name in required:
                raise ShapeError(path)
        return shape(**values)

    return read


def _mapping(inner: Read) -> Read:
    def read(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise ShapeError(where)
        return {key: inner(item, f"{where}.{key[:80]}") for key, item in value.items()}

    return read


def _sequence(inner: Read, kind: Any) -> Read:
    def read(value: Any, where: str) -> Any:
        if not isinstance(value, list | tuple):
            raise ShapeError(where)
        return kind(inner(item, where) for item in value)

    return read


def _of_length(inner: list[Read]) -> Read:
    """Read a tuple with one reader for each element."""

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, list | tuple) or len(value) != len(inner):
            raise ShapeError(where)
        return tuple(read_item(item, where) for read_item, item in zip(inner, value))

    return read


def is_shallow(value: Any, levels: int) -> bool:
    """Whether lists and mappings are nested at most `levels` deep."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(is_shallow(item, levels - 1) for item in inner)


def parse_json(content: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        ValueError: it is not JSON, is nested too deep, or would take more than half a gigabyte of memory.
    """
    size = 4 * len(content) + sum(cost * content.count(mark) for mark, cost in COSTS.items())
    if size > MOST_BYTES:
        raise ValueError(f"it would take {size / 1e9:.1f} GB of memory, and {MOST_BYTES / 1e9:.1f} are the most")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
