"""The type of the costs of wrong predictions."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

MAX_COST = 1e9


def _class_name(key: Any) -> Any:
    """Convert a class to text: YAML may read it as a number or a boolean."""
    if isinstance(key, bool):
        return str(key).lower()
    return str(key) if isinstance(key, int) else key


def _require_number_or_mapping(costs: Any) -> Any:
    """Check the costs with one clear message, where pydantic would report an error for each member of the union."""
    if isinstance(costs, dict):
        for true, cost in costs.items():
            for predicted, value in cost.items() if isinstance(cost, dict) else [(None, cost)]:
                if not _is_cost(value):
                    where = f"class {true!r}" if predicted is None else f"class {true!r} predicted as {predicted!r}"
                    also = ", or a mapping from predicted class to such a number" if predicted is None else ""
                    raise ValueError(
                        f"the cost of {where} is {str(value)[:80]}; it must be a number from 0 to 1,000,000,000{also}"
                    )
    return costs


def _is_cost(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= MAX_COST


ClassName = Annotated[str, BeforeValidator(_class_name)]
Cost = Annotated[float, Field(ge=0, le=MAX_COST)]
Costs = Annotated[dict[ClassName, Cost | dict[ClassName, Cost]], BeforeValidator(_require_number_or_mapping)]
