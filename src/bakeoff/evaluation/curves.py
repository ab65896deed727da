"""What a model makes of rows whose class is known, in the figures that pictures are drawn from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

EVALUATION = "evaluation.json"  # a version's file: these figures of each contestant on the test rows
MOST_CURVES = 8  # classes with curves of their own: those that the model ranks worst
MOST_CONFUSED = 100  # classes of a confusion matrix that is kept
POINTS = 80  # of a curve, at most: more can't be told apart in a picture
NEAR = 0.005  # points nearer to the corner than this are as close together as those at it
DIGITS = 5


def evaluate_ranking(
    y: np.ndarray, predicted: np.ndarray, shares: np.ndarray | None, classes: Sequence[str]
) -> dict[str, Any]:
    """Confusion matrix, ROC and precision-recall curves of each class against the rest, as plain values.

    The areas are scikit-learn's `roc_auc_score` and `average_precision_score`; their means over the classes are
    plain ones. A class that no row is of, or every row, has neither curve nor area.

    Args:
        y: the true classes, counted from 0, shape (n_rows,).
        predicted: the predicted classes, counted from 0, shape (n_rows,).
        shares: the classes' probabilities, shape (n_rows, n_classes), or None.
        classes: as text.
    """
    from sklearn.metrics import confusion_matrix

    few = len(classes) <= MOST_CONFUSED
    counts = confusion_matrix(y, predicted, labels=range(len(classes))).tolist() if few else None
    found = {"classes": list(classes), "confusion": counts}
    return found if shares is None else found | _rank(y, shares, classes)


def _rank(y: np.ndarray, shares: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """How well the probabilities rank the rows."""
    from sklearn.metrics import precision_recall_curve, roc_curve

    curves: dict[str, dict[str, Any]] = {}
    for code, name in enumerate(classes):
        true = y == code
        if not 0 < true.sum() < len(y):
            continue
        fpr, tpr, _ = roc_curve(true, shares[:, code])
        precision, recall, _ = precision_recall_curve(true, shares[:, code])
        curves[name] = describe_curve(float(true.mean()), fpr, tpr, recall, precision)
    return describe_curves(curves, classes)


def describe_curve(
    share: float, fpr: np.ndarray, tpr: np.ndarray, recall: np.ndarray, precision: np.ndarray
) -> dict[str, Any]:
    """One class's curves against the rest, and their areas.

    Args:
        share: of the rows that are of the class.
        fpr: rising from 0 to 1, shape (n,), as `roc_curve` gives them.
        tpr: beside them.
        recall: falling from 1 to 0, shape (m,), as `precision_recall_curve` gives them.
        precision: beside them.
    """
    return {
        "share": share,
        "roc_auc": float(np.trapezoid(tpr, fpr)),
        "average_precision": float(-np.sum(np.diff(recall) * precision[:-1])),
        "roc": downsample(fpr, tpr, (0.0, 1.0)),
        "precision_recall": downsample(recall, precision, (1.0, 1.0)),
    }


def describe_curves(curves: Mapping[str, dict[str, Any]], classes: Sequence[str]) -> dict[str, Any]:
    """The areas of all classes, their means, and the curves of those that are ranked worst."""
    if not curves:
        return {}
    areas = {
        figure: {name: each[figure] for name, each in curves.items()} for figure in ("roc_auc", "average_precision")
    }
    worst = sorted(curves, key=lambda name: areas["roc_auc"][name])[:MOST_CURVES]
    return {
        **areas,
        "roc_auc_macro": float(np.mean(list(areas["roc_auc"].values()))),
        "average_precision_macro": float(np.mean(list(areas["average_precision"].values()))),
        "curves": {name: curves[name] for name in classes if name in worst},
        "mean_curve": average_curves([*curves.values()]),
    }


def average_curves(curves: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The plain mean of several classes' curves, at each false positive rate and at each recall.

    Args:
        curves: one or more, as `describe_curve` gives them.
    """
    x = np.unique(np.concatenate([curve["roc"][0] for curve in curves]))
    below, above = np.mean([_limits(x, *curve["roc"]) for curve in curves], axis=0)
    recall = np.unique(np.concatenate([curve["precision_recall"][0] for curve in curves]))[::-1]
    precision = np.mean([_precision_at(recall, *curve["precision_recall"]) for curve in curves], axis=0)
    return {
        "share": float(np.mean([curve["share"] for curve in curves])),
        "roc": downsample(np.repeat(x, 2), np.column_stack([below, above]).ravel(), (0.0, 1.0)),
        "precision_recall": downsample(recall, precision, (1.0, 1.0)),
    }


def _limits(x: np.ndarray, fpr: Sequence[float], tpr: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """A rising curve's height from the left and from the right; they differ where it is upright."""
    return np.interp(-x, -np.asarray(fpr)[::-1], np.asarray(tpr)[::-1]), np.interp(x, fpr, tpr)


def _precision_at(recall: np.ndarray, reached: Sequence[float], precision: Sequence[float]) -> np.ndarray:
    """The precision where no less than a recall is reached, by the last point of a falling curve that does so."""
    rising = np.asarray(reached)[::-1]
    found: np.ndarray = np.asarray(precision)[::-1][np.searchsorted(rising, recall)]
    return found


def summary_curve(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """What stands for all classes, as of a class: of two the second's curve, of more the mean.

    Args:
        found: as `evaluate_ranking` gives it; an older version's has no mean, and not all classes' curves to make it.

    Returns:
        None where there is none.
    """
    curves = found.get("curves")
    if not curves:
        return None
    if len(found["classes"]) == 2:
        return dict(curves[[*curves][-1]])
    mean = found.get("mean_curve")
    if mean is None and len(curves) < len(found["roc_auc"]):
        return None
    areas = {"roc_auc": found["roc_auc_macro"], "average_precision": found["average_precision_macro"]}
    return (mean or average_curves([*curves.values()])) | areas


def downsample(x: np.ndarray, y: np.ndarray, corner: tuple[float, float], points: int = POINTS) -> list[list[float]]:
    """A curve's points; of more than `points` so many along it, the closer together the nearer they are to a corner.

    Args:
        x: within 0 and 1, shape (n,).
        y: within 0 and 1, shape (n,).
        corner: where the curves of good models lie.

    Returns:
        shape (2, at most `points`).
    """
    if len(x) <= points:
        return [values.round(DIGITS).tolist() for values in (x, y)]
    distance = NEAR + np.maximum(np.abs(x - corner[0]), np.abs(y - corner[1]))
    steps = (np.abs(np.diff(x)) + np.abs(np.diff(y))) / np.minimum(distance[1:], distance[:-1])
    way = np.concatenate([[0.0], np.cumsum(steps)])
    kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], points)))
    kept[-1] = len(x) - 1
    return [values[kept].round(DIGITS).tolist() for values in (x, y)]
