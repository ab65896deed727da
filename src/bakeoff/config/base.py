"""The base class and the field types of config models."""

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializationInfo,
    WithJsonSchema,
)

from bakeoff.runtime.files import NAME
from bakeoff.runtime.objects.address import Address, parse_store, path_or_address
from bakeoff.runtime.paths import local_path

MAX_SEED = 2**32 - 1  # what numpy's RandomState takes

ModelName = Annotated[
    str,
    Field(
        pattern=NAME,
        max_length=100,
        description="The model's name: letters, digits, dots, dashes and underscores, beginning with a letter or "
        "digit.",
    ),
]


def _no_flag(value: Any) -> Any:
    """Refuse booleans, which pydantic would convert to 0 and 1; YAML reads `yes` as one."""
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


def _several(value: Any) -> Any:
    """Turn a single name into a list of one."""
    return (value,) if isinstance(value, str) else value


def _local(value: Any) -> Any:
    """Check a path before it becomes a `Path`, which reads s3://bucket as a folder and "" as the current one."""
    return local_path(str(value)) if isinstance(value, str | Path) else value


def _place(value: Any) -> Any:
    """Check a path, or an address of an object store."""
    return path_or_address(str(value)) if isinstance(value, str | Path) else value


def _store(value: Any) -> Path | Address:
    if not isinstance(value, str | Path | Address):
        raise ValueError("must be a folder, or an address as s3://bucket/models")
    return parse_store(str(value))


def _dump_store(place: Path | Address, info: SerializationInfo) -> Path | str:
    return place if isinstance(place, Path) and info.mode == "python" else str(place)


Count = Annotated[int, BeforeValidator(_no_flag)]
Number = Annotated[float, BeforeValidator(_no_flag)]
Seed = Annotated[int, BeforeValidator(_no_flag), Field(ge=0, le=MAX_SEED)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
Text = Annotated[str, Field(min_length=1)]
LocalPath = Annotated[Path, BeforeValidator(_local)]
if TYPE_CHECKING:
    StorePlace = Path | Address
else:  # `--help` and the completion of shells show the type as that of a folder
    StorePlace = Annotated[
        Path,
        PlainValidator(_store),
        PlainSerializer(_dump_store),
        WithJsonSchema({"type": "string", "format": "path"}),
    ]
Place = Annotated[str, BeforeValidator(_place), Field(min_length=1)]  # shown as entered


class Part(BaseModel):
    """Base class of config models: frozen, without unknown keys, and with the bounds at the end of descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Add the bounds to the descriptions, since neither `--help` nor Prefect's form shows them otherwise."""
        super().__pydantic_init_subclass__(**kwargs)
        for field in cls.model_fields.values():
            bounds, description = format_bounds(field.metadata), (field.description or "").removesuffix(".")
            if bounds and not description.endswith(f"({bounds})"):
                field.description = f"{description} ({bounds})."
        cls.model_rebuild(force=True)

    @classmethod
    def outlasting(cls, base: Mapping[str, Any], over: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG003  a part may override it
        """Return the values in `base` that still make sense with those in `over`, which override them."""
        return base


class RunConfig(Part):
    """Base class of the flows' configs."""

    @abstractmethod
    def at(self, second: int | None) -> Self:
        """Return the config with what is empty and depends on the time of the run.

        Args:
            second: the time that the run was scheduled for, in seconds since the epoch; None if it was not.
        """


def format_bounds(metadata: list[Any]) -> str:
    """Format bounds, as `10 to 1,000`, `above 0, below 1` or `0 or more`; empty without bounds.

    Args:
        metadata: a field's constraints, with attributes `ge`, `gt`, `le` or `lt`.
    """
    bounds = {
        kind: getattr(item, kind) for item in metadata for kind in ("ge", "gt", "le", "lt") if hasattr(item, kind)
    }
    if "ge" in bounds and "le" in bounds:
        return f"{bounds['ge']:,} to {bounds['le']:,}"
    words = {"ge": "{:,} or more", "gt": "above {:,}", "le": "{:,} at most", "lt": "below {:,}"}
    return ", ".join(words[kind].format(value) for kind, value in bounds.items())
