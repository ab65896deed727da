"""When a challenger takes the champion's place: decided without a store."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakeoff.config import PromotionConfig
from bakeoff.evaluation.paired_tests import mcnemar_test
from bakeoff.evaluation.results import Comparison
from bakeoff.training.promotion import ChampionComparison, decide, needed_discordant_rows


def meeting(wins, losses, fresh=2010, **more):
    """A challenger that has so many rows right that the champion has wrong, and the other way round."""
    right = round(0.98 * fresh)
    return ChampionComparison(
        test_rows=2010,
        fresh_rows=fresh,
        challenger_score=(right + wins) / fresh,
        champion_score=(right + losses) / fresh,
        comparison=mcnemar_test(wins, losses, fresh, "greater", 0.9),
        **more,
    )


def settle(met, scoring="accuracy", **config):
    return decide(met, scoring, PromotionConfig(**config))


def test_a_challenger_that_is_better_beyond_chance_is_promoted():
    """With the figures, in words and for the journal."""
    decision = settle(meeting(22, 9, recognised="position"))
    assert "promote" == decision.outcome
    assert (
        "better on 2,010 fresh rows: accuracy 0.9910 against 0.9846 (22 rows against 9, p = 0.015), "
        "a gain of 0.0065, 90 % interval 0.0018 to 0.0112"
    ) == decision.why
    expected = {
        "metric": "accuracy", "test_rows": 2010, "fresh_rows": 2010, "recognised_by": "position", "alpha": 0.05,
        "min_gain": 0.002, "rows_better": 22, "rows_worse": 9, "test": "mcnemar",
    }  # fmt: skip
    assert expected.items() <= decision.figures.items()
    assert decision.figures["gain"] == pytest.approx(13 / 2010)


@pytest.mark.parametrize(
    ("met", "why"),
    [
        (meeting(12, 9), "not better beyond chance on 2,010 fresh rows: accuracy 0.9861 against 0.9846"),
        (
            meeting(9, 12),
            "not better on 2,010 fresh rows: accuracy 0.9846 against 0.9861 (9 rows against 12, p = 0.81)",
        ),
        (meeting(10, 10), "not better on 2,010 fresh rows"),
        (meeting(0, 40), "not better on 2,010 fresh rows"),
        (
            meeting(3, 1),
            "not decided: too few rows tell the two apart, 4 of 2,010 fresh rows, and at level 0.05 it takes 5",
        ),
        (meeting(0, 0), "not decided: too few rows tell the two apart, 0 of 2,010 fresh rows"),
        (
            ChampionComparison(test_rows=2010, obstacle="it predicts 'y', and this version 'z'"),
            "not decided: champion and challenger can't be compared, it predicts 'y', and this version 'z'; bakeoff "
            "models promote decides by hand",
        ),
        (
            meeting(30, 5, fresh_groups=6),
            "not decided: too few fresh groups, 6, and rows of a group are no",
        ),
        (
            ChampionComparison(
                test_rows=200,
                fresh_rows=200,
                challenger_score=0.9,
                champion_score=0.5,
                comparison=Comparison("bootstrap", 0.4, (0.3, 0.5), 0.05, 0.0005, 1, 0),
                rarest_class="rare",
                rarest_rows=3,
            ),
            "not decided: too few fresh rows of class 'rare', 3, and accuracy, in which each class weighs alike",
        ),
        (
            ChampionComparison(test_rows=2010, fresh_rows=12, recognised="position"),
            "not decided: too few fresh rows, 12 of 2,010 test rows are new to the champion, and promotion.min_rows "
            "asks for 30",
        ),
        (ChampionComparison(test_rows=2010, fresh_rows=0), "not decided: too few fresh rows, 0 of 2,010"),
        (ChampionComparison(test_rows=2010), "not decided: which rows the champion was trained on is not on record"),
    ],
)
def test_everything_else_keeps_the_champion_and_says_why(met, why):
    """Not better, not surely better, or nothing to decide by."""
    decision = settle(met)
    assert "keep" == decision.outcome
    assert decision.why.startswith(why)


def test_a_gain_that_is_certain_and_small_is_not_worth_a_change():
    """`min_gain` says what is."""
    met = meeting(900, 700, 200_000)
    assert 0.001 == met.comparison.difference
    assert "keep" == settle(met).outcome
    assert settle(met).why.endswith("but by 0.001 only, and promotion.min_gain asks for 0.002")
    assert "promote" == settle(met, min_gain=0.001).outcome


@pytest.mark.parametrize(
    "met", [ChampionComparison(test_rows=9, unusable="a column is gone"), meeting(0, 9, unusable="clay")]
)
def test_a_champion_that_cannot_answer_is_replaced(met):
    """Whatever else there is to say."""
    decision = settle(met)
    assert "promote" == decision.outcome
    assert decision.why.startswith("the champion can no longer be used: ")


@pytest.mark.parametrize("difference", [math.nan, 0.1])
def test_a_metric_that_is_not_defined_decides_nothing(difference):
    """And leaves no figure behind that JSON has no word for."""
    comparison = Comparison("bootstrap", difference, (math.nan, math.nan), math.nan, 1.0)
    met = ChampionComparison(
        test_rows=100,
        fresh_rows=100,
        challenger_score=math.nan,
        champion_score=math.nan,
        comparison=comparison,
        rarest_class="u",
        rarest_rows=50,
    )
    decision = settle(met, "roc_auc_ovr")
    assert "keep" == decision.outcome
    assert all(isinstance(figure, str) or math.isfinite(figure) for figure in decision.figures.values())


@given(st.integers(0, 300), st.integers(0, 300), st.sampled_from([0.01, 0.05, 0.1]), st.floats(0, 0.05))
def test_nothing_is_promoted_but_what_is_better(wins, losses, alpha, min_gain):
    """More rows right, a p-value of alpha at most and the least gain at least: all three, or the champion stays.

    Over a year a first look may also have 0.02 at most.
    """
    met = meeting(wins, losses)
    better = wins > losses and met.comparison.p_value <= alpha and (wins - losses) / 2010 >= min_gain
    assert better == (settle(met, alpha=alpha, min_gain=min_gain, yearly=None).outcome == "promote")
    better = better and met.comparison.p_value <= 0.02
    assert better == (settle(met, alpha=alpha, min_gain=min_gain).outcome == "promote")


@pytest.mark.parametrize(("alpha", "rows"), [(0.05, 5), (0.25, 2), (0.0625, 4), (0.01, 7), (0.03125, 5)])
def test_how_many_rows_it_takes(alpha, rows):
    """The fewest of which all can speak for the challenger with a p-value of alpha at most."""
    assert rows == needed_discordant_rows(alpha)
    assert mcnemar_test(rows, 0, 100, "greater").p_value <= alpha < mcnemar_test(rows - 1, 0, 100, "greater").p_value


def test_the_first_look_may_spend_most_of_the_level_and_later_ones_little():
    """Over a year of nights; the journal has the figures, and `yearly: null` asks each look alone."""
    met = {"wins": 22, "losses": 9}  # p = 0.015
    assert "promote" == settle(meeting(**met)).outcome
    decision = settle(meeting(**met, look=30))
    assert "keep" == decision.outcome
    assert decision.why.endswith("(22 rows against 9, p = 0.015), look 30 at this champion: p must be at most 9.7e-06")
    assert (30, 0.025) == (decision.figures["look"], decision.figures["yearly"])
    assert "promote" == settle(meeting(**met, look=30), yearly=None).outcome


def test_looks_at_new_rows_decide_together():
    """What none of them shows alone; rows that were looked at before add nothing."""
    met = meeting(22, 9, look=6, new_looks=(0.004, 0.002, 0.003))
    assert "promote" == settle(met).outcome
    figures = settle(met).figures
    assert 200 == pytest.approx(figures["evidence_needed"])
    assert figures["evidence"] >= figures["evidence_needed"]
    few = settle(meeting(22, 9, look=3, new_looks=(0.2,)))
    assert "keep" == few.outcome
    assert "or its looks at new rows show 200 together, which show 1.73" in few.why
    assert "keep" == settle(meeting(22, 9, look=6)).outcome
