"""Everybody can read reports and the pages of `bakeoff ui`, on a desk and on a telephone: axe-core finds nothing."""

import json
import re
import subprocess
from html import escape, unescape
from importlib.util import find_spec
from pathlib import Path

import pytest

from bakeoff.cli.ui.pages import find_page
from bakeoff.report.html import render_page
from bakeoff.report.write_report import rewrite_report
from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import predict, run_race

WIDTHS = (1280, 800, 390)  # a desk's, a tablet's, a telephone's
SCHEMES = {"dark": 0, "light": 1}  # as Chromium counts them
LOOK = """
window.addEventListener("load", async () => {
  const found = await axe.run(document, {resultTypes: ["violations", "incomplete"]});
  const names = each => each.getAttribute("aria-label");
  const tables = [...document.querySelectorAll(".scroll")];
  const hinted = tables.filter(each => getComputedStyle(each).boxShadow !== "none");
  const box = each => each.getBoundingClientRect();
  const cut = [...document.querySelectorAll("svg text")].filter(each => {
    const text = box(each), svg = box(each.closest("svg"));
    const inside = text.left > svg.left - 1 && text.right < svg.right + 1 && text.top > svg.top - 1;
    return !inside || text.bottom > svg.bottom + 1;
  });
  const said = parent.document.createElement("pre");
  said.textContent = JSON.stringify({
    page: NAME, width: innerWidth, scroll: document.documentElement.scrollWidth, rules: found.passes.length,
    hinted: hinted.map(names), cut: cut.map(each => each.textContent),
    overflowing: tables.filter(each => each.scrollWidth > each.clientWidth).map(names),
    loose: [...document.querySelectorAll("table")].filter(each => !each.closest(".scroll")).length,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    violations: found.violations.map(each => [each.id, each.nodes.map(node => node.html + " " + node.failureSummary)]),
  });
  parent.document.body.append(said);
});
"""


WIDE = {"Config": [("dataset.path", "v" * 60, "w" * 60)]}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A deep report of three contestants, a prediction's, and the pages that lead to reports."""
    folder = tmp_path_factory.mktemp("pages")
    contestants = {"logistic_regression": {}, "svm": {}, "random_forest": {"n_estimators": 10}}
    dataset = {"n_samples": 400, "class_sep": 1.0, "flip_y": 0.05}
    race = run_race(folder / "work", dataset=dataset, classifiers=contestants)
    version, other = (race.export(folder / "models") for _ in range(2))
    store = ModelStore(folder / "models", "classifier")
    store.record_labels([(version.name, "0" * 64, "2026-W40", 200, 170)], "labels")
    store.promote(other.name, "better")
    report = rewrite_report(store, version.name, folder / "deep")
    scored = predict(store=folder / "models", version=version.name, output=str(folder / "out"))
    return {
        "report": report.read_text(),
        "predictions": (scored / "report.html").read_text(),
        "models": find_page(folder / "models", "/"),
        "model": find_page(folder / "models", "/classifier/", [folder]),
        "runs": find_page(folder / "models", f"/classifier/{version.name}/predictions/", [folder]),
        "predictions in ui": find_page(folder / "models", "/classifier/predictions/out/", [folder]),
        "wide": render_page("comparison.html", title="x", links=[], versions=["a", "b"], warning=None, tables=WIDE),
        "comparison": find_page(folder / "models", f"/classifier/{version.name}/{other.name}/"),
    }


@pytest.fixture(scope="module", params=SCHEMES)
def seen(request, pages, tmp_path_factory):
    """What axe-core says of each page at each width, in Chromium."""
    folder = tmp_path_factory.mktemp(request.param)
    axe = (Path(find_spec("axe_playwright_python").origin).parent / "axe.min.js").read_text()
    frames = []
    for name, html in pages.items():
        script = f"<script>{axe}</script><script>{LOOK.replace('NAME', json.dumps(name))}</script></body>"
        whole = html.replace("</body>", script).replace('http-equiv="Content-Security-Policy"', "", 1)  # axe must run
        frames += [f'<iframe width="{width}" height="4000" srcdoc="{escape(whole)}"></iframe>' for width in WIDTHS]
    (folder / "all.html").write_text(f'<!doctype html><meta charset="utf-8"><body>{"".join(frames)}')
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    command += [
        "--disable-background-networking",
        "--disable-component-update",
        f"--user-data-dir={folder / 'profile'}",
    ]
    command += [f"--blink-settings=preferredColorScheme={SCHEMES[request.param]}", "--virtual-time-budget=60000"]
    command += ["--window-size=1400,1000", "--dump-dom", (folder / "all.html").as_uri()]
    dumped = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    return request.param, [json.loads(unescape(each)) for each in re.findall(r"<pre>(\{.*?\})</pre>", dumped)]


def test_axe_finds_nothing_wrong(seen, pages):
    """Contrast, headings, names of pictures and tables, the keyboard: at both widths, light and dark."""
    scheme, found = seen
    assert {(name, width) for name in pages for width in WIDTHS} == {(each["page"], each["width"]) for each in found}
    assert {scheme == "dark"} == {each["dark"] for each in found}
    assert all(each["rules"] >= 15 for each in found)  # it did look
    assert [] == [(each["page"], each["width"], *wrong) for each in found for wrong in each["violations"]]


def test_tables_scroll_where_they_are_wider_than_the_page_and_show_it(seen):
    """Those alone have a shadow at the side."""
    assert [] == [each["page"] for each in seen[1] if each["loose"]]
    assert any(each["overflowing"] for each in seen[1] if (each["page"], each["width"]) == ("wide", 390))
    assert [(each["page"], each["width"], each["overflowing"]) for each in seen[1]] == [
        (each["page"], each["width"], each["hinted"]) for each in seen[1]
    ]


def test_no_text_of_a_picture_is_cut(seen):
    """It lies within its picture."""
    assert [] == [(each["page"], each["width"], text) for each in seen[1] for text in each["cut"]]


def test_no_page_is_wider_than_the_screen(seen):
    """What is wider, such as a table, scrolls by itself."""
    assert [] == [(each["page"], each["scroll"]) for each in seen[1] if each["scroll"] > each["width"]]
