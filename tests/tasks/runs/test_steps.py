"""Steps as Prefect tasks."""

from dataclasses import dataclass

from prefect.utilities.collections import visit_collection

from bakeoff.tables.schema import Feature
from tasks.runs.steps import untraversed


@dataclass(frozen=True)
class Wide:
    """What a reference to a wide dataset holds."""

    features: tuple[Feature, ...]


def test_prefect_does_not_traverse_a_wide_parameter():
    """It gets the value itself, and looks at as much of it whatever the number of columns."""
    wide, seen = Wide(tuple(Feature(f"x{i}", "float64", "number") for i in range(40))), []
    options = {"return_data": True, "remove_annotations": True, "context": {}}
    found = visit_collection(untraversed(wide), visit_fn=lambda value, _: seen.append(value) or value, **options)
    assert found is wide
    assert [wide] == [value for value in seen if not hasattr(value, "unwrap")]
