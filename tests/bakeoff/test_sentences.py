"""Figures as a person would say them."""

import pytest

from bakeoff.sentences import say_seconds


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.344, "0.34 s"), (9.6, "9.6 s"), (99, "99 s"), (120, "2 min"), (9000, "2.5 h")]
)
def test_times_are_said_in_units_that_fit(seconds, words):
    assert words == say_seconds(seconds)
