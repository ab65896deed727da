"""What a version asks of a table's cells: converted, named, or flagged."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.tables.cells import TEXT
from bakeoff.tables.schema import MAX_KNOWN, Feature
from bakeoff.tables.schema_validation import AnomalyPolicy, validate_table
from tests.support.counting import Counted

FEATURES = [Feature("n", "float64", "number"), Feature("g", "float64", "number", True)]
FEATURES += [Feature("b", "bool", "boolean"), Feature("t", "str", "category")]
STRICT = [
    Feature("n", "float64", "number", range=(-2.0, 2.0)),
    Feature("g", "float64", "number", True, range=(0.0, 0.0)),
    Feature("b", "bool", "boolean"),
    Feature("t", "str", "category", categories=("1", "NA ", "x")),
]

cells = st.one_of(
    st.none(),
    st.text(max_size=4),
    st.integers(-5, 5).map(str),
    st.floats().map(str),
    st.sampled_from(
        ["true", "FALSE", "NA", " 1 ", "NAN", "+nan", "nan(1)", "1_0", "0x1f", "1e3", "Infinity", "+5", "5.", "\u0661"]
    ),
)


@given(st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=12))
@settings(deadline=None)
def test_any_table_of_text_is_told_apart_row_by_row(rows):
    """Each row is either named once or has features that a model can take: finite numbers, or gaps to impute."""
    table = pa.table({name: pa.array(column, pa.string()) for name, column in zip("ngbt", zip(*rows))})
    conformed = validate_table(table, FEATURES)
    X, rejected = conformed.X, conformed.rejected
    good = np.setdiff1d(np.arange(len(rows)), rejected["row"])
    assert len(rows) == len(good) + len(rejected)
    assert rejected["row"].is_unique
    assert not np.isinf(X.loc[good, ["n", "g"]].to_numpy(dtype=float)).any()
    assert X.loc[good, "b"].dropna().isin([0.0, 1.0]).all()
    gaps = X.loc[good, ["n", "b", "t"]].isna().any(axis=1)
    strict = validate_table(table, FEATURES, AnomalyPolicy(on_missing="reject"))
    assert set(rejected["row"]) | set(gaps.index[gaps]) == set(strict.rejected["row"])
    assert rejected["column"].isin(list("ngbt")).all()


@given(
    st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=12),
    st.sampled_from(["flag", "reject", "accept"]),
    st.sampled_from(["flag", "reject", "accept"]),
    st.sampled_from(["flag", "reject", "accept"]),
    st.sampled_from([0.0, 1.0, 1e6]),
)
@settings(deadline=None)
def test_odd_rows_are_flagged_rejected_or_accepted(rows, on_unseen, on_out_of_range, on_missing, margin):
    """Cell by cell as the rules say; what is merely odd is never taken for what can't be used."""
    table = pa.table({name: pa.array(column, pa.string()) for name, column in zip("ngbt", zip(*rows))})
    plain = validate_table(table, STRICT)
    odd = validate_table(table, STRICT, AnomalyPolicy(on_unseen, on_out_of_range, margin, on_missing))
    assert set(plain.rejected["row"]) <= set(odd.rejected["row"])
    flags = odd.flags.to_pylist()
    for row in plain.usable:
        outside = {
            name: value < low - margin * (high - low) or value > high + margin * (high - low)
            for name, (low, high) in (("n", (-2.0, 2.0)), ("g", (0.0, 0.0)))
            for value in [float(plain.X[name].iloc[row])]
        }
        gaps = {name: bool(pd.isna(plain.X[name].iloc[row])) for name in "nbt"}
        unseen = not gaps["t"] and plain.X["t"].iloc[row] not in STRICT[3].categories
        odd_cells = {"out_of_range:n": outside["n"], "missing:n": gaps["n"], "out_of_range:g": outside["g"]}
        odd_cells |= {"missing:b": gaps["b"], "unseen:t": unseen, "missing:t": gaps["t"]}
        action = {"out_of_range": on_out_of_range, "missing": on_missing, "unseen": on_unseen}
        expected = [flag for flag, found in odd_cells.items() if found and action[flag.split(":")[0]] == "flag"]
        refused = any(found and action[flag.split(":")[0]] == "reject" for flag, found in odd_cells.items())
        assert refused == (row in set(odd.rejected["row"]))
        assert (expected or None) == (flags[row].split("; ") if flags[row] else None)


def test_what_training_rows_had_is_learned():
    """Categories, ranges and gaps, of the training rows alone."""
    number, text = Feature("n", "float64", "number"), Feature("t", "str", "category")
    assert Feature("n", "float64", "number", True, None, (1.0, 3.0)) == number.with_training_values(
        pd.Series([3.0, np.nan, 1.0])
    )
    assert number.with_training_values(pd.Series([np.nan, np.nan])).range is None
    assert ("a", "b") == text.with_training_values(pd.Series(["b", None, "a", "b"], dtype=TEXT)).categories
    assert Feature("b", "bool", "boolean") == Feature("b", "bool", "boolean").with_training_values(
        pd.Series([True, False])
    )


def test_more_categories_than_a_card_lists_are_not_listed(caplog):
    """It is said, and no category is told as unseen."""
    names = pd.Series([f"name {number}" for number in range(MAX_KNOWN + 1)], dtype=TEXT)
    feature = Feature("t", "str", "category").with_training_values(names)
    assert feature.categories is None
    assert "more than the 10,000 that a card lists" in caplog.text
    table = pa.table({"t": ["never seen"]})
    assert [None] == validate_table(table, [feature], AnomalyPolicy("flag", "flag")).flags.to_pylist()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["3.0", " 7 ", "1e1"], [3.0, 7.0, 10.0]),
        (pa.array([1, 2, 3], pa.int8()), [1.0, 2.0, 3.0]),
        (pa.array([True, False, True]), [1.0, 0.0, 1.0]),
        (pa.array(["3", "4", "3"]).dictionary_encode(), [3.0, 4.0, 3.0]),
        (pa.array([1, 2, 3], pa.decimal128(5, 2)), [1.0, 2.0, 3.0]),
        (pa.array(np.array([1.5, 2.0, 3.0], np.float16)), [1.5, 2.0, 3.0]),
    ],
)
def test_types_are_converted_where_nothing_is_lost(column, expected):
    """Whatever holds numbers is met as numbers."""
    conformed = validate_table(pa.table({"n": column}), [Feature("n", "float64", "number")])
    assert (expected, 0) == (conformed.X["n"].tolist(), len(conformed.rejected))


@given(st.lists(st.tuples(cells, cells, cells, cells), min_size=2, max_size=8))
@settings(deadline=None)
def test_what_becomes_of_a_row_does_not_depend_on_the_others(rows):
    """It is the same alone as in any table."""
    names = list("ngbt")
    table = pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, zip(*rows))})
    together = validate_table(table, STRICT, AnomalyPolicy("flag", "flag", 1.0))
    for row in range(len(rows)):
        alone = validate_table(table.slice(row, 1), STRICT, AnomalyPolicy("flag", "flag", 1.0))
        beside = together.rejected[together.rejected["row"] == row].drop(columns="row").reset_index(drop=True)
        pd.testing.assert_frame_equal(beside, alone.rejected.drop(columns="row"))
        if not len(beside):
            pd.testing.assert_frame_equal(
                together.X.iloc[[row]].reset_index(drop=True), alone.X, check_dtype=False, check_index_type=False
            )
            assert together.flags[row].as_py() == alone.flags[0].as_py()


def test_the_names_of_a_wide_table_are_listed_once():
    """Listing them for each feature would take time with the square of the columns."""
    names = [f"x{i}" for i in range(40)]
    table = Counted(pa.table({name: [1.0, 2.0] for name in names}))
    features = [Feature(name, "float64", "number") for name in [*names, "absent"]]
    conformed = validate_table(table, features, AnomalyPolicy(on_missing="reject"))
    assert 1 == table.asked["column_names"]
    assert ["absent"] == conformed.rejected["column"].unique().tolist()


def test_the_flags_of_a_row_are_joined_in_the_order_of_the_columns(monkeypatch):
    """Once for all of them: adding one after another to a growing text takes time with the square of the columns."""
    names = [f"x{i}" for i in range(40)]
    features = [Feature(name, "float64", "number", range=(0.0, 1.0)) for name in names]
    table = pa.table({name: [0.5, 9.0, 9.0 if i == 7 else 0.5] for i, name in enumerate(names)})
    counted = Counted(pc)
    monkeypatch.setattr("bakeoff.tables.schema_validation.pc", counted)
    flags = validate_table(table, features, AnomalyPolicy("flag", "flag")).flags
    assert 1 == counted.asked["if_else"]
    assert [None, "; ".join(f"out_of_range:{name}" for name in names), "out_of_range:x7"] == flags.to_pylist()


@pytest.mark.parametrize(
    ("known", "cells", "read", "unseen"),
    [
        (("1", "2"), ["1.0", "2.0", None, "2"], ["1", "2", np.nan, "2"], 0),
        (("1.0", "2.0"), ["1", "2"], ["1.0", "2.0"], 0),
        (("1", "1.0"), ["1.0", "1"], ["1.0", "1"], 0),
        (("1", "k"), ["1.5", "k.0", "3.0"], ["1.5", "k.0", "3.0"], 3),
        (("1", "2"), [1.0, 2.0], ["1", "2"], 0),
    ],
)
def test_codes_are_known_with_and_without_a_fraction_of_zero(known, cells, read, unseen):
    """As pandas writes whole numbers of which one is missing."""
    feature = Feature("c", "str", "category", missing=True, categories=known)
    found = validate_table(pa.table({"c": cells}), [feature], AnomalyPolicy("flag"))
    pd.testing.assert_series_equal(pd.Series(read, dtype=found.X["c"].dtype, name="c"), found.X["c"])
    assert unseen == len(cells) - found.flags.null_count
