"""The section that shows what other thresholds would give."""

from dataclasses import replace

from forging import read_card

from bakeoff.report.charts import draw_all
from bakeoff.report.threshold_section import describe_thresholds
from bakeoff.report.version_report import render_report
from tests.bakeoff.conftest import run_race

TWO = {"n_samples": 300, "n_classes": 2, "class_sep": 0.7}


def test_of_two_classes_other_thresholds_are_shown_with_their_cost(tmp_path):
    """And with the threshold from which a class has the least expected cost; costs have a picture of their own."""
    card = read_card(run_race(tmp_path / "work", dataset=TWO, costs={"0": 4.0}).export(tmp_path / "models"))
    section = describe_thresholds(card)
    assert ["thresholds", "threshold-costs"] == [picture.name for picture in section["pictures"]]
    assert ("Threshold", "Predicted", "Precision", "Recall", "Mean cost") == section["header"]
    assert {"0": "0.200", "1": "0.800"}[section["name"]] == section["best"]
    assert 'id="which-threshold"' in render_report(card, {}, draw_all(card, {}))


def test_an_older_card_has_no_thresholds(tmp_path):
    """Nor has one of more than two classes."""
    card = read_card(run_race(tmp_path / "work", dataset=TWO).export(tmp_path / "models"))
    assert describe_thresholds(card) is not None
    older = replace(card, calibration=replace(card.calibration, thresholds=None))
    assert describe_thresholds(older) is None
    assert describe_thresholds(replace(card, classes=["0", "1", "2"])) is None
