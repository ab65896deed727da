"""Escape text in a CSV that a spreadsheet would run as a formula (CSV injection)."""

import re

import pyarrow as pa
import pyarrow.compute as pc

OPENING = "=+-@\t\r\n＝＋－＠"  # first characters of a formula, as listed by OWASP (CSV Injection)
NUMBER = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"


def defuse(text: str) -> str:
    """Put an apostrophe before text that starts like a formula; numbers and single characters stay as they are."""
    is_formula = len(text) > 1 and text[0] in OPENING and not re.match(NUMBER, text)
    return f"'{text}" if is_formula else text


def defuse_table(table: pa.Table) -> pa.Table:
    """Apply `defuse` to all cells of text columns."""
    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            table = table.set_column(i, field, _defuse_column(table[i]))
    return table


def _defuse_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    opening = pa.array([*OPENING], column.type)
    opens = pc.and_(pc.is_in(pc.utf8_slice_codeunits(column, 0, 1), opening), pc.greater(pc.utf8_length(column), 1))
    if not pc.any(opens).as_py():
        return column
    opens = pc.and_not(opens, pc.match_substring_regex(column, NUMBER))
    return pc.if_else(opens, pc.binary_join_element_wise(pa.scalar("'", column.type), column, ""), column)
