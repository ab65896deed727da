"""The fault campaign's short form; `make faults` is the long one."""

import pytest
from campaign import Campaign
from faults import FAULTS


@pytest.fixture(scope="module")
def campaign(compose):
    """Two workers that have trained a first version."""
    campaign = Campaign(compose, seed=7)
    campaign.start()
    return campaign


@pytest.mark.parametrize("name", ["server killed", "postgres killed"])
def test_nothing_is_lost(campaign, name):
    """No run, row, version or prediction; and the stack recovers by itself."""
    (fault,) = [fault for fault in FAULTS if fault.name == name]
    assert [] == campaign.round(name.replace(" ", "-"), fault)
    print(campaign.table())
