"""The config of the search for parameters."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from bakeoff.classifiers import CLASS, check_parameters
from bakeoff.config.base import Count, Part, Seed

# What a search may not vary: the class itself, threads, what the race sets, and what changes what a contestant gives.
FIXED = (CLASS, "n_jobs", "verbose", "categorical_features", "probability", "decision_function_shape")
EXAMPLE = "svm: {C: [0.1, 1, 10]}"


def _listed(value: Any) -> Any:
    """Turn a single value into a list of one."""
    return value if isinstance(value, list | tuple) else [value]


Values = Annotated[list[Any], BeforeValidator(_listed), Field(min_length=1, max_length=1000)]
Space = Annotated[dict[str, Values], Field(min_length=1)]


class SearchConfig(Part):
    """The parameters to search, by contestant, each with its values; as a flag `--search '{"svm": {"C": [1, 10]}}'`."""

    model_config = ConfigDict(title="Search", extra="allow")
    __pydantic_extra__: dict[str, Space]

    budget: Count = Field(
        default=20,
        ge=1,
        le=10_000,
        description="Combinations per contestant: all, or this many at random if there are more.",
    )
    folds: Count = Field(
        default=3,
        ge=2,
        le=20,
        description="Inner folds, made like those of cross_validation.",
    )
    random_state: Seed = Field(default=42, description="Seed for drawing combinations.")

    @property
    def spaces(self) -> dict[str, dict[str, list[Any]]]:
        """The values of each parameter, by contestant."""
        return self.__pydantic_extra__


def find_mistakes(search: SearchConfig, classifiers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Find what in a search doesn't go with the contestants, a clause each.

    Args:
        search: the search.
        classifiers: the contestants' parameters by name.
    """
    for name, space in search.spaces.items():
        if name not in classifiers:
            yield f"{name[:80]} does not race; search takes contestants ({', '.join(classifiers)}), as in {EXAMPLE}"
            continue
        if fixed := [key for key in space if key in FIXED]:
            yield f"{name}: {', '.join(fixed)} can't be searched; set it in classifiers.{name}"
        if "precomputed" in space.get("kernel", []):
            yield f"{name}: kernel precomputed can't be searched"
        if CLASS not in classifiers[name]:  # of a class, names are checked where it is imported
            try:
                check_parameters(name, dict.fromkeys(space))
            except ValueError as error:
                yield str(error)
