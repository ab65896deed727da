"""The card for people."""

import json
import re
from dataclasses import replace

import joblib
import numpy as np
import pytest
from forging import read_card

from bakeoff.cli.show_training import show_training
from bakeoff.cli.terminal import WIDTH, render_card, render_table
from bakeoff.data.parts import read_part
from bakeoff.report.card_tables import contestant_rows, race_table
from bakeoff.report.charts import draw_all
from bakeoff.report.curve_charts import MOST_SHARES, draw_confusion
from bakeoff.report.version_markdown import render_markdown
from bakeoff.report.version_report import render_report
from bakeoff.report.write_report import rewrite_report
from bakeoff.store.card import FRAME
from bakeoff.store.contents.contestants import Contestant, ToLeader
from bakeoff.store.model_store import ModelStore
from bakeoff.training.evaluate import score_training_rows


@pytest.fixture
def card(version):
    """A card with a contestant that failed, and names that are no friends of HTML and markdown."""
    card = read_card(version, name="<b>&")
    failed = Contestant(
        status="failed", reason="ValueError: a < b | c", cv_scores=[], cv_mean=None, cv_std=None,
        test=None, report=None, fit_seconds=None, predict_rows_per_second=None,
    )  # fmt: skip
    return replace(card, classifiers=card.classifiers | {"svm": failed})


def test_the_report_needs_no_network_and_no_script(card, version):
    """Whatever the names in it are."""
    outcomes = json.loads((version / "evaluation.json").read_text())
    html = render_report(card, outcomes, draw_all(card, outcomes))
    assert not re.search(r"https?://|<script|<link|<img|@import|url\((?!#)", html)
    assert "&lt;b&gt;&amp;" in html
    assert "<b>&" not in html
    assert "SVM failed: ValueError: a &lt; b | c" in html
    assert len(html) < 1_500_000


def test_the_report_can_be_written_again(version):
    """From what is sealed, the same each time."""
    store, report = ModelStore(version.parent.parent, version.parent.name), version / "report.html"
    written = [report.read_text()]
    for _ in range(2):
        assert report == rewrite_report(store, version.name)
        written.append(report.read_text())
        report.write_text("something else")
    assert 6 == written[0].count("<svg")  # it raced alone
    assert 1 == len({*written})
    assert [] == store.verify()


def test_a_version_of_before_there_were_pictures_has_a_report(version):
    """With what its card holds."""
    card = replace(read_card(version), class_counts={}, importance=None)
    html = render_report(card, {}, draw_all(card, {}))
    assert 2 == html.count("<svg")  # the test rows' accuracy, and the reliability curve


def test_training_scores_stand_beside_test_scores(race, card):
    """Those of the winner, on the rows that it was fitted on; not in reports of older cards."""
    X, y = read_part(race.ref, "train")
    accuracy = np.mean(joblib.load(race.models[card.classifier].path).predict(X) == y)
    shown = f"<td>{accuracy:.4f}</td><td>{card.winner.test['accuracy']:.4f}</td>"
    assert accuracy == card.training.scores["accuracy"]
    assert shown in render_report(card, {}, {})
    assert "Training and test rows" not in render_report(replace(card, training=None), {}, {})


def test_training_scores_include_the_metric_of_the_race(race, card):
    """Also one of probabilities."""
    (model,) = race.models.values()
    training = score_training_rows(race.ref, joblib.load(model.path), "neg_log_loss")
    assert {*card.winner.test, "neg_log_loss"} == {*training.scores}
    assert training.scores["neg_log_loss"] < 0


def test_a_report_without_importance_says_how_to_measure_it(card):
    """With the command, quoted for a shell; one of rows from Python names the argument."""
    bare = replace(card, importance=None)
    command = f"bakeoff report {card.version} --deep --store {card.settings.store} --name &#39;&lt;b&gt;&amp;&#39;"
    config = bare.config | {"dataset": bare.config["dataset"] | {"path": FRAME}}
    assert command in render_report(bare, {}, {})
    assert command not in render_report(card, {}, {})
    assert 'report="deep"' in render_report(replace(bare, config=config), {}, {})


@pytest.mark.parametrize("classes", [MOST_SHARES, MOST_SHARES + 1])
def test_the_report_says_whether_confusion_matrices_show_shares(card, classes):
    """As they do: the text and the pictures have one limit."""
    names = [f"class {place}" for place in range(classes)]
    outcome = {"classes": names, "confusion": [[1] * classes] * classes}
    picture = draw_confusion("confusion-x", "x", outcome)
    html = render_report(replace(card, classes=names), {}, {picture.name: picture})
    assert ("%<" in picture.svg) == ("with shares of the true class" in html) == (classes <= MOST_SHARES)


def test_markdown_tables_survive_a_bar_in_a_cell(card):
    """Every row has as many cells as the header."""
    for table in re.findall(r"(?:^\|.*\n?)+", render_markdown(card, "models/x"), re.MULTILINE):
        assert 1 == len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()})


def test_the_leaderboard_fits_a_terminal_and_marks_the_winner(card):
    """A star, and the reason of the choice below."""
    lines = render_card(card).splitlines()
    assert max(len(line) for line in lines if line.startswith(("  ", "* "))) <= WIDTH
    for header, first, second, third, *_ in (lines, lines[5:]):
        assert header.startswith("  Classifier")
        assert first.startswith("* logistic regression")
        assert second.startswith("  SVM")
        assert third.startswith("  baseline")
    assert lines[1].endswith("leader")
    assert lines[2].endswith("failed")
    assert lines[3].endswith("beaten")
    assert lines[5].endswith("Fit (s)")
    assert "  Recall by class" == lines[10][:17]
    assert lines[11].startswith("* logistic regression")
    assert lines[12].startswith("  baseline")
    assert "  Balanced accuracy is the mean recall over the classes." == lines[13]
    assert lines[14].startswith("  The baseline always answers ")
    assert "  SVM failed: ValueError: a < b | c" == lines[15]
    assert lines[-3].startswith("Logistic regression raced alone")
    within = r"95 % interval 0\.\d{4} to \d\.\d{4}: this model, on rows like these\."
    assert re.fullmatch(rf"Accuracy \d\.\d{{4}} on 40 test rows, {within}", lines[-2])
    assert lines[-1].startswith("The columns that matter most, by the fall of accuracy when shuffled: ")


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"tied": True, "interval": [-0.02, 0.01]}, "tied"),
        ({"tied": True, "interval": [-0.02, -0.001]}, "tied: p = 0.06 among all pairs"),
        ({"tied": False, "interval": [-0.02, -0.001]}, "worse"),
        ({"tied": False, "interval": [-0.02, 0.004]}, "worse: 0.0040 over the margin"),
        ({"tied": False, "interval": [-0.02, 0.004], "p_holm": 0.03}, "worse: p = 0.03 among all pairs"),
    ],
)
def test_a_verdict_that_the_interval_would_not_give_says_why(card, given, verdict):
    """In its cell; on a terminal, where there is no room for it, below the table."""
    beside = ToLeader(**{"difference": -0.009, "margin": 0.005, "p_value": 0.02, "p_holm": 0.06} | given)
    classifiers = card.classifiers | {"svm": replace(card.winner, to_leader=beside)}
    card = replace(card, classifiers=classifiers)
    assert verdict == race_table(card)[1][1][-1]
    told, shown = verdict.partition(": "), render_card(card)
    does = {"tied": "excludes", "worse": "contains"}[told[0]]
    sentence = f"  SVM is {told[0]} ({told[2]}), though its interval {does} 0."
    assert bool(told[2]) == (sentence in shown.splitlines())


def test_on_a_terminal_the_same_words_are_drawn(card):
    """By rich, with the winner's line in bold green; names that look like its markup are names."""
    drawn = render_card(card, drawn=True)
    assert "\x1b[1;32mlogistic regression" in drawn
    words = re.sub(r"\x1b\[[\d;]*m", "", drawn).split()
    assert [word for word in render_card(card).split() if word != "*"] == words
    table = render_table(("Class",), [("[bold]",), ("[/]",)], drawn=True)
    assert ["Class", "[bold]", "[/]"] == re.sub(r"\x1b\[[\d;]*m", "", table).split()


def test_a_long_reason_is_wrapped():
    """And nothing else cut for it."""
    reason = "better on fresh rows, " * 12
    drawn = render_table(("Version", "Why"), [("20261123T203723Z-36744", reason)], drawn=True, align=("left", "left"))
    words = re.sub(r"\x1b\[[\d;]*m", "", drawn)
    assert "20261123T203723Z-36744" in words
    assert 12 == words.count("better")


@pytest.mark.parametrize("classes", [4, 8, 40])
@pytest.mark.parametrize("scoring", ["accuracy", "balanced_accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss"])
def test_the_leaderboard_fits_a_terminal_by_any_metric(card, scoring, classes):
    """However many classes there are, and however long their names."""
    winner = replace(
        card.winner,
        report={f"the class number {place}": card.winner.report["0"] for place in range(classes)},
        test=card.winner.test | {scoring: 0.5},
        test_intervals=card.winner.test_intervals | {scoring: (0.1, 0.9)},
    )
    classifiers = card.classifiers | {card.classifier: winner}
    card = replace(card, classifiers=classifiers, selection=replace(card.selection, scoring=scoring))
    tables = [line for line in render_card(card).splitlines() if line.startswith(("* ", "  Classifier", "  Recall"))]
    assert 6 == len(tables)
    assert max(map(len, tables)) <= WIDTH


def test_a_training_run_tells_its_result_as_json(version):
    """For scripts."""
    told = json.loads(show_training(str(version), as_json=True))
    assert (str(version), True) == (told["folder"], told["champion"])
    assert json.loads((version / "card.json").read_text()) == told["card"]


def test_a_training_run_ends_with_the_versions_folder(version):
    """As its last line."""
    assert str(version) == show_training(str(version)).splitlines()[-1]


def test_a_training_run_says_whether_its_version_is_in_use(race, tmp_path):
    """And how to change that."""
    first, second = (race.export(tmp_path / "models") for _ in range(2))
    assert "It is the champion: the first version of this name." in show_training(str(first))
    shown = show_training(str(second))
    assert f"The champion is still {first.name}.\nbakeoff models promote {second.name}" in shown
    store = ModelStore(tmp_path / "models", "classifier")
    store.keep(first.name, second.name, "not better")
    assert f"The champion is still {first.name}: not better.\nbakeoff" in show_training(str(second))
    store.promote(second.name, "better", instead_of=first.name)
    assert "It is the champion: better." in show_training(str(second))


def test_table_artifacts_hold_plain_text(card):
    """Prefect's tables take neither numpy's numbers nor NaN."""
    assert {str} == {type(cell) for row in contestant_rows(card) for cell in row.values()}


def test_a_report_of_a_wide_table_lists_the_first_columns(card):
    """And says how many more there are; card.json keeps all."""
    features = tuple(replace(card.features[0], name=f"wide_{i}") for i in range(1_000))
    html = render_report(replace(card, features=features), {}, {})
    listed = re.findall(r'<th scope="row">(wide_\d+)</th>', html)
    assert [f"wide_{i}" for i in range(300)] == listed
    assert "<summary>270 more columns</summary>" in html
    assert "And 700 more columns, which are not listed here." in html
    assert 1_000 == len(replace(card, features=features).to_dict()["features"])
