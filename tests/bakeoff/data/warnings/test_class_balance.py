"""A majority is warned of."""

import numpy as np
import pandas as pd
from forging import read_card

from bakeoff.cli.terminal import render_card
from bakeoff.data.warnings.class_balance import warn_of_few_test_rows, warn_of_majority
from bakeoff.report.table_formats import markdown_text
from bakeoff.report.version_markdown import render_markdown
from tests.bakeoff.conftest import run_race


def test_a_majority_of_nine_tenths_is_warned_of(tmp_path):
    """In the card and whatever is made of it."""
    rows = pd.DataFrame({"a": np.arange(400) % 23, "y": ["sound"] * 372 + ["fraud"] * 28})
    rows.to_parquet(tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"}
    race = run_race(tmp_path, dataset=dataset)
    card = read_card(race.export(tmp_path / "models"))
    expected = (
        "class 'sound' holds 92.9 % of the training rows, so always answering it has that accuracy: set "
        "cross_validation.scoring: balanced_accuracy, or another metric"
    )
    assert expected == card.warnings[0]
    assert f"Beware: {expected}." in render_card(card)
    assert f"Beware: {markdown_text(expected)}." in render_markdown(card, "x")
    y = np.array(["sound"] * 90 + ["fraud"] * 10)
    assert warn_of_majority(y, "accuracy") is None
    assert warn_of_majority(y[:-5], "balanced_accuracy") is None


def few(sizes: dict[str, int]) -> str | None:
    """The warning for test rows of these classes."""
    y = np.repeat(list(sizes), list(sizes.values()))
    return warn_of_few_test_rows(y, np.arange(len(y)))


def test_a_class_with_fewer_than_thirty_test_rows_is_named():
    """With its count; several at once, the smallest first; one that no test row has, too."""
    advice = (
        "; fewer than 30 tell little of how well a class is recognised: add rows, hold out more by split.test_size, "
        "or go by the cross-validation"
    )
    assert f"class 'fraud' has 29 test rows{advice}" == few({"fraud": 29, "sound": 90})
    assert f"class 'fraud' has 1 test row{advice}" == few({"fraud": 1, "sound": 90})
    assert f"2 classes have few test rows: 'b' (2), 'a' (9){advice}" == few({"a": 9, "b": 2, "c": 400})
    assert f"class 'b' has 0 test rows{advice}" == warn_of_few_test_rows(np.array(["b", *"a" * 40]), np.arange(1, 41))


def test_small_tables_and_large_classes_are_not_warned_of():
    """Where no class has thirty rows, the interval of the accuracy is wide enough, unless there are next to none."""
    assert few({"a": 30, "b": 90}) is None
    assert few({"a": 10, "b": 10, "c": 10}) is None
    assert "'b' (4), 'a' (12)" not in (few({"a": 28, "b": 4, "c": 12}) or "")
    assert "class 'b' has 4 test rows" in (few({"a": 28, "b": 4, "c": 12}) or "")
    assert "'a' (10), 'b' (12)" in (few({"a": 10, "b": 12}) or "")
