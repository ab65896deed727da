"""The charts of a version's report."""

from collections.abc import Mapping, Sequence

from bakeoff.classifiers import title
from bakeoff.report.axes import (
    Axes,
    padded_limits,
)
from bakeoff.report.curve_charts import (
    LETTER,
    Outcomes,
    draw_confusion,
    draw_contestants,
    draw_precision_recall,
    draw_reliability,
    draw_roc,
)
from bakeoff.report.svg import (
    DASHES,
    LINE,
    SERIES,
    SOFT,
    WIDTH,
    Picture,
    make_picture,
)
from bakeoff.store.card import Card


def draw_all(card: Card, outcomes: Mapping[str, Outcomes]) -> dict[str, Picture]:
    """Draw every picture that there are figures for.

    Args:
        card: the version's card.
        outcomes: `evaluate_ranking` of each contestant on the test rows; empty for older versions.

    Returns:
        The pictures by name.
    """
    pictures = [draw_race(card), draw_test(card)]
    pictures += [
        draw_confusion(f"confusion-{name.replace('_', '-')}", title(name), outcome)
        for name, outcome in outcomes.items()
    ]
    winner = outcomes.get(card.classifier, {})
    if winner.get("curves"):
        pictures += [draw_roc(winner), draw_precision_recall(winner)]
    pictures += draw_contestants(outcomes)
    reliability = card.calibration and card.calibration.reliability
    if curves := {kind: vars(curve) for kind, curve in vars(reliability).items() if curve} if reliability else {}:
        pictures.append(draw_reliability(curves, count_repeats(card)))
    return {picture.name: picture for picture in pictures if picture}


def draw_race(card: Card) -> Picture | None:
    """Draw contestant contestant's difference from the leader with its interval; None if there is no comparison."""
    finished = [(name, contestant) for name, contestant in card.classifiers.items() if contestant.status == "ok"]
    comparisons = {name: contestant.to_leader for name, contestant in finished if contestant.to_leader}
    leader = card.selection.leader
    if not comparisons or leader is None:
        return None
    names = [leader, *comparisons]
    margin = max(contestant.margin for contestant in comparisons.values())
    ends = [end for contestant in comparisons.values() for end in contestant.interval]
    axes = axes_of_rows("race", [title(name) for name in names], padded_limits(min(-margin, *ends), max(margin, *ends)))
    axes.axspan((-margin, margin), axes.ylim, LINE, 0.35)
    axes.x_axis(f"difference from {title(leader)} in {card.selection.scoring.replace('_', ' ')}", 4)
    axes.line((0, 0), axes.ylim, SOFT, 0.8)
    for place, name in enumerate(names):
        comparison, color = comparisons.get(name), SERIES[0] if name == card.classifier else SOFT
        if comparison:
            axes.line(comparison.interval, (place, place), color, 2.2)
        axes.scatter(comparison.difference if comparison else 0, place, color)
    axes.set_yticklabels([title(name) for name in names], names.index(card.classifier))
    differences = "; ".join(
        f"{title(name)} {each.difference:+.4f}, 95 % interval {each.interval[0]:+.4f} to {each.interval[1]:+.4f}"
        for name, each in comparisons.items()
    )
    heading = f"Cross-validation: difference from {title(leader)}, with 95 % intervals"
    description = f"{differences}. The shaded band is the margin within which a contestant may be tied, {margin:.4f}."
    return make_picture("race", heading, description, size_of_rows(len(names)), axes.parts)


def draw_test(card: Card) -> Picture:
    """Draw contestant contestant's accuracy on the test rows with its interval, and the limit set by label noise."""
    results = {
        name: (contestant.test["accuracy"], contestant.interval())
        for name, contestant in card.classifiers.items()
        if contestant.test
    }
    ceiling, names = label_ceiling(card), [title(name) for name in results]
    places = [place for accuracy, ends in results.values() for place in (accuracy, *(ends or ()))]
    places += [] if ceiling is None else [ceiling]
    axes = axes_of_rows("test", names, padded_limits(min(places), max(places)))
    axes.x_axis("accuracy on the test rows")
    if ceiling is not None:
        axes.line((ceiling, ceiling), axes.ylim, SERIES[1], 1.2, DASHES[1])
        axes.text(axes.x(ceiling) - 3, axes.top - 3, "label noise", "end", SERIES[1], 8.5)
    for place, (name, (accuracy, ends)) in enumerate(results.items()):
        color = SERIES[0] if name == card.classifier else SOFT
        if ends:
            axes.line(ends, (place, place), color, 2.2)
        axes.scatter(accuracy, place, color)
    axes.set_yticklabels(names, [*results].index(card.classifier))
    accuracies = "; ".join(
        f"{title(name)} {accuracy:.4f}" + (f", 95 % interval {ends[0]:.4f} to {ends[1]:.4f}" if ends else "")
        for name, (accuracy, ends) in results.items()
    )
    limit = f" Label noise allows {ceiling:.4f} on average." if ceiling is not None else ""
    heading = "Test rows: accuracy, with 95 % intervals"
    return make_picture("test", heading, f"{accuracies}.{limit}", size_of_rows(len(names)), axes.parts)


def count_repeats(card: Card) -> int | None:
    """How often the reliability curve counts each row; None if rows belong to groups."""
    return None if card.settings.split.by == "group" else card.settings.cross_validation.repeats


def label_ceiling(card: Card) -> float | None:
    """The best expected accuracy under label noise; None if the noise is unknown.

    The class of a share `flip_y` of the rows is drawn anew from all classes, so it stays right with probability
    1 / n_classes.
    """
    dataset = card.settings.dataset
    if dataset.source != "synthetic" or not dataset.flip_y:
        return None
    return 1 - dataset.flip_y * (1 - 1 / len(card.classes))


def axes_of_rows(name: str, names: Sequence[str], xlim: tuple[float, float], each: float = 27) -> Axes:
    """Make axes with one row per name, the first at the top.

    Args:
        name: the picture's name.
        names: the labels of the rows.
        xlim: the values at the left and the right end.
        each: the height of a row, in points.
    """
    size = size_of_rows(len(names), each)
    return Axes(name, size, 20 + LETTER * max(map(len, names)), 36, xlim, (len(names) - 0.5, -0.5))


def size_of_rows(count: int, each: float = 27) -> tuple[float, float]:
    """The width and height of such a picture, in points."""
    return WIDTH, 54.0 + each * count
