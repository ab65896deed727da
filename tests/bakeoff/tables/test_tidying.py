"""What was done to a table is said in one line for each kind of change."""

import pytest
import yaml

from bakeoff.errors import DataError
from bakeoff.tables.tidying import Tidying, describe_gaps, yaml_name


def test_a_line_names_all_columns_of_a_change():
    """And the parameter that decides otherwise."""
    done = Tidying()
    done.add("names", "id", "9 in 9 rows")
    done.add("names", "other id")
    assert [
        "left out, since nearly every row has a value of its own, as names and ids do: 'id' (9 in 9 rows), 'other id'; "
        "dataset.categories: [id] learns from it"
    ] == done.lines()


def test_what_was_forgotten_is_not_said():
    """A column may be inferred twice."""
    done = Tidying()
    done.add("gaps", "a")
    done.forget("a")
    assert [] == done.lines()


@pytest.mark.parametrize(
    "name",
    ["a", "a b", "a'b", 'a"b', "a\nb", "a, b", "[a]", "{first}", "", "é", "on", "null", "1", "- a", "#a", "a: b"],
)
def test_a_name_in_a_line_can_be_put_into_a_config(name):
    """On one line, whatever is in it."""
    assert [name] == yaml.safe_load(f"[{yaml_name(name)}]")
    done = Tidying()
    done.add("counter", name)
    assert "\n" not in done.lines()[0]


def test_strict_refuses_changes_that_the_config_did_not_decide():
    """All of them in one line; notes are no changes."""
    done = Tidying()
    done.add("leading zeros", "zip")
    done.add("dates", "when")
    done.refuse("rows.csv", {"when"})
    done.add("constant", "c", "1")
    done.add_line("2 of 9 rows are left out")
    with pytest.raises(
        DataError, match=r"refuses: \(1\) 2 of 9 rows.*; \(2\) left out, since .* 'c' \(1\); change the"
    ):
        done.refuse("rows.csv", {"when"})


def test_gaps_are_counted():
    """The most frequent texts first, and no more than some."""
    assert "'?' in 2 of 9 rows" == describe_gaps({"?": 2}, 9)
    assert "'x0', 'x1', 'x2', 'x3', 'x4', … in 7 of 9 rows" == describe_gaps({f"x{i}": 1 for i in range(7)}, 9)
