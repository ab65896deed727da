"""The demonstration's picture."""

from xml.etree import ElementTree as ET

from deployments.demo.picture import Day, draw_days


def test_the_picture_says_what_became_of_accuracy():
    """As a file of its own, in words too; a promotion is marked where it happened."""
    days = [
        Day(1, 0.9, 0.9, "stable", (), "v1", None),
        Day(2, 0.7, 0.7, "drifted", ("fee",), "v1", "promoted"),
        Day(3, 0.91, 0.69, "stable", (), "v2", None),
    ]
    svg = draw_days(days, drift_day=2).to_standalone_svg()
    texts = [element.text for element in ET.fromstring(svg).iter() if element.text]
    assert 1 == texts.count("seen, retrained, promoted")
    assert (
        "Rows drift from day 2 on. On the last day the accuracy is 0.910 with the loop and 0.690 without; new versions "
        "were promoted after day 2."
    ) in texts
    assert len(svg) < 60_000
