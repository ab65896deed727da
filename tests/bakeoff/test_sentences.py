"""Figures as a person would say them."""

import pytest

from bakeoff.canvas import finish, markdown_picture
from bakeoff.sentences import printable, say_seconds
from bakeoff.tabular import markdown_table, markdown_text, text_table


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.344, "0.34 s"), (9.6, "9.6 s"), (99, "99 s"), (120, "2 min"), (9000, "2.5 h")]
)
def test_times_are_said_in_units_that_fit(seconds, words):
    assert words == say_seconds(seconds)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[31mred\x9b", "\ufffd[31mred\ufffd"),
        ("bell\x07 株式 é\u200b", "bell\ufffd 株式 é\u200b"),
        ("\ufffe\x7f", "\ufffd\ufffd"),
    ],
)
def test_what_steers_a_terminal_is_not_shown(name, shown):
    assert shown == printable(name)
    assert [f"{shown}  1"] == text_table(("a", "b"), [(name, "1")])[1:]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a|b", r"a\|b"),
        ("a\n\n# Heading\n<script>", r"a # Heading \<script>"),
        ("![x](http://elsewhere)", r"!\[x\](http://elsewhere)"),
        ("`models/x`", "`models/x`"),
    ],
)
def test_a_name_is_no_markup(name, shown):
    """On Prefect's pages."""
    assert shown == markdown_text(name)
    assert f"| {shown} |" == markdown_table(("Class",), [(name,)]).splitlines()[2]
    picture = finish("any", name, "seen", (9, 9), [])
    assert f"![{shown}: seen](" in markdown_picture(picture)
