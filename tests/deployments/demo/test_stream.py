"""The demonstration's rows."""

import pytest

from bakeoff.config.validation import validate
from bakeoff.errors import ConfigError
from deployments.demo.config import DemoConfig
from deployments.demo.stream import FEE, VISITS, make_day


def test_only_what_is_recorded_drifts():
    """Fees and visits are others from the day on; who they belong to, and who leaves, is the same."""
    before, after = (make_day(DemoConfig(drift_day=day), 8) for day in (9, 8))
    moved = ["fee", "visits"]
    assert before.drop(columns=moved).equals(after.drop(columns=moved))
    assert (after["visits"] - before["visits"] == VISITS).all()
    assert after["fee"].mean() == pytest.approx(before["fee"].mean() * FEE, rel=1e-3)


def test_each_day_has_rows_of_its_own_and_the_same_every_time():
    """So that each demonstration shows the same."""
    config = DemoConfig()
    assert make_day(config, 1).equals(make_day(config, 1))
    assert not make_day(config, 1).equals(make_day(config, 2))


def test_a_drift_after_the_last_day_is_refused():
    """There would be nothing to see."""
    with pytest.raises(ConfigError, match=r"drift_day \(9\) is after the last of the 8 days"):
        validate(DemoConfig, {"days": 8, "drift_day": 9})
