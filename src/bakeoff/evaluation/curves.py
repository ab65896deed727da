"""Confusion matrix, ROC and precision-recall curves, as plain values for the report's charts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

EVALUATION = "evaluation.json"  # a version's file with the result of `evaluate_ranking` for each contestant
MOST_CURVES = 8  # classes whose own curves are kept: those with the smallest ROC AUC
MOST_CONFUSED = 100  # with more classes no confusion matrix is kept
POINTS = 80  # most points of a curve; more can't be distinguished in a chart
NEAR = 0.005  # distance from the corner within which points don't get denser any more
DIGITS = 5  # decimals of a point


def evaluate_ranking(
    y: np.ndarray, predicted: np.ndarray, shares: np.ndarray | None, classes: Sequence[str]
) -> dict[str, Any]:
    """Compute the confusion matrix, and the ROC and precision-recall curves of each class against the rest.

    The areas equal scikit-learn's `roc_auc_score` and `average_precision_score`; their averages over the classes are
    unweighted. A class that no row or every row belongs to has no curves and no areas.

    Args:
        y: true class codes from 0, shape (n_rows,).
        predicted: predicted class codes from 0, shape (n_rows,).
        shares: probabilities, shape (n_rows, n_classes), or None.
        classes: as text.

    Returns:
        The `classes`; the `confusion` matrix, or None for too many classes; and with probabilities the result of
        `describe_curves`.
    """
    from sklearn.metrics import confusion_matrix

    few = len(classes) <= MOST_CONFUSED
    counts = confusion_matrix(y, predicted, labels=range(len(classes))).tolist() if few else None
    ranking = {} if shares is None else _curves(y, shares, classes)
    return {"classes": list(classes), "confusion": counts, **ranking}


def _curves(y: np.ndarray, shares: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
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
    """Compute the areas under the curves of one class against the rest, and downsample the curves.

    Args:
        share: the share of the rows that belong to the class.
        fpr: as returned by scikit-learn's `roc_curve`, from 0 to 1, shape (n,).
        tpr: as above.
        recall: as returned by scikit-learn's `precision_recall_curve`, from 1 to 0, shape (m,).
        precision: as above.

    Returns:
        The `share`, the areas `roc_auc` and `average_precision`, and the curves `roc` and `precision_recall`, as from
        `downsample`.
    """
    return {
        "share": share,
        "roc_auc": float(np.trapezoid(tpr, fpr)),
        "average_precision": float(-np.sum(np.diff(recall) * precision[:-1])),
        "roc": downsample(fpr, tpr, (0.0, 1.0)),
        "precision_recall": downsample(recall, precision, (1.0, 1.0)),
    }


def describe_curves(curves: Mapping[str, dict[str, Any]], classes: Sequence[str]) -> dict[str, Any]:
    """Collect the areas of all classes, their macro averages, and the curves of the classes with the lowest AUC.

    Args:
        curves: by class, as returned by `describe_curve`.
        classes: in the order of the result.

    Returns:
        `roc_auc` and `average_precision` by class, their means, the `curves` of at most `MOST_CURVES` classes, and the
        `mean_curve`; empty without curves.
    """
    if not curves:
        return {}
    areas = {
        metric: {name: curve[metric] for name, curve in curves.items()} for metric in ("roc_auc", "average_precision")
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
    """Average the curves of several classes at each false positive rate and at each recall, unweighted.

    Args:
        curves: at least one, as returned by `describe_curve`.
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
    """Return the lower and the upper end of a ROC curve at each x; they differ where it is vertical."""
    return np.interp(-x, -np.asarray(fpr)[::-1], np.asarray(tpr)[::-1]), np.interp(x, fpr, tpr)


def _precision_at(recall: np.ndarray, reached: Sequence[float], precision: Sequence[float]) -> np.ndarray:
    """Return the precision at the last point of the curve that still reaches each recall."""
    rising = np.asarray(reached)[::-1]
    at_recall: np.ndarray = np.asarray(precision)[::-1][np.searchsorted(rising, recall)]
    return at_recall


def summary_curve(evaluation: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return one curve for all classes: that of the rarer of two classes, otherwise the macro average.

    Args:
        evaluation: as returned by `evaluate_ranking`; that of an older version has no average.

    Returns:
        The curve, as from `describe_curve`; None without curves, or if an older version kept too few to average.
    """
    curves = evaluation.get("curves")
    if not curves:
        return None
    if len(evaluation["classes"]) == 2:
        return dict(curves[rarer_class(curves)])
    mean = evaluation.get("mean_curve")
    if mean is None and len(curves) < len(evaluation["roc_auc"]):
        return None
    areas = {"roc_auc": evaluation["roc_auc_macro"], "average_precision": evaluation["average_precision_macro"]}
    return (mean or average_curves([*curves.values()])) | areas


def rarer_class(curves: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the class with the smallest share of the rows, the last of several that are equal."""
    return min(reversed([*curves]), key=lambda name: curves[name]["share"])


def downsample(x: np.ndarray, y: np.ndarray, corner: tuple[float, float], points: int = POINTS) -> list[list[float]]:
    """Thin out a curve to at most `points` points, spaced more closely towards a corner.

    Args:
        x: between 0 and 1, shape (n,).
        y: between 0 and 1, shape (n,).
        corner: the corner that the curve of a perfect model passes through.

    Returns:
        The x values and the y values of the points that are kept, rounded.
    """
    if len(x) <= points:
        return [values.round(DIGITS).tolist() for values in (x, y)]
    distance = NEAR + np.maximum(np.abs(x - corner[0]), np.abs(y - corner[1]))
    steps = (np.abs(np.diff(x)) + np.abs(np.diff(y))) / np.minimum(distance[1:], distance[:-1])
    length = np.concatenate([[0.0], np.cumsum(steps)])
    kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], points)))
    kept[-1] = len(x) - 1
    return [values[kept].round(DIGITS).tolist() for values in (x, y)]
