"""Tables as they come from spreadsheets, exports and databases are loaded at the first try, or refused at once."""

import numpy as np
import pandas as pd
import pytest

from bakeoff.config import DatasetConfig, SplitConfig
from bakeoff.data.load import load_dataset
from bakeoff.errors import DataError

ROWS = np.arange(60)
Y = np.array(["u", "v"])[ROWS % 2]
X = (ROWS * 37 % 60) / 8


def load(tmp_path, table, split=None, strict=False, **config):
    """Write a table, as text or as columns beside x and y, and load it."""
    path = tmp_path / "rows.csv"
    if isinstance(table, str):
        path.write_text(table)
    else:
        pd.DataFrame({"x": X, "y": Y} | table).to_csv(path, index=False)
    return load_dataset(DatasetConfig(source="file", path=str(path), target="y", **config), split, strict=strict)


def kinds(dataset):
    return {feature.name: feature.kind for feature in dataset.features}


def test_decimal_commas_between_semicolons_are_read(tmp_path):
    """A point then groups thousands, in columns without a comma, too."""
    dataset = load(tmp_path, "a;b;y\n" + "".join(f"{row % 7},5;1.{row % 10}00;{Y[row]}\n" for row in ROWS))
    assert [0.5, 1.5] == dataset.X["a"][:2].tolist()
    assert [1000, 1100] == dataset.X["b"][:2].tolist()


def test_the_other_columns_decide_what_a_comma_means(tmp_path):
    """A point that is a decimal mark makes commas separators."""
    assert 1000 == load(tmp_path, {"a": [f"1,{row * 7:03d}" for row in ROWS]}).X["a"].min()


def test_all_columns_that_can_be_read_in_two_ways_are_named_at_once(tmp_path):
    """With both readings, and the parameters that settle them."""
    two = {"x": ROWS % 7, "a": [f"1,{row:03d}" for row in ROWS], "b": [f"2,{row:03d}" for row in ROWS]}
    two |= {"d": [f"{row % 12 + 1}/{row * 5 % 12 + 1}/2024" for row in ROWS], "the day": "1/2/24"}
    with pytest.raises(DataError) as caught:
        load(tmp_path, two)
    assert (
        "numbers can be read in two ways in 'a' (1,000), 'b' (2,000): 1,000 is 1000 if the comma groups thousands, and "
        "1.000 if it is the decimal mark; set dataset.decimal: '.' or ','; day and month can't be told apart in 'd' "
        "(1/1/2024), 'the day' (1/2/24): 1/1/2024 can be read day first and month first; set dataset.dates: {d: dmy, "
        "the day: dmy}, or mdy"
    ) == str(caught.value)
    dates = {"d": "mdy", "the day": "mdy"}
    dataset = load(tmp_path, two, decimal=",", dates=dates)
    assert (1.0, 1.059) == (dataset.X["a"].min(), dataset.X["a"].max())
    assert pd.Timestamp(2024, 2, 6) == dataset.X["d"][1]


def test_infinite_numbers_are_named_with_all_columns(tmp_path):
    """And the flag that leaves them out."""
    bad = {"i": np.where(ROWS == 3, np.inf, X), "j": np.where(ROWS == 5, 1e39, X)}
    with pytest.raises(DataError, match="column 'i' holds infinite.*column 'j' .*--dataset.ignore i,j leaves them out"):
        load(tmp_path, bad)


def test_nothing_to_learn_from_is_said_with_what_was_left_out(tmp_path):
    """The lines name the way out."""
    with pytest.raises(
        DataError, match=r"no column to learn from besides the target 'y'; left out.*'x' \(1\); left out"
    ):
        load(tmp_path, {"x": 1, "id": [f"k{row}" for row in ROWS]})


def test_a_column_named_in_the_config_is_learned_from(tmp_path):
    """A year that rises by one, and an id."""
    table = {"year": 1950 + ROWS, "id": [f"k{row}" for row in ROWS]}
    assert {"x": "number"} == kinds(load(tmp_path, table))
    dataset = load(tmp_path, table, numbers=("year",), categories=("id",))
    assert {"x": "number", "year": "number", "id": "category"} == kinds(dataset)
    assert () == dataset.tidied


def test_a_hint_for_a_column_that_is_not_there_is_refused(tmp_path):
    """As for those to ignore."""
    with pytest.raises(DataError, match=r"there is no column 'when' \(dataset.dates has it\)"):
        load(tmp_path, {}, dates={"when": "dmy"})


def test_strict_takes_what_the_config_decides(tmp_path):
    """And refuses what it does not, all at once."""
    table = {"d": [f"2024-01-{row % 28 + 1:02d}" for row in ROWS], "c": 7}
    with pytest.raises(DataError, match=r"refuses: \(1\) left out.*'c' \(7\); \(2\) read as dates.*'d'"):
        load(tmp_path, table, strict=True)
    assert {"x": "number", "d": "datetime"} == kinds(
        load(tmp_path, table, strict=True, dates={"d": "ymd"}, ignore=("c",))
    )


def test_rows_without_a_class_are_left_out_of_everything(tmp_path):
    """Of the features, the split key and the raw table."""
    dataset = load(tmp_path, {"when": ROWS, "y": np.where(ROWS % 3, Y, "")}, SplitConfig(by="time", column="when"))
    assert [40] * 4 == [len(part) for part in (dataset.X, dataset.y, dataset.split_key, dataset.raw)]
    assert ROWS[ROWS % 3 > 0].tolist() == dataset.split_key.tolist()
    assert ("20 of 60 rows are left out, since the target 'y' is missing",) == dataset.warnings


def test_a_split_by_time_follows_dates_of_any_order(tmp_path):
    """Told from the column, or from dataset.dates where it can't be; then both readings are named."""
    by_time = SplitConfig(by="time", column="when")
    days = pd.date_range("2024-01-01", periods=60)
    assert np.all(np.diff(load(tmp_path, {"when": days.strftime("%d/%m/%Y")}, by_time).split_key) > 0)
    unclear = {"when": [f"{row % 12 + 1}/{row // 12 + 1}/2024" for row in ROWS]}
    with pytest.raises(DataError, match=r"day first and month first; set dataset.dates: \{when: dmy\}, or mdy"):
        load(tmp_path, unclear, by_time)
    key = load(tmp_path, unclear, by_time, dates={"when": "dmy"}).split_key
    assert np.all(np.diff(key) > 0)


def test_the_index_of_pandas_is_left_out(tmp_path):
    """As its metadata call it; `read_parquet` would not give it as a column."""
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"x": X, "y": Y}, index=ROWS[::-1] * 2).to_parquet(path)
    dataset = load_dataset(DatasetConfig(source="file", path=str(path), target="y"))
    assert {"x": "number"} == kinds(dataset)
    assert "'__index_level_0__'" in dataset.tidied[0]


def test_a_named_index_that_does_not_name_the_rows_is_learned_from(tmp_path):
    """A group is a column like others; a customer's number is left out."""
    path = tmp_path / "rows.parquet"
    index = pd.MultiIndex.from_arrays([np.where(ROWS % 2, "a", "b"), ROWS * 3], names=["group", "customer"])
    pd.DataFrame({"x": X, "y": Y}).set_index(index).to_parquet(path)
    dataset = load_dataset(DatasetConfig(source="file", path=str(path), target="y"))
    assert {"x": "number", "group": "category"} == kinds(dataset)
    assert "'customer'" in dataset.tidied[0]


def test_the_order_of_rows_does_not_change_how_columns_are_read(tmp_path):
    """A shuffled table has the same schema and the same lines."""
    table = pd.DataFrame({
        "x": X, "money": [f"${row * 97:,}" for row in ROWS], "gap": np.where(ROWS % 4, X.astype(str), "?"),
        "day": pd.date_range("2024-01-01", periods=60).strftime("%d.%m.%Y"), "zip": [f"0{row % 7}" for row in ROWS],
        "n": ROWS, "y": Y,
    })  # fmt: skip
    first = load(tmp_path, dict(table))
    again = load(tmp_path, dict(table.sample(frac=1, random_state=0).reset_index(drop=True)))
    assert (first.features, first.tidied) == (again.features, again.tidied)


def test_a_row_in_a_message_counts_in_the_file_though_rows_without_a_class_are_left_out(tmp_path):
    """Row 3 is the third of those that have a class."""
    path = tmp_path / "rows.csv"
    path.write_text("a,y\n1,u\n2,\n3,v\ninf,u\n5,v\n")
    with pytest.raises(DataError, match=r"the first in row 3\); correct them"):
        load_dataset(DatasetConfig(path=str(path), target="y"))
