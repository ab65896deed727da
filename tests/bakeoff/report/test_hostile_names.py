"""Names of columns, classes and files that are markup stay text in the artifacts of both flows."""

import csv
import random

import pytest
from markdown_it import MarkdownIt

from bakeoff.formatting import CONTROL, one_line
from bakeoff.report.card_tables import contestant_rows
from bakeoff.report.prediction_summary import render_summary
from bakeoff.report.version_markdown import class_rows, render_markdown
from bakeoff.report.write_report import draw_version
from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import predict, run_race

CLASSES = ["<img src=x onerror=alert(1)>", "`a` | **b**\n# c\u202e"]
NUMBER, WORD = "**x** | `y`\n<script>alert(1)</script>\u2066", "[w](javascript:alert(1)) <!--"
TARGET = "~~class~~ ![](http://a.b/c)"
WORDS = ["<b>p</b>", "|q|", "</script>"]
GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def write_rows(path, count, words=WORDS):
    """Two classes that a number and a word tell apart."""
    generator = random.Random(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((NUMBER, WORD, TARGET))
        for row in range(count):
            label = row % 2
            writer.writerow((label + generator.random(), words[(label + row // 2) % len(words)], CLASSES[label]))
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    dataset = {"source": "file", "path": str(write_rows(folder / "rows.csv", 200)), "target": TARGET}
    race = run_race(folder / "work", dataset=dataset)
    return race, race.export(folder / "models"), folder


def tags(markdown):
    """The raw HTML, links and pictures that a page makes of it, but for comments and our own pictures."""
    tokens = [token for block in GITHUB.parse(markdown) for token in (block, *(block.children or []))]
    html = [token.content for token in tokens if token.type in ("html_block", "html_inline")]
    links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
    pictures = [token.attrs["src"][:15] for token in tokens if token.type == "image"]
    return {text.strip() for text in html} - {"<!-- -->"}, links, set(pictures) - {"data:image/svg+"}


def shown(markdown):
    """The text of a page, with the names that are in it."""
    tokens = [token for block in GITHUB.parse(markdown) for token in block.children or []]
    return "".join(token.content for token in tokens if token.content != "<!-- -->")


def test_the_card_of_a_training_run_shows_hostile_names_as_text(trained):
    """No tag, link or picture is made of them, and no control character is left."""
    race, version, folder = trained
    config = race.config.model_copy(update={"store": folder / "models"})
    card = ModelStore(folder / "models", "classifier").card(version.name)
    markdown = render_markdown(card, str(version), "met <i>nobody</i>", draw_version(config, version.name))
    assert ([], set()) == tags(markdown)[1:]
    assert all(html.startswith(("<details", "</details", "<summary")) for html in tags(markdown)[0])
    assert CLASSES[0] in shown(markdown)
    assert "met <i>nobody</i>" in shown(markdown)
    assert not CONTROL.search(markdown)
    assert CLASSES[0] in {cell for row in class_rows(card.winner.report) for cell in row.values()}
    assert ["logistic regression", "baseline"] == [row["Classifier"] for row in contestant_rows(card)]


def test_the_summary_of_a_prediction_run_shows_hostile_names_as_text(trained, tmp_path):
    """Of rejected cells, unseen words and classes too."""
    _, _, folder = trained
    rows = write_rows(tmp_path / "<img src=x>.csv", 40, [*WORDS, "<u>new</u>"])
    with rows.open("a", newline="") as file:
        csv.writer(file).writerow(("<i>no number</i>\u202e", WORDS[0], CLASSES[0]))
    output = predict(store=folder / "models", input=str(rows), output=str(tmp_path / "out *a*"), on_unseen="flag")
    markdown = render_summary(output, {})
    assert (set(), [], set()) == tags(markdown)
    assert not CONTROL.search(markdown)
    text = shown(markdown)
    assert CLASSES[0] in text
    assert f"1 row: {one_line(NUMBER)}: not a number" in text
    assert f"unseen:{WORD}" in text
