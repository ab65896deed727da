"""What inspection says."""

from bakeoff.report.inspection.section import describe_learning_curve


def test_what_a_learning_curve_says():
    """By differences fold by fold: these vary less than the folds do."""
    rises = {"folds": 5, "rows": [100, 200], "scores": [[0.7, 0.8, 0.9], [0.72, 0.82, 0.921]]}
    assert "accuracy changed by +0.0203 (standard error 0.0004): it still rises" in describe_learning_curve(
        rises, "accuracy"
    )
    flat = {"folds": 5, "rows": [100, 200], "scores": [[0.7, 0.8, 0.9], [0.72, 0.78, 0.901]]}
    assert "no rise beyond chance" in describe_learning_curve(flat, "accuracy")
    unknown = {"folds": 5, "rows": [100, 200], "scores": [[None, None, 0.9], [0.72, 0.78, 0.9]]}
    assert "Too few folds could be fitted" in describe_learning_curve(unknown, "accuracy")
