"""Text that looks like numbers or dates is told from names, and numbers with one unit are read."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.cells import to_numbers
from bakeoff.tables.dtypes import ColumnHints, infer_column
from bakeoff.tables.tidying import Tidying
from bakeoff.tables.unlearned.unread import find_unread

VALUES = np.round(np.random.default_rng(0).permutation(300) * 3.37 - 200, 2)
SIZES = np.abs(VALUES)
DAYS = np.arange("2023-01-01", "2023-10-28", dtype="datetime64[D]").astype(str)


def infer(cells, typed=False, **hints):
    done = Tidying()
    column = pa.chunked_array([pa.array(cells, pa.string())])
    return infer_column("x", column, typed, ColumnHints(**hints), done), done


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([f"{n % 97}:{n % 60:02}:00" for n in range(300)], "unread numbers"),
        ([f"{n % 97}:{n % 60:02}" for n in range(300)], "unread numbers"),
        ([f"{n // 9 + 1},{n % 9000 + 1000},{n % 800 + 100}" for n in range(300)], "unread numbers"),
        ([f"{v} kg" if v > 300 else f"{v} lb" for v in SIZES], "unread numbers"),
        ([f"{v} kg" for v in SIZES], "numbers with a unit"),
        ([f"{v}°C" for v in SIZES], "numbers with a unit"),
        ([f"{v:.2f} CR" if n % 3 == 0 else f"{v:.2f}" for n, v in enumerate(SIZES)], "partly numbers"),
        ([f"[{n}]" if n % 8 == 0 else f"{v}" for n, v in enumerate(VALUES)], "partly numbers"),
        ([f"{day} 10:00:00 CET" for day in DAYS], "unread dates"),
        ([f"{day[8:]}.{day[5:7]}.{day[:4]} 10:00 Uhr" for day in DAYS], "unread dates"),
        ([f"{day[8:]}/Aug/{day[:4]}:10:00:00 +0100" for day in DAYS], "unread dates"),
        ([f"{day[8:]} août {day[:4]}" for day in DAYS], "unread dates"),
        (list(DAYS), None),
        ([f"k{n}" for n in range(300)], None),
        ([f"#{n}" for n in range(300)], None),
        ([f"INV-{n}" for n in range(300)], None),
        ([f"{n + 100}-{n:04}" for n in range(300)], None),
        ([f"{n:05}" for n in range(300)], None),
        ([f"10.0.{n}.7" for n in range(300)], None),
        ([f"+49 30 {n + 1000} 22" for n in range(300)], None),
        ([f"{n} {chr(97 + n % 26)}street" for n in range(300)], None),
        ([f"{n * 7919:08x}" for n in range(300)], None),
        ([f"u{n}@x.org" for n in range(300)], None),
        ([f"{n + 10000}" for n in range(300)], None),
        ([None, None], None),
    ],
)
def test_numbers_and_dates_are_told_from_names(cells, found):
    """By how nearly all cells are written, in few ways."""
    told = find_unread(pa.chunked_array([pa.array(cells, pa.string())]))
    assert found == (told and told[0])


@pytest.mark.parametrize(
    ("form", "unit"),
    [("{} kg", "kg"), ("{} km/h", "km/h"), ("{}° N", "° N"), ("Rs. {}", "Rs."), ("{}\u00a0GB", "GB"), ("R$ {}", "R$")],
)
def test_a_unit_that_all_cells_have_is_taken_off_in_training_and_prediction(form, unit):
    """A column that would be left out as names is read as numbers; another unit is no number, none is fine."""
    (feature, series), done = infer([form.format(value) for value in VALUES])
    np.testing.assert_array_equal(VALUES, series)
    assert ("number", unit) == (feature.kind, feature.format.unit)
    assert [f"read as numbers without their unit: 'x' ({unit}); dataset.categories: [x] learns from the text"] == (
        done.lines()
    )
    cells = pa.chunked_array([[form.format("-7.5"), "8", "9 lb", None]])
    numbers, bad = to_numbers(cells, feature.format)
    np.testing.assert_array_equal([-7.5, 8, np.nan, np.nan], numbers)
    assert [False, False, True, False] == bad.tolist()


def test_thousands_and_decimal_commas_may_stand_before_a_unit():
    """As without one."""
    (_, series), _ = infer([f"{value:,.2f} kg".translate(str.maketrans(",.", ".,")) for value in VALUES * 10])
    np.testing.assert_allclose(VALUES * 10, series)


def test_names_and_typed_text_keep_their_numbers():
    """Names with a common beginning are left out as ever; text of Parquet is not converted, but the way is shown."""
    inferred, done = infer([f"k{row}" for row in range(300)])
    assert inferred is None
    assert "as names and ids do: 'x'" in done.lines()[0]
    inferred, done = infer([f"{value} kg" for value in VALUES], typed=True)
    assert inferred is None
    assert done.warnings()[0].endswith("dataset.numbers: [x] reads the numbers")


def test_few_numbers_with_a_unit_stay_categories_and_the_setting_that_is_named_reads_them():
    """Nothing else is learned than before unless the config says so."""
    cells = [f"{row % 60} kg" for row in range(300)]
    (feature, _), done = infer(cells)
    assert "category" == feature.kind
    assert "dataset.numbers: [x] reads the numbers" in done.lines()[0]
    (feature, series), _ = infer(cells, numbers=frozenset("x"))
    assert ("number", 59) == (feature.kind, series.max())


def test_numbers_of_which_some_have_a_unit_are_read_as_before():
    """It may be another unit."""
    (feature, series), _ = infer(["1.5", "2.5", "3.5 kg", "4.5 kg", "5.5 kg"], numbers=frozenset("x"))
    assert "" == feature.format.unit
    assert 2 == series.notna().sum()


def test_a_warning_says_what_to_do_and_strict_counts_it():
    """It is a warning, not a line among others."""
    _, done = infer([f"[{n}]" if n % 8 == 0 else f"{v}" for n, v in enumerate(VALUES)])
    assert [] == done.lines()
    assert [
        "left out, since only a part of their cells are numbers: 'x' (87 % of its cells, not '[0]'); write plain "
        "numbers, or take all other cells for missing by dataset.numbers: [x]"
    ] == done.warnings()
    with pytest.raises(DataError, match="left out, since only a part"):
        done.refuse("rows.csv")


def test_formats_of_earlier_versions_have_no_unit():
    """So that they read cells as ever."""
    (feature, _), _ = infer([f"${value}" for value in VALUES])
    saved = {name: value for name, value in dataclasses.asdict(feature.format).items() if name != "unit"}
    assert feature.format == type(feature.format)(**saved)
