"""What is odd about rows or their split is said once wherever people look, and nothing is said of rows in order."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forging import read_card

from bakeoff.cli.terminal import render_card
from bakeoff.config import TrainingConfig
from bakeoff.data.prepare import prepare_cached, prepare_dataset
from bakeoff.report.table_formats import markdown_text
from bakeoff.report.version_markdown import render_markdown
from bakeoff.runtime.workspace import RunFolder
from tests.bakeoff.conftest import run_race

QUIET = [
    {"source": "synthetic"},
    *({"source": "bundled", "bundled": name} for name in ("breast_cancer", "digits", "iris", "wine")),
]


def leaking(path: Path) -> dict:
    """A table whose column `refund` is only there for what was returned."""
    rng = np.random.RandomState(0)
    y = rng.permutation(["kept"] * 200 + ["returned"] * 200)
    refund = np.where(y == "returned", rng.uniform(5, 90, 400), 0.0)
    pd.DataFrame({"amount": rng.uniform(5, 90, 400), "refund": refund, "y": y}).to_parquet(path)
    return {"source": "file", "path": str(path), "target": "y"}


@pytest.mark.parametrize("dataset", QUIET, ids=lambda dataset: dataset.get("bundled", dataset["source"]))
def test_rows_in_order_cause_no_warning(dataset, tmp_path):
    """The bundled tables and the default job are silent, petals that predict well and a repeated flower included."""
    for seed in range(3):
        config = TrainingConfig.model_validate({"dataset": dataset, "split": {"random_state": seed}})
        assert () == prepare_dataset(config, tmp_path / str(seed)).warnings


def test_what_was_lost_in_reading_is_the_first_warning(tmp_path):
    """Before odd values, in the order of a look at the table."""
    rows = range(300)
    pd.DataFrame(
        {
            "kg": [f"[{row}]" if row % 7 == 0 else f"{row}.5" for row in rows],
            "age": [-999 if row % 5 == 0 else row % 70 for row in rows],
            "y": [["None", "Yes", "yes", "no"][row % 4] for row in rows],
        }
    ).to_csv(tmp_path / "rows.csv", index=False)
    dataset = {"source": "file", "path": str(tmp_path / "rows.csv"), "target": "y"}
    found = prepare_dataset(TrainingConfig.model_validate({"dataset": dataset}), tmp_path / "data").warnings
    assert found[0].startswith("75 of 300 rows are left out, since the target 'y' is missing (written as 'None' in 75")
    assert found[1].startswith("left out, since only a part of their cells are numbers: 'kg'")
    assert "classes that may be the same: 'Yes' and 'yes'" in found[2]
    assert any("'age' (-999 in " in warning for warning in found[3:])


def test_a_warning_is_said_wherever_people_look(tmp_path):
    """In the card, on the terminal, in the report and on Prefect's pages."""
    race = run_race(tmp_path, dataset=leaking(tmp_path / "rows.parquet"))
    folder = race.export(tmp_path / "models")
    card, (warning,) = read_card(folder), race.ref.warnings
    assert "column 'refund'" in warning
    assert [warning] == card.warnings
    assert f"Beware: {warning}." in render_card(card)
    assert f"Beware: {markdown_text(warning)}." in render_markdown(card, "x")
    assert "Beware: column" in (folder / "report.html").read_text("utf-8")


def test_a_warning_is_logged_once_a_run(tmp_path, caplog):
    """A run that takes the rows over from one that ended early warns, too."""
    caplog.set_level("INFO", "bakeoff")
    config = TrainingConfig.model_validate({"dataset": leaking(tmp_path / "rows.parquet")})
    for number in range(2):
        caplog.clear()
        run = RunFolder(tmp_path / str(number), tmp_path / "cache")
        run.path.mkdir()
        (warning,) = prepare_cached(config, run).warnings
        assert [warning] == [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "taken over" in caplog.text
