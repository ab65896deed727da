"""Figures as a person would say them."""

import pytest

from bakeoff.formatting import format_seconds, list_first, printable
from bakeoff.report.table_formats import text_table


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.344, "0.34 s"), (9.6, "9.6 s"), (99, "99 s"), (120, "2 min"), (9000, "2.5 h")]
)
def test_times_are_said_in_units_that_fit(seconds, words):
    assert words == format_seconds(seconds)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[31mred\x9b", r"\x1b[31mred\x9b"),
        ("bell\x07 株式 é\u200b", r"bell\x07 株式 é" + "\u200b"),
        ("\ufffe\x7f\0", r"\ufffe\x7f\x00"),
        ("\u202egpj.exe\u2066", r"\u202egpj.exe\u2066"),
    ],
)
def test_what_steers_a_terminal_is_shown_escaped(name, shown):
    """And what turns the direction of writing, so that a name reads as another."""
    assert shown == printable(name)
    assert [f"{shown}  1"] == text_table(("a", "b"), [(name, "1")])[1:]


def test_a_long_list_of_names_is_cut():
    """A mark stands for the rest."""
    assert "a, b" == list_first(["a", "b"], 2)
    assert "a, b, …" == list_first(["a", "b", "c"], 2)
