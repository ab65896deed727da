"""The time of a fit, predicted."""

import pytest

from bakeoff.estimators.fit_time import FORMULAS, LEAST_SECONDS, SVM_SECONDS, ProblemSize, predict_fit_seconds
from bakeoff.tables.schema import Feature
from tests.bakeoff.conftest import run_race


@pytest.mark.parametrize("key", FORMULAS, ids=", ".join)
def test_more_is_predicted_to_take_longer(key):
    """More rows, columns, classes and landmarks; never less than what a fit takes at any size."""
    seconds = [
        predict_fit_seconds(*key, ProblemSize(times * 1_000, times * 5, times * 2), times * 500)
        for times in (9, 20, 40, 99)
    ]
    assert sorted(set(seconds)) == seconds
    least = SVM_SECONDS if key[0] == "svm" else LEAST_SECONDS
    assert pytest.approx(least, rel=1e-3) == predict_fit_seconds(*key, ProblemSize(2, 1, 2), 1)


def test_columns_are_counted_as_a_classifier_gets_them(tmp_path):
    """Texts one-hot encoded."""
    ref = run_race(tmp_path, dataset={"source": "bundled", "bundled": "iris"}).ref
    assert ProblemSize(105, 4, 3) == ProblemSize.of(ref)
    wide = [
        Feature("a", "float64", "number"),
        Feature("b", "str", "category", missing=True, categories=("x", "y")),
        Feature("c", "str", "category", categories=tuple(map(str, range(500)))),
        Feature("d", "str", "category"),
    ]
    object.__setattr__(ref, "features", tuple(wide))
    assert 1 + 3 + 100 + 100 == ProblemSize.of(ref).columns
