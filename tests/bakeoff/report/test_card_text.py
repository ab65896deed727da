"""A card in sentences."""

import re
from dataclasses import replace
from html import unescape

import pandas as pd
from forging import read_card

from bakeoff.cli.terminal import render_card
from bakeoff.evaluation.results import ColumnImportance, Importance
from bakeoff.report.card_tables import contestant_rows, headline, race_table, recall_table, result_table
from bakeoff.report.card_text import (
    describe_calibration,
    describe_choice,
    describe_disagreement,
    explain_brier,
    list_baseline,
    name_columns,
    warn_of_baseline,
)
from bakeoff.report.table_formats import markdown_text
from bakeoff.report.version_markdown import render_markdown
from bakeoff.report.version_report import render_report


def test_an_older_card_of_two_classes_is_told_in_todays_convention(version):
    """It has the sum over both classes, and doesn't say so; of more classes nothing has changed."""
    found = {"method": "sigmoid", "own_probabilities": True, "rows": 9, "brier_before": 0.4, "brier_after": 0.3}
    card = replace(read_card(version, calibration=found, classes=["a", "b"]), brier_halved=None)
    assert "Brier score 0.1500 on 9 out-of-fold rows, 0.2000 before" in describe_calibration(card)
    assert "0 is perfect, 1 the worst" in explain_brier(card)
    assert "Brier score 0.3000 on 9 out-of-fold rows, 0.4000 before" in describe_calibration(
        replace(card, brier_halved=True)
    )
    card = replace(card, classes=["a", "b", "c"])
    assert "Brier score 0.3000 on 9 out-of-fold rows, 0.4000 before" in describe_calibration(card)
    assert "0 is perfect, 2 the worst" in explain_brier(card)


FIRST = "No contestant beats always answering 'No'; try cross_validation.scoring: balanced_accuracy."


def test_every_surface_says_first_that_the_baseline_is_not_beaten(noise, tmp_path):
    """Terminal, page and markdown, each with the baseline's row; the card has the sentence, the log a warning."""
    card = read_card(noise.export(tmp_path))
    assert "n" + FIRST[1:-1] == card.baseline.warning
    assert [FIRST, ""] == render_card(card).splitlines()[:2]
    page, markdown = render_report(card, {}, {}), render_markdown(card, "folder")
    choice = describe_choice(card)
    assert 0 < unescape(page).index(FIRST) < unescape(page).index(choice)
    assert 0 < markdown.index(markdown_text(FIRST)) < markdown.index(markdown_text(choice))
    tables = race_table(card)[1], result_table(card)[1], recall_table(card)[1]
    assert ["baseline"] * 3 == [rows[-1][0] for rows in tables]
    assert ("unbeaten", "baseline", "1.0000") == (tables[0][-1][-1], tables[1][-1][-1], tables[2][-1][1])
    assert "baseline" == contestant_rows(card)[-1]["Classifier"]


def test_where_the_winner_beats_the_baseline_nothing_comes_first(version):
    """The row says beaten."""
    card = read_card(version)
    assert [] == warn_of_baseline(card)
    assert "beaten" == race_table(card)[1][-1][-1]
    assert "The baseline always answers" in render_card(card)


def test_older_cards_have_no_baseline(version):
    """They are shown as before."""
    card = replace(read_card(version), baseline=None)
    assert ([], [], None) == (warn_of_baseline(card), list_baseline(card), card.beats_baseline)
    assert "baseline" not in render_card(card) + render_report(card, {}, {}) + render_markdown(card, "folder")


def test_balanced_accuracy_stands_beside_the_accuracy_where_one_class_has_over_90_percent(noise, version, tmp_path):
    """If accuracy decides."""
    card = read_card(noise.export(tmp_path))
    assert re.match(
        r"Accuracy 0\.\d{4}, balanced accuracy 0\.\d{4}, on 80 test rows, 95 % interval of the acc", headline(card)
    )
    assert "balanced" not in headline(replace(card, selection=replace(card.selection, scoring="f1_macro")))
    assert "balanced" not in headline(replace(card, class_counts={"No": 90, "Yes": 10}))
    assert "balanced" in headline(replace(card, class_counts={}))  # as in older cards
    assert "balanced" not in headline(read_card(version))


def test_how_often_the_most_probable_class_is_another_is_told_of_each_contestant(version):
    """On page and markdown; not of those without probabilities, nor of older cards."""
    card = read_card(version)
    alone = card.winner
    three = {"svm": 0.302, "random_forest": 0.0, "logistic_regression": None}
    card = replace(card, classifiers={name: replace(alone, disagreement=share) for name, share in three.items()})
    told = describe_disagreement(replace(card, classifier="svm"))
    assert told.endswith("predicted class is not the most probable one: SVM 30.2 %, random forest 0.0 %.")
    card = replace(card, classifier="svm")
    assert told in unescape(render_report(card, {}, {}))
    assert markdown_text(told) in render_markdown(card, "folder")
    assert describe_disagreement(replace(card, classifiers={"svm": replace(alone, disagreement=None)})) is None


def test_an_exported_card_has_the_disagreement(version):
    """And so has the leaderboard's table."""
    assert 0.0 == read_card(version).winner.disagreement
    assert 0.0 == pd.read_csv(version / "leaderboard.csv")["test_disagreement"][0]


def test_the_columns_that_matter_are_named(version):
    """Three at the most, on terminal and in markdown, without those whose interval holds 0; old cards are silent."""
    columns = [ColumnImportance(f"c{i}", 0.5 / i, (0.1 * (4.5 - i), 0.9)) for i in range(1, 6)]
    card = replace(read_card(version), importance=Importance(100, 5, columns))
    named = "c1 (0.5000), c2 (0.2500), c3 (0.1667)"
    sentence = f"The columns that matter most, by the fall of accuracy when shuffled: {named}."
    assert [sentence] == name_columns(card)
    assert sentence in render_card(card)
    assert markdown_text(sentence) in render_markdown(card, "models/x")
    vague = replace(card, importance=Importance(100, 5, columns[4:]))
    assert ["No single column matters beyond chance: shuffling it hardly lowers accuracy."] == name_columns(vague)
    assert [] == name_columns(replace(card, importance=None))
    html = render_report(card, {}, {})
    assert "Columns that carry the same information share its importance" in html
    assert "Importance was not measured" in render_report(replace(card, importance=None), {}, {})
    assert "Importance was not measured" not in html
