"""The wheel, as pip builds it from the sources."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "src")


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def sources(tmp_path):
    """A copy of what the wheel is built from, without compiled Python."""
    folder = tmp_path / "bakeoff"
    folder.mkdir()
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def test_a_wheel_has_all_of_the_package_and_leaves_nothing_behind(sources, tmp_path):
    """Neither a build folder nor metadata; templates and the mark of types are in the wheel."""
    before = files_in(sources)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    options = ["--no-build-isolation", "--wheel-dir", str(tmp_path / "wheels"), "."]
    subprocess.run([*command, *options], cwd=sources, check=True)
    assert before == files_in(sources)
    (wheel,) = (tmp_path / "wheels").iterdir()
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert files_in(sources / "src") == packed
    assert {"bakeoff/py.typed", "bakeoff/report/templates/report.html"} <= packed
