"""Pages of templates."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from bakeoff.cli.ui.server import POLICY
from bakeoff.report.html import Link, render_page

ROOT = Path(__file__).parents[3]


def test_text_is_escaped_wherever_it_stands():
    """In titles, cells, names and addresses; what steers a terminal or the direction of writing is spelt out."""
    hostile = "<script>'\"&\u202e"
    linked = Link(hostile, 'x" onclick="y')
    html = render_page("models.html", title=hostile, rows=[(linked, hostile, hostile)])
    assert 4 == html.count("&lt;script&gt;&#39;&#34;&amp;\\u202e")
    assert "<script" not in html
    assert 'href="x&#34; onclick=&#34;y"' in html


def test_a_page_runs_and_fetches_nothing_wherever_it_is_opened():
    """Its policy is the server's, but for what a page can't say of itself."""
    html = render_page("message.html", title="Bakeoff", message="Nothing here.", links=[])
    (policy,) = re.findall('<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    assert html.index(policy) < html.index("<title>")
    assert POLICY == f"{policy}; frame-ancestors 'none'; sandbox"


def test_a_page_without_what_it_takes_is_not_rendered():
    """Rather than with a gap."""
    with pytest.raises(UndefinedError, match="'message' is undefined"):
        render_page("message.html", title="Bakeoff")


def test_the_package_brings_its_templates(tmp_path):
    """A wheel has all of them: reports are written where it is installed, too."""
    pytest.importorskip("flit_core", reason="builds the wheel; not among the lowest versions")
    source = tmp_path / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = f"from flit_core.buildapi import build_wheel; build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if "/templates/" in name}
    templates = ROOT / "src/bakeoff/report/templates"
    assert {f"bakeoff/report/templates/{path.name}" for path in templates.iterdir()} == held
