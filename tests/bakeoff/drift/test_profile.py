"""A profile is written and read as it was, and a damaged one is refused."""

import json

import pytest

from bakeoff.drift.profile import ColumnProfile, PredictionProfile, Profile, read_profile
from bakeoff.errors import IntegrityError

PROFILE = Profile(
    1,
    6,
    [
        ColumnProfile("amount", "number", [0.5, 2.0], [], [0, 6, 0], 0),
        ColumnProfile("region", "category", [], ["süd"], [4, 1, 1], 0),
    ],
    PredictionProfile([3, 3], [0.8], [2, 4], [4, 8], [2, 8]),
)


def test_a_profile_is_read_as_it_was_written():
    """Every field comes back, and letters beyond ASCII too."""
    assert PROFILE == read_profile(PROFILE.to_json().encode())


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("columns", 0, "cuts"), [2.0, 0.5], r"columns\[?\.?0?.*cuts"),
        (("columns", 0, "counts"), [0, 6], "columns.amount.counts"),
        (("columns", 1, "counts"), [4, 1], "columns.region.counts"),
        (("prediction", "right"), [1], "prediction"),
        (("rows",), -1, "rows"),
    ],
)
def test_a_profile_whose_parts_do_not_fit_together_is_refused(path, value, named):
    """One line names the field."""
    content = json.loads(PROFILE.to_json())
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(IntegrityError, match=named):
        read_profile(json.dumps(content).encode())


def test_what_is_no_json_is_refused():
    """As one line, too."""
    with pytest.raises(IntegrityError, match="profile.json"):
        read_profile(b"{")
