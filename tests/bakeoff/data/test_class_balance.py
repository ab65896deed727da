"""A majority is warned of."""

import numpy as np
import pandas as pd
from forging import read_card

from bakeoff.cli.terminal import render_card
from bakeoff.data.class_balance import warn_of_majority
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
    assert [expected] == card.warnings
    assert f"Beware: {expected}." in render_card(card)
    assert f"Beware: {markdown_text(expected)}." in render_markdown(card, "x")
    y = np.array(["sound"] * 90 + ["fraud"] * 10)
    assert warn_of_majority(y, "accuracy") is None
    assert warn_of_majority(y[:-5], "balanced_accuracy") is None
