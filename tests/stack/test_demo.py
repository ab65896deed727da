"""The demonstration: the whole loop, from an empty folder, by one command."""

import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

from prefect_stack import ROOT

DAY = re.compile(r"day +(\d+)  accuracy (0\.\d{3}), without the loop (0\.\d{3})  (\w+).*?(?:-> retrained, (\w+))?")


def test_the_demonstration_ends_with_its_picture(tmp_path):
    """Drift is seen on its day, answered by a promotion, and the days after are as good as those before."""
    command = "-m", "deployments.demo", "--folder", str(tmp_path), "--days", "4", "--drift-day", "2"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "BAKEOFF_"))}
    ended = subprocess.run(
        [sys.executable, *command], check=False, capture_output=True, text=True, timeout=400, cwd=ROOT, env=kept
    )
    assert 0 == ended.returncode, ended.stdout + ended.stderr
    days = [DAY.fullmatch(line).groups() for line in ended.stdout.splitlines() if line.startswith("day ")]
    assert ["1", "2", "3", "4"] == [number for number, *_ in days]
    assert ("drifted", "promoted") == days[1][3:]
    assert [None, None] == [days[0][4], days[3][4]]
    with_loop, without = ([float(day[place]) for day in days] for place in (1, 2))
    assert with_loop[:2] == without[:2]
    assert with_loop[0] - with_loop[1] > 0.1
    assert with_loop[3] - without[3] > 0.1
    (picture,) = tmp_path.glob("*/accuracy.svg")
    assert ended.stdout.splitlines()[-1].endswith(f" s: {picture}")
    assert "seen, retrained, promoted" in [element.text for element in ET.parse(picture).iter()]
