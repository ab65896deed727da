"""Drift as tables."""

from bakeoff.report.drift.section import class_table, column_table, markdown_drift

COLUMN = {
    "kind": "number",
    "verdict": "drifted",
    "size": 0.51234,
    "noise": 0.1,
    "measure": "wasserstein",
    "missing": {"training": 0.0, "now": 0.125},
}
DRIFT = {
    "columns": {"fee | net": COLUMN, "calm": {**COLUMN, "verdict": "stable"}},
    "prediction": {"classes": {"yes": {"training": 0.3, "now": 0.05}}},
}


def test_columns_stand_with_verdict_size_noise_and_gaps():
    """All of them, or those that have moved."""
    row = ("fee | net", "drifted", "0.512", "0.100", "Wasserstein", "0.0 %", "12.5 %")
    assert [row] == column_table(DRIFT, moved=True)[1]
    assert ["fee | net", "calm"] == [name for name, *_ in column_table(DRIFT)[1]]


def test_predicted_shares_stand_beside_those_of_training():
    """In percent."""
    assert [("yes", "30.0 %", "5.0 %")] == class_table(DRIFT)[1]


def test_markdown_has_the_columns_that_moved_and_the_classes():
    """A name's bar is no end of a cell."""
    markdown = "\n".join(markdown_drift(DRIFT))
    assert r"fee \| net" in markdown
    assert "calm" not in markdown
    assert "5.0 %" in markdown
