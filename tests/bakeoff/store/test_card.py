"""The card of a version as a type."""

import json

import pytest
from forging import read_card

from bakeoff.errors import IntegrityError
from bakeoff.store.card import Card
from bakeoff.store.contents.contestants import Finisher


def put(content, path, value):
    """The content of a card with something else at a path; `...` takes it out."""
    changed = json.loads(json.dumps(content))
    *above, last = path.split("/")
    inner = changed
    for key in above:
        inner = inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return changed


@pytest.fixture
def content(version):
    """Of a card.json."""
    return json.loads((version / "card.json").read_text())


def test_a_card_is_written_as_it_was_read(content):
    """Every key of card.json is one of the type, in its order; lists are tuples meanwhile."""
    card = Card.from_dict(content)
    assert isinstance(card.features[0].range, tuple)
    assert json.dumps(content, indent=1) == json.dumps(card.to_dict(), indent=1)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("rows/train", ..., "rows.train"),
        ("rows/train", True, "rows.train"),
        ("rows/train", -1, "rows.train"),
        ("name", 1, "name"),
        ("version", "../x", "version"),
        ("classes", ["a", 1], "classes"),
        ("features", {}, "features"),
        ("environment/scikit-learn", ..., "environment.scikit-learn"),
        ("files/model.joblib", ..., "files.model.joblib"),
        ("files/model.joblib/bytes", 2**64, "files.model.joblib.bytes"),
        ("files/..", {"sha256": "", "bytes": 1}, "files of its own folder"),
        ("classifier", "nobody", "its winner"),
        ("selection/leader", "nobody", "selection.leader"),
        ("classifiers/logistic_regression/cv_mean", None, "classifiers.logistic_regression.cv_mean"),
        ("classifiers/logistic_regression/cv_mean", float("inf"), "classifiers.logistic_regression.cv_mean"),
        ("classifiers/logistic_regression/test", {}, "classifiers.logistic_regression.test.accuracy"),
        ("classifiers/logistic_regression/test_intervals/accuracy", [1], "logistic_regression.test_intervals.accuracy"),
        ("calibration/method", "magic", "calibration.method"),
        ("calibration/reliability/before/predicted", [2.0], "calibration.reliability.before"),
        ("config/dataset/flip_y", "much", "config.dataset.flip_y"),
        ("origin", {"source": 1, "batch": 0}, "origin.source"),
    ],
)
def test_what_is_missing_or_of_another_type_is_named(content, path, value, expected):
    """By its path, in one line."""
    with pytest.raises(IntegrityError, match=f"^card.json doesn't hold what a card must hold: .*{expected}$"):
        Card.from_dict(put(content, path, value))


def test_a_card_that_unfolds_for_ever_is_refused(content):
    """Also in what nobody reads."""
    deep = []
    for _ in range(40):
        deep = [deep]
    with pytest.raises(IntegrityError, match="no more than thirty levels"):
        Card.from_dict(content | {"more": deep})


def test_keys_of_a_newer_bakeoff_are_left_alone(content):
    """At any depth."""
    newer = put(put(content, "colour", "blue"), "rows/spare", [1])
    assert Card.from_dict(content) == Card.from_dict(newer)


def test_an_older_card_has_the_defaults_of_its_time(content):
    """Where it says nothing: the metric was the accuracy, and nothing was calibrated or decided."""
    for path in (
        "calibration", "brier_halved", "decision", "warnings", "class_counts", "origin", "selection/scoring",
        "selection/alpha", "selection/leader", "config/split", "config/cross_validation",
    ):  # fmt: skip
        content = put(content, path, ...)
    for feature in content["features"]:
        del feature["categories"], feature["range"]
    card = Card.from_dict(content)
    assert ("accuracy", 0.05, None) == (card.selection.scoring, card.selection.alpha, card.selection.leader)
    assert (None, None, None, [], {}) == (
        card.calibration, card.decision, card.origin, card.warnings, card.class_counts,
    )  # fmt: skip
    assert {(None, None)} == {(feature.categories, feature.range) for feature in card.features}
    assert (None, 1) == (card.settings.split.by, card.settings.cross_validation.repeats)


def test_who_came_through_has_scores(version):
    """As the winner always has; who failed has none."""
    card = read_card(version)
    assert isinstance(card.winner, Finisher)
    failed = {"status": "failed", "reason": "x"} | dict.fromkeys(
        ("cv_scores", "cv_mean", "cv_std", "test", "report", "fit_seconds", "predict_rows_per_second")
    )
    more = read_card(version, classifiers=card.to_dict()["classifiers"] | {"svm": failed})
    assert [card.classifier] == [*more.finishers]


def test_a_metric_without_an_interval_is_read(content):
    """As the log loss of one test row is written."""
    path = "classifiers/logistic_regression/test_intervals/neg_log_loss"
    assert Card.from_dict(put(content, path, None)).winner.interval("neg_log_loss") is None


def test_a_card_from_before_the_baseline_is_read(content):
    """It has none, and its leaderboard is its contestants."""
    card = Card.from_dict(put(content, "baseline", ...))
    assert (None, None, card.classifiers) == (card.baseline, card.beats_baseline, card.leaderboard)
    assert ["logistic_regression", "baseline"] == [*Card.from_dict(content).leaderboard]
