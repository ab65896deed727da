"""JSON as dataclasses."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from bakeoff.runtime.typed_json import Keys, ShapeError, read_as


@dataclass(frozen=True)
class Inner:
    share: Annotated[float, lambda value: 0 <= value <= 1]
    ends: tuple[float, float] | None = None


@dataclass(frozen=True)
class Outer:
    name: str
    kind: Literal["a", "b"]
    count: int
    inner: list[Inner]
    named: Annotated[dict[str, Inner], Keys(("x",))]
    known: Annotated[dict[str, Any], Inner]


WHOLE = {
    "name": "n",
    "kind": "a",
    "count": 0,
    "inner": [{"share": 1, "ends": [0, 1.5]}],
    "named": {"x": {"share": 0.5, "ends": None}},
    "known": {"share": 0, "more": "any"},
}


def test_what_is_right_is_read():
    """Lists as the annotation has them; keys that nobody knows stay in plain mappings alone."""
    expected = Outer("n", "a", 0, [Inner(1, (0, 1.5))], {"x": Inner(0.5)}, {"share": 0, "more": "any"})
    assert expected == read_as(Outer, WHOLE | {"unknown": [1]})


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"name": None}, "name"),
        ({"kind": "c"}, "kind"),
        ({"kind": []}, "kind"),
        ({"count": True}, "count"),
        ({"count": 1.0}, "count"),
        ({"count": 2**64}, "count"),
        ({"inner": {}}, "inner"),
        ({"inner": [{}]}, "inner.share"),
        ({"inner": [{"share": 2}]}, "inner.share"),
        ({"inner": [{"share": float("nan")}]}, "inner.share"),
        ({"inner": [{"share": 0, "ends": [1]}]}, "inner.ends"),
        ({"inner": [{"share": 0, "ends": [1, 10**400]}]}, "inner.ends"),
        ({"named": {}}, "named.x"),
        ({"named": {"x": 1}}, "named.x"),
        ({"known": {}}, "known.share"),
    ],
)
def test_the_first_odd_place_is_named(changed, path):
    """By its path."""
    with pytest.raises(ShapeError) as error:
        read_as(Outer, WHOLE | changed)
    assert path == str(error.value)
