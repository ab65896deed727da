"""Distributions are drawn as pairs of bars, of training and of now."""

import pytest

from bakeoff.drift.results import ColumnDrift, Difference, Drift
from bakeoff.report.drift.charts import MOST, draw_drift

CLASSES = Difference(
    verdict="stable", size=0, noise=1, measure="jensen_shannon", bins=("no", "<b>"), training=(0.7, 0.3), now=(0.9, 0.1)
)


def column(count, measure="wasserstein", verdict="drifted"):
    """A column of bins of which the first and the last are empty in training."""
    inner = [1 / (count - 2)] * (count - 2)
    return ColumnDrift(
        verdict=verdict,
        size=0.5,
        noise=0.1,
        measure=measure,
        bins=tuple(f"bin {place}" for place in range(count)),
        training=(0.0, *inner, 0.0),
        now=(0.25, *[share * 0.75 for share in inner], 0.0),
        kind="number",
        missing=(0.0, 0.0),
    )


def drift(**columns):
    """A drift of these columns."""
    return Drift(
        verdict="drifted",
        rows=10,
        training_rows=100,
        columns=columns,
        classes=CLASSES,
        confidence=None,
        estimated_accuracy={},
        accuracy=None,
    )


def test_the_predicted_classes_are_always_drawn_and_columns_only_if_they_moved():
    """At most six of them; a name in markup stays a name."""
    many = {f"c{place}": column(5) for place in range(MOST + 2)}
    pictures = draw_drift(drift(calm=column(5, verdict="stable"), **many))
    assert ["classes", *[f"column-{place}" for place in range(MOST)]] == [picture.name for picture in pictures]
    assert "no: 70.0 % before, 90.0 % now; <b>: 30.0 % before, 10.0 % now." == pictures[0].description
    assert "&lt;b&gt;" in pictures[0].svg
    assert "<b>" not in pictures[0].svg


@pytest.mark.parametrize("count", [3, 8, 22, 23])
def test_neighbouring_bins_of_numbers_are_drawn_as_one(count):
    """All rows are drawn; those beyond the training range on their own, and bins without rows not at all."""
    picture = draw_drift(drift(x=column(count)))[1]
    parts = picture.description.rstrip(".").split("; ")
    assert "bin 0: 0.0 % before, 25.0 % now" == parts[0]
    assert len(parts) <= 12
    shares = [float(part.split(": ")[1].split(" %")[0]) for part in parts]
    assert pytest.approx(100, abs=0.6) == sum(shares)


def test_the_last_of_many_categories_are_drawn_together():
    """Their number is told."""
    picture = draw_drift(drift(x=column(30, "jensen_shannon")))[1]
    assert "18 others: " in picture.description


def test_without_a_check_nothing_is_drawn():
    """As in older versions."""
    assert [] == draw_drift(None)
