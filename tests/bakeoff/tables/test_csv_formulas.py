"""Text that a spreadsheet would run."""

import pyarrow as pa
import pytest

from bakeoff.tables.csv_formulas import defuse, defuse_table


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@SUM(1)", "\tx", "\r=1", "＝1", "-1+cmd|' /C calc'!A0", "=="])
def test_what_opens_as_a_formula_gets_an_apostrophe(text):
    """As OWASP advises."""
    assert f"'{text}" == defuse(text)
    assert [f"'{text}"] == defuse_table(pa.table({"a": [text]}))["a"].to_pylist()


@pytest.mark.parametrize("text", ["", "a", "a=1", "-1", "+3.5", "-.5", "-1e-05", "+", "-", "0", "'=1"])
def test_numbers_signs_and_other_text_are_left_alone(text):
    """A class called -1 or + comes back as it is."""
    assert text == defuse(text)
    table = pa.table({"a": [text, None], "n": [-1, 2]})
    assert table == defuse_table(table)
