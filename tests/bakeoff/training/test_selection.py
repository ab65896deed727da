"""Which contestant wins: those that can't be told from the leader are tied, and the simplest of them wins."""

import numpy as np
import pytest

from bakeoff.config import SelectionConfig
from bakeoff.errors import TrainingError
from bakeoff.evaluation.paired_tests import corrected_resampled_t_test, mcnemar_test, paired_t_test
from bakeoff.training.pick import pick_winner
from bakeoff.training.selection import compare_baseline, pairs, pick_best
from tests.bakeoff.conftest import run_race

LR, SVM, RF = "logistic_regression", "svm", "random_forest"


def pick(means, counts=None, n_rows=7000, scoring="accuracy", **config):
    """The choice, from the means and for each pair how many rows only its first and only its second has right."""
    counts = counts or {}
    compared = {pair: mcnemar_test(*counts.get(pair, (0, 0)), n_rows) for pair in pairs(means)}
    return pick_best(means, compared, scoring, SelectionConfig(**config))


def test_the_reference_result_is_a_tie_that_the_simpler_one_wins():
    """6 rows against 3 of 7,000."""
    counts = {(LR, SVM): (3, 6), (LR, RF): (17, 5), (SVM, RF): (14, 2)}
    selection = pick({LR: 0.99214, SVM: 0.99257, RF: 0.991}, counts)
    assert (LR, SVM) == (selection.winner, selection.leader)
    assert (
        "SVM leads by 0.0004 (6 rows against 3, p = 0.34): indistinguishable; logistic regression is simpler and wins"
    ) == selection.why
    assert (True, False) == (selection.standings[LR].tied, selection.standings[RF].tied)


def test_a_leader_that_is_better_beyond_chance_wins():
    """Over the simpler one, by name; over the less simple one there is less to say."""
    counts = {(LR, SVM): (8, 29), (LR, RF): (20, 31), (SVM, RF): (25, 15)}
    selection = pick({LR: 0.9634, SVM: 0.9801, RF: 0.9722}, counts, 1257)
    assert SVM == selection.winner
    assert (
        "SVM leads logistic regression by 0.0167 (29 rows against 8, p < 0.001): more than chance explains"
    ) == selection.why


def test_a_lead_that_chance_could_explain_counts_if_it_exceeds_the_margin():
    """Few rows: not significant, and yet no tie."""
    counts = {(LR, SVM): (2, 7)}
    selection = pick({LR: 0.9, SVM: 0.95}, counts, 100, tie_margin=0.01)
    assert (SVM, 0.03) == (selection.winner, selection.standings[LR].margin)  # √9 / 100
    assert selection.why.endswith("chance could explain it, but it is more than the margin of 0.0300")
    assert LR == pick({LR: 0.9, SVM: 0.95}, counts, 100, tie_margin=0.06).winner


def test_a_lead_below_the_margin_counts_if_chance_does_not_explain_it():
    """Many rows: 0.3 points that are certain are no tie."""
    counts = {(LR, SVM): (40, 70)}
    selection = pick({LR: 0.99, SVM: 0.993}, counts, 10_000)
    assert SVM == selection.winner
    assert 0.005 == selection.standings[LR].margin


def test_holms_method_counts_all_pairs():
    """A difference that alone would be one is none among three: p = 0.031 becomes 0.06 or more."""
    alone = pick({LR: 0.95, SVM: 0.96}, {(LR, SVM): (0, 5)}, 500, tie_margin=0.02)
    assert SVM == alone.winner
    counts = {(LR, SVM): (0, 5), (LR, RF): (3, 3), (SVM, RF): (6, 2)}
    among = pick({LR: 0.95, SVM: 0.96, RF: 0.95}, counts, 500, tie_margin=0.02)
    assert LR == among.winner
    assert 0.09375 == pytest.approx(among.standings[LR].p_holm)
    assert "(5 rows against 0, p = 0.031, 0.094 among all pairs): indistinguishable" in among.why


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ((4, 2), "by 0.0003 (4 rows against 2, p = 0.45): indistinguishable; logistic regression is simpler and wins"),
        ((60, 20), "by 0.0057 (60 rows against 20, p < 0.001): more than chance explains"),
        ((480, 420), "by 0.0086 (480 rows against 420, p = 0.046, 0.14 among all pairs): chance could explain it; "
         "logistic regression is simpler and wins"),
    ],
)  # fmt: skip
def test_a_leader_that_is_the_simplest_says_by_how_much_it_leads(counts, why):
    """It would win anyway; the next one is named."""
    compared = {(LR, SVM): counts, (LR, RF): (500, 450), (SVM, RF): (100, 90)}
    selection = pick({LR: 0.98, SVM: 0.979, RF: 0.97}, compared)
    assert LR == selection.winner
    assert f"logistic regression leads SVM {why}" == selection.why


@pytest.mark.parametrize(
    ("means", "counts", "config", "why"),
    [
        (
            {LR: 0.9916, SVM: 0.992, RF: 0.9918},
            {(LR, SVM): (3, 6), (LR, RF): (5, 6), (SVM, RF): (6, 5)},
            {},
            "SVM leads random forest by 0.0001 (6 rows against 5, p = 0.77) and logistic regression by 0.0004 (6 rows "
            "against 3, p = 0.34): indistinguishable; logistic regression is the simplest of them and wins",
        ),
        (
            {LR: 0.992, SVM: 0.9916, RF: 0.9918},
            {(LR, SVM): (6, 3), (LR, RF): (6, 5), (SVM, RF): (5, 6)},
            {},
            "logistic regression leads random forest by 0.0001 (6 rows against 5, p = 0.77) and SVM by 0.0004 (6 rows "
            "against 3, p = 0.34): indistinguishable; logistic regression is the simplest of them and wins",
        ),
        (
            {LR: 0.98, SVM: 0.992, RF: 0.9918},
            {(LR, SVM): (3, 87), (LR, RF): (5, 80), (SVM, RF): (6, 5)},
            {},
            "SVM leads logistic regression by 0.0120 (87 rows against 3, p < 0.001): more than chance explains; it "
            "leads random forest by 0.0001 (6 rows against 5, p = 0.77), too: indistinguishable, and less simple",
        ),
        (
            {LR: 0.9916, SVM: 0.992, RF: 0.9918},
            {(LR, SVM): (3, 6), (LR, RF): (5, 6), (SVM, RF): (6, 5)},
            {"rule": "best_mean"},
            "SVM has the highest mean cross-validation accuracy, 0.9920, 0.0001 ahead of random forest (6 rows "
            "against 5, p = 0.77) and 0.0004 ahead of logistic regression (6 rows against 3, p = 0.34)",
        ),
    ],
)
def test_every_rival_that_is_tied_is_named(means, counts, config, why):
    """With its distance and what speaks for it, whoever wins."""
    assert why == pick(means, counts, **config).why


def test_contestants_that_are_level_are_called_that():
    """As many rows for the one as for the other."""
    selection = pick({LR: 0.98, SVM: 0.98}, {(LR, SVM): (4, 4)})
    assert (
        "logistic regression and SVM are level (4 rows against 4, p = 1): indistinguishable; "
        "logistic regression is simpler and wins"
    ) == selection.why


@pytest.mark.parametrize(
    ("means", "winner"),
    [
        ({RF: 0.9, SVM: 0.9, LR: 0.9}, LR),
        ({RF: 0.9, SVM: 0.9, LR: 0.8}, SVM),
        # The same rows right in all, added up in another order.
        ({SVM: np.mean([0.1, 0.2, 0.3]), RF: np.mean([0.3, 0.2, 0.1])}, SVM),
    ],
)
@pytest.mark.parametrize("rule", ["best_mean", "simplest_of_the_best"])
def test_on_a_tie_to_the_last_digit_the_simpler_leads(means, winner, rule):
    """Logistic regression, then SVM, then random forest."""
    counts = {(RF, LR): (1000, 300), (SVM, LR): (1000, 300), (RF, SVM): (2, 2)}
    selection = pick(means, counts, rule=rule)
    assert (winner, winner) == (selection.winner, selection.leader)


def test_the_order_of_simplicity_can_be_chosen():
    """Those left out come last."""
    counts = {(LR, SVM): (3, 6), (LR, RF): (6, 5), (SVM, RF): (8, 5)}
    selection = pick({LR: 0.99214, SVM: 0.99257, RF: 0.9921}, counts, simplicity=(RF,))
    assert (RF, SVM) == (selection.winner, selection.leader)
    assert [RF, LR, SVM, "hist_gradient_boosting"] == SelectionConfig(simplicity=(RF,)).order


def test_by_best_mean_the_leader_wins_whatever_chance_says():
    """And the sentence says what it is worth."""
    counts = {(LR, SVM): (3, 6), (LR, RF): (17, 5), (SVM, RF): (14, 2)}
    selection = pick({LR: 0.99214, SVM: 0.99257, RF: 0.991}, counts, rule="best_mean")
    assert (SVM, "best_mean") == (selection.winner, selection.rule)
    assert (
        "SVM has the highest mean cross-validation accuracy, 0.9926, 0.0004 ahead of logistic regression "
        "(6 rows against 3, p = 0.34)"
    ) == selection.why


def test_other_metrics_are_told_without_counts_of_rows():
    """Log loss by its p-value alone; its margin is its own."""
    differences = np.random.default_rng(0).normal(-0.004, 0.2, 500)
    selection = pick_best(
        {LR: -0.304, SVM: -0.3}, {(LR, SVM): paired_t_test(differences)}, "neg_log_loss", SelectionConfig()
    )
    assert LR == selection.winner
    assert 0.01 == pytest.approx(selection.standings[LR].margin, abs=0.002)
    assert "rows against" not in selection.why


def test_a_gap_below_four_digits_is_still_shown():
    """0.0000 ahead would be no reason."""
    differences = np.tile([0.1, -0.1, 0.00003], 100)
    compared = {(LR, SVM): corrected_resampled_t_test(-differences, 0.25)}
    assert "leads by 1e-05" in pick_best({SVM: 0.90001, LR: 0.9}, compared, "accuracy", SelectionConfig()).why


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({SVM: 0.9}, "SVM raced alone, with a mean cross-validation accuracy of 0.9000"),
        ({SVM: 0.9, RF: None}, "SVM was the only contestant that finished"),
    ],
)
def test_a_winner_without_rivals_is_called_that(scores, words):
    """Whether there were none or they failed."""
    assert pick(scores).why.startswith(words)


def test_nobody_wins_an_empty_race():
    """There is nothing to pick from."""
    with pytest.raises(TrainingError):
        pick({})


@pytest.mark.parametrize(
    ("dataset", "winner"),
    [
        ({"source": "bundled", "bundled": "digits"}, SVM),
        # Two clouds a class: no straight line parts them, and noise columns are in the SVM's way.
        ({"n_samples": 1500, "n_features": 20, "n_clusters_per_class": 4, "n_classes": 2, "class_sep": 1.0}, RF),
    ],
)
def test_what_is_clearly_better_wins_on_real_races(tmp_path, dataset, winner):
    """By points, on the same folds."""
    race = run_race(
        tmp_path, dataset=dataset, engine="scikit-learn", classifiers={LR: {"max_iter": 1000}, SVM: {}, RF: {}}
    )
    selection = pick_winner(race.config, race.ref, race.scorecards)
    assert winner == selection.winner, selection.why
    assert "more than chance explains" in selection.why


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss"])
def test_other_metrics_choose_on_real_races(tmp_path, scoring):
    """A clear loser loses by each of them; the differences are those of the mean scores."""
    config = {"dataset": {"n_samples": 300, "n_classes": 3, "class_sep": 1.0, "random_state": 1}}
    classifiers = {LR: {}, SVM: {"C": 1e-4}, RF: {"n_estimators": 20}}
    race = run_race(
        tmp_path, **config, classifiers=classifiers, cross_validation={"scoring": scoring}, selection={"resamples": 400}
    )
    means = {card.classifier: card.cv_mean for card in race.scorecards}
    selection = pick_winner(race.config, race.ref, race.scorecards)
    assert SVM != selection.winner
    assert not selection.standings[SVM].tied
    for name, standing in selection.standings.items():
        beside = standing.comparison
        assert means[name] - means[selection.leader] == pytest.approx(beside.difference, abs=1e-9)
        assert beside.interval[0] < beside.difference < beside.interval[1]


def test_the_strict_test_chooses_on_repeated_folds(tmp_path):
    """Nadeau and Bengio's, on 3 × 5 folds; its p-value is larger than the rows'."""
    folds = {"repeats": 3, "random_state": 0}
    p_values = []
    for test in ("rows", "nadeau_bengio"):
        race = run_race(
            tmp_path / test,
            dataset={"source": "bundled", "bundled": "wine"},
            classifiers={LR: {}, RF: {"n_estimators": 5}},
            cross_validation=folds,
            selection={"test": test},
        )
        selection = pick_winner(race.config, race.ref, race.scorecards)
        (standing,) = selection.standings.values()
        p_values.append(standing.comparison.p_value)
    assert "nadeau_bengio" == standing.comparison.test
    assert p_values[0] < p_values[1]


def test_what_beats_the_baseline_is_judged_for_all_contestants_at_once():
    """Holm's method counts the contestants; a contestant that is worse than the baseline doesn't beat it."""
    near, far = mcnemar_test(40, 60, 1000), mcnemar_test(45, 60, 1000)  # baseline minus contestant
    assert near.p_value < 0.05 < far.p_value

    def beaten_by(**comparisons):
        return compare_baseline(comparisons, "accuracy", SelectionConfig())[1]

    assert [LR] == beaten_by(**{LR: near})
    assert [] == beaten_by(**{LR: near, SVM: far})
    assert [SVM] == beaten_by(**{LR: mcnemar_test(60, 20, 1000), SVM: mcnemar_test(20, 60, 1000)})
