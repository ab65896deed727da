"""A card in sentences."""

from dataclasses import replace

from forging import read_card

from bakeoff.report.card_text import describe_calibration, explain_brier


def test_an_older_card_of_two_classes_is_told_in_todays_convention(version):
    """It has the sum over both classes, and doesn't say so; of more classes nothing has changed."""
    found = {"method": "sigmoid", "own_probabilities": True, "rows": 9, "brier_before": 0.4, "brier_after": 0.3}
    card = replace(read_card(version, calibration=found, classes=["a", "b"]), brier_halved=None)
    assert "Brier score 0.1500 on 9 out-of-fold rows, 0.2000 before" in describe_calibration(card)
    assert "0 is perfect, 1 the worst" in explain_brier(card)
    assert "Brier score 0.3000 on 9 out-of-fold rows, 0.4000 before" in describe_calibration(
        replace(card, brier_halved=True)
    )
    card = replace(card, classes=["a", "b", "c"])
    assert "Brier score 0.3000 on 9 out-of-fold rows, 0.4000 before" in describe_calibration(card)
    assert "0 is perfect, 2 the worst" in explain_brier(card)
