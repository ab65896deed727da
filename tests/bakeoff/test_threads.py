"""How many steps run at once."""

import joblib
import pytest

from bakeoff import threads


def test_as_many_cores_as_joblib_counts():
    assert joblib.cpu_count() == threads.cores()


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "max 100000\n"}, 64),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 64),
        ({}, 64),
    ],
)
def test_a_containers_quota_counts(tmp_path, monkeypatch, files, quota):
    """Of control groups of both versions; without one all cores count."""
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert quota == threads._quota(tmp_path)
