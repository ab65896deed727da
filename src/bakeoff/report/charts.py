"""The pictures of a version's report."""

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
    """Every picture that the figures suffice for, by name.

    Args:
        card: a version's.
        outcomes: of each contestant on the test rows, as `evaluate_ranking` gives them; an older version has none.
    """
    pictures = [draw_race(card), draw_test(card)]
    pictures += [
        draw_confusion(f"confusion-{name.replace('_', '-')}", title(name), found) for name, found in outcomes.items()
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
    """How far each contestant is from the leader, with intervals; None where nobody is beside it."""
    finished = [(name, each) for name, each in card.classifiers.items() if each.status == "ok"]
    beside = {name: each.to_leader for name, each in finished if each.to_leader}
    leader = card.selection.leader
    if not beside or leader is None:
        return None
    names = [leader, *beside]
    margin = max(each.margin for each in beside.values())
    ends = [end for each in beside.values() for end in each.interval]
    axes = axes_of_rows("race", [title(name) for name in names], padded_limits(min(-margin, *ends), max(margin, *ends)))
    axes.axspan((-margin, margin), axes.ylim, LINE, 0.35)
    axes.x_axis(f"difference from {title(leader)} in {card.selection.scoring.replace('_', ' ')}", 4)
    axes.line((0, 0), axes.ylim, SOFT, 0.8)
    for place, name in enumerate(names):
        given, color = beside.get(name), SERIES[0] if name == card.classifier else SOFT
        if given:
            axes.line(given.interval, (place, place), color, 2.2)
        axes.scatter(given.difference if given else 0, place, color)
    axes.set_yticklabels([title(name) for name in names], names.index(card.classifier))
    told = "; ".join(
        f"{title(name)} {given.difference:+.4f}, 95 % interval {given.interval[0]:+.4f} to {given.interval[1]:+.4f}"
        for name, given in beside.items()
    )
    heading = f"Cross-validation: beside {title(leader)}, with 95 % intervals"
    description = f"{told}. The shaded band is the margin within which a contestant may be tied, {margin:.4f}."
    return make_picture("race", heading, description, size_of_rows(len(names)), axes.parts)


def draw_test(card: Card) -> Picture:
    """Each contestant's accuracy on the test rows, with intervals, beside what the labels allow."""
    found = {name: (each.test["accuracy"], each.interval()) for name, each in card.classifiers.items() if each.test}
    ceiling, names = label_ceiling(card), [title(name) for name in found]
    places = [place for accuracy, ends in found.values() for place in (accuracy, *(ends or ()))]
    places += [] if ceiling is None else [ceiling]
    axes = axes_of_rows("test", names, padded_limits(min(places), max(places)))
    axes.x_axis("accuracy on the test rows")
    if ceiling is not None:
        axes.line((ceiling, ceiling), axes.ylim, SERIES[1], 1.2, DASHES[1])
        axes.text(axes.x(ceiling) - 3, axes.top - 3, "label noise", "end", SERIES[1], 8.5)
    for place, (name, (accuracy, ends)) in enumerate(found.items()):
        color = SERIES[0] if name == card.classifier else SOFT
        if ends:
            axes.line(ends, (place, place), color, 2.2)
        axes.scatter(accuracy, place, color)
    axes.set_yticklabels(names, [*found].index(card.classifier))
    told = "; ".join(
        f"{title(name)} {accuracy:.4f}" + (f", 95 % interval {ends[0]:.4f} to {ends[1]:.4f}" if ends else "")
        for name, (accuracy, ends) in found.items()
    )
    limit = f" Label noise allows {ceiling:.4f} on average." if ceiling is not None else ""
    heading = "Test rows: accuracy, with 95 % intervals"
    return make_picture("test", heading, f"{told}.{limit}", size_of_rows(len(names)), axes.parts)


def count_repeats(card: Card) -> int | None:
    """How often the reliability curve counts each row; None where the rows belong to groups."""
    return None if card.settings.split.by == "group" else card.settings.cross_validation.repeats


def label_ceiling(card: Card) -> float | None:
    """The accuracy that redrawn labels leave to the best classifier on average; None where they are not known to be.

    Of `flip_y` of the rows the class is drawn anew from all classes, of which one is the right one.
    """
    dataset = card.settings.dataset
    if dataset.source != "synthetic" or not dataset.flip_y:
        return None
    return 1 - dataset.flip_y * (1 - 1 / len(card.classes))


def axes_of_rows(name: str, names: Sequence[str], xlim: tuple[float, float], each: float = 27) -> Axes:
    """Axes of a picture of rows, the first above.

    Args:
        each: the height of a row, in points.
    """
    size = size_of_rows(len(names), each)
    return Axes(name, size, 14 + LETTER * max(map(len, names)), 36, xlim, (len(names) - 0.5, -0.5))


def size_of_rows(count: int, each: float = 27) -> tuple[float, float]:
    """Of such a picture, in points."""
    return WIDTH, 54.0 + each * count
