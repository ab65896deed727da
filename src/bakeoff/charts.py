"""The pictures of a version's report."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bakeoff.canvas import DASHES, INK, LINE, MARKERS, SERIES, SOFT, WIDTH, Picture, draw
from bakeoff.classifiers import title
from bakeoff.significance import wilson_of_share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CELLS = 12  # classes of a confusion matrix whose cells hold their counts
MOST_DRAWN = 40  # classes of one that is drawn
LONGEST = 14  # letters of a class's name beside an axis
LETTER = 5.3  # points that a letter beside an axis takes
ZOOMS = (0.02, 0.05, 0.1, 0.2, 0.5)  # corners of the unit square that may be all that is drawn
SQUARE = (WIDTH, 315.0)
STRONGEST = 0.5  # how much colour the fullest cell has: a figure in it can still be read

Outcomes = Mapping[str, Any]


def draw_all(
    card: Mapping[str, Any], outcomes: Mapping[str, Outcomes], share: slice = slice(None)
) -> dict[str, Picture]:
    """Every picture that the figures suffice for, by name.

    Args:
        card: a version's.
        outcomes: of each contestant on the test rows, as `describe_outcomes` gives them; an older version has none.
        share: which of them, where several processes draw.
    """
    jobs: list[Callable[[], Picture | None]] = [partial(draw_race, card), partial(draw_test, card)]
    jobs += [partial(draw_confusion, name, found) for name, found in outcomes.items()]
    winner = outcomes.get(card["classifier"], {})
    if winner.get("curves"):
        jobs += [partial(draw_roc, winner), partial(draw_precision_recall, winner)]
    reliability = (card.get("calibration") or {}).get("reliability") or {}
    if curves := {kind: curve for kind, curve in reliability.items() if curve}:
        jobs.append(partial(draw_reliability, curves, count_repeats(card)))
    return {picture.name: picture for job in jobs[share] if (picture := job())}


def draw_race(card: Mapping[str, Any]) -> Picture | None:
    """How far each contestant is from the leader, with intervals; None where nobody is beside it."""
    scores = {name: each for name, each in card["classifiers"].items() if each["status"] == "ok"}
    beside = {name: each["to_leader"] for name, each in scores.items() if each.get("to_leader")}
    leader = card["selection"].get("leader")
    if not beside or leader is None:
        return None
    names = [leader, *beside]
    margin = max(each["margin"] for each in beside.values())

    def paint(axes: "Axes") -> None:
        axes.axvspan(-margin, margin, color=LINE, alpha=0.35, linewidth=0)
        axes.axvline(0, color=SOFT, linewidth=0.8)
        for place, name in enumerate(names):
            given = beside.get(name)
            color = SERIES[0] if name == card["classifier"] else SOFT
            if given:
                low, high = given["interval"]
                axes.plot([low, high], [place, place], color=color, linewidth=2.2, solid_capstyle="round")
            axes.plot([given["difference"] if given else 0], [place], marker="o", color=color, markersize=7)
        draw_rows(axes, [title(name) for name in names], names.index(card["classifier"]))
        axes.set_xlabel(f"difference from {title(leader)} in {_scoring(card)}")

    told = "; ".join(
        f"{title(name)} {given['difference']:+.4f}, 95 % interval {given['interval'][0]:+.4f} to "
        f"{given['interval'][1]:+.4f}"
        for name, given in beside.items()
    )
    heading = f"Cross-validation: beside {title(leader)}, with 95 % intervals"
    description = f"{told}. The shaded band is the margin within which a contestant may be tied, {margin:.4f}."
    return draw("race", heading, description, paint, *rows_size([title(name) for name in names]))


def draw_test(card: Mapping[str, Any]) -> Picture | None:
    """Each contestant's accuracy on the test rows, with intervals, beside what the labels allow."""
    found = {
        name: (each["test"]["accuracy"], (each.get("test_intervals") or {}).get("accuracy"))
        for name, each in card["classifiers"].items()
        if each["test"]
    }
    ceiling = label_ceiling(card)

    def paint(axes: "Axes") -> None:
        if ceiling is not None:
            axes.axvline(ceiling, color=SERIES[1], linewidth=1.2, linestyle=DASHES[1])
            axes.annotate(
                "label noise", (ceiling, 1), xycoords=("data", "axes fraction"), xytext=(-3, 1), fontsize=8.5,
                textcoords="offset points", color=SERIES[1], ha="right", va="bottom",
            )  # fmt: skip
        for place, (name, (accuracy, ends)) in enumerate(found.items()):
            color = SERIES[0] if name == card["classifier"] else SOFT
            if ends:
                axes.plot(ends, [place, place], color=color, linewidth=2.2, solid_capstyle="round")
            axes.plot([accuracy], [place], marker="o", color=color, markersize=7)
        draw_rows(axes, [title(name) for name in found], [*found].index(card["classifier"]))
        axes.set_xlabel("accuracy on the test rows")

    told = "; ".join(
        f"{title(name)} {accuracy:.4f}" + (f", 95 % interval {ends[0]:.4f} to {ends[1]:.4f}" if ends else "")
        for name, (accuracy, ends) in found.items()
    )
    limit = f" Label noise allows {ceiling:.4f} on average." if ceiling is not None else ""
    heading = "Test rows: accuracy, with 95 % intervals"
    return draw("test", heading, f"{told}.{limit}", paint, *rows_size([title(name) for name in found]))


def draw_confusion(name: str, found: Outcomes) -> Picture | None:
    """A contestant's confusion matrix; None of more classes than can be drawn."""
    if not found["confusion"] or len(found["classes"]) > MOST_DRAWN:
        return None
    counts, classes = np.array(found["confusion"]), [shorten(each) for each in found["classes"]]
    flat = max(map(len, classes)) * len(classes) <= 36  # the names fit below each other's columns
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def paint(axes: "Axes") -> None:
        from matplotlib.patches import Rectangle

        for true, predicted in zip(*np.nonzero(counts)):
            color, share = SERIES[0] if true == predicted else SERIES[1], shares[true, predicted]
            strength = STRONGEST * (0.15 + 0.85 * share)
            axes.add_patch(Rectangle((predicted - 0.5, true - 0.5), 1, 1, color=color, alpha=strength, linewidth=0))
        if len(classes) <= MOST_CELLS:
            for (true, predicted), count in np.ndenumerate(counts):
                told: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9 if len(classes) <= 7 else 7}
                axes.text(predicted, true, f"{count:,}" if count else "·", color=INK if count else SOFT, **told)
        size = 9 if len(classes) <= MOST_CELLS else 6
        axes.set_xticks(range(len(classes)), classes, fontsize=size, rotation=0 if flat else 90)
        axes.set_yticks(range(len(classes)), classes, fontsize=size)
        axes.set(xlim=(-0.5, len(classes) - 0.5), ylim=(len(classes) - 0.5, -0.5), xlabel="predicted", ylabel="true")
        axes.set_aspect("equal")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(True)

    hits, rows = int(np.trace(counts)), int(counts.sum())
    wrong = counts - np.diag(np.diag(counts))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    names = found["classes"]
    worst = f"; most often {names[true]} was taken for {names[predicted]}: {wrong.max():,} times" if hits < rows else ""
    description = f"{hits:,} of {rows:,} test rows right{worst}."
    left, bottom = 26 + LETTER * max(map(len, classes)), 32.0 if flat else 26 + LETTER * max(map(len, classes))
    side = min(WIDTH - left - 10, max(150.0, 42.0 * len(classes)))
    size = (left + side + 10, bottom + side + 14)
    return draw(f"confusion-{name.replace('_', '-')}", title(name), description, paint, size, left, bottom)


def draw_roc(found: Outcomes) -> Picture:
    """ROC curves, each class against the rest (Fawcett, An introduction to ROC analysis, 2006)."""
    curves: dict[str, Any] = found["curves"]
    if len(found["classes"]) == 2:  # the other's is its mirror
        curves = {name: curves[name] for name in [*curves][-1:]}
    zoom = _zoom(np.interp(zoom, *curve["roc"]) >= 1 - zoom / 2 for curve in curves.values() for zoom in ZOOMS)

    def paint(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=DASHES[2])
        for place, curve in enumerate(curves.values()):
            axes.plot(*curve["roc"], **_line(place))
        _square(axes, "false positive rate", "true positive rate", (0, zoom), (1 - zoom, 1))
        told = [f"{shorten(name)} ({say_area(curve['roc_auc'])})" for name, curve in curves.items()]
        _legend(axes, told, "lower right", "class (area under the curve)")

    told = ", ".join(f"{name} {say_area(curve['roc_auc'])}" for name, curve in curves.items())
    part = "" if zoom == 1 else ", upper left corner"
    return draw("roc", f"ROC curves{part}", f"Areas under the curves: {told}.", paint, SQUARE, 36)


def draw_precision_recall(found: Outcomes) -> Picture:
    """Precision over recall, each class against the rest (Davis and Goadrich, 2006)."""
    curves: dict[str, Any] = found["curves"]
    zoom = _zoom(_precision_at(curve, 1 - zoom / 2) >= 1 - zoom for curve in curves.values() for zoom in ZOOMS)

    def paint(axes: "Axes") -> None:
        for place, curve in enumerate(curves.values()):
            axes.plot(*curve["precision_recall"], **_line(place), drawstyle="steps-post")
        _square(axes, "recall", "precision", (1 - zoom, 1), (1 - zoom, 1))
        told = [f"{shorten(name)} ({say_area(curve['average_precision'])})" for name, curve in curves.items()]
        _legend(axes, told, "lower left", "class (average precision)")

    told = ", ".join(f"{name} {say_area(curve['average_precision'])}" for name, curve in curves.items())
    part = "" if zoom == 1 else ", upper right corner"
    heading = f"Precision-recall curves{part}"
    return draw("precision-recall", heading, f"Average precisions: {told}.", paint, SQUARE, 36)


def draw_reliability(curves: Mapping[str, Mapping[str, Any]], repeats: int | None = 1) -> Picture:
    """Curves over the diagonal, on which they would lie if every probability came true as often as it says.

    Args:
        curves: by `before` or `after` calibration: predicted, observed and pairs of each bin.
        repeats: how often each row was counted; None where rows belong to groups, so that there is no telling how many
            count for themselves, and no interval is drawn.
    """
    labels, last = {"before": "as the classifier gives them", "after": "calibrated"}, [*curves][-1]

    def paint(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=DASHES[2])
        for kind, curve in curves.items():
            place = [*labels].index(kind) if len(curves) > 1 else 1
            color = SERIES[1 - place]
            axes.plot(curve["predicted"], curve["observed"], color=color, linestyle=DASHES[1 - place], zorder=2 + place)
            sizes = [12 * (0.5 + np.log10(pairs)) for pairs in curve["pairs"]]
            if kind == last and repeats:
                low, high = np.transpose(
                    [wilson_of_share(o, n / repeats) for o, n in zip(curve["observed"], curve["pairs"])]
                )
                axes.vlines(curve["predicted"], low, high, color=color, alpha=0.45, linewidth=1.2)
            axes.scatter(
                curve["predicted"], curve["observed"], sizes, color=color, marker=MARKERS[1 - place], linewidth=0,
                label=labels[kind] if len(curves) > 1 else "the winner's", zorder=2 + place,
            )  # fmt: skip
        _square(axes, "predicted probability", "share that came true", (0, 1), (0, 1))
        axes.legend(loc="upper left")

    bins = ", ".join(f"{p:.2f}: {o:.2f}" for p, o in zip(curves[last]["predicted"], curves[last]["observed"]))
    description = f"Predicted probability and the share that came true, by bins: {bins}."
    return draw("reliability", "Reliability of the probabilities", description, paint, SQUARE, 36)


def count_repeats(card: Mapping[str, Any]) -> int | None:
    """How often the reliability curve counts each row; None where the rows belong to groups."""
    if card["config"].get("split", {}).get("by") == "group":
        return None
    return int(card["config"].get("cross_validation", {}).get("repeats", 1))


def label_ceiling(card: Mapping[str, Any]) -> float | None:
    """The accuracy that redrawn labels leave to the best classifier on average; None where they are not known to be.

    Of `flip_y` of the rows the class is drawn anew from all classes, of which one is the right one.
    """
    dataset = card["config"].get("dataset", {})
    if dataset.get("source", "synthetic") != "synthetic" or not dataset.get("flip_y"):
        return None
    return float(1 - dataset["flip_y"] * (1 - 1 / len(card["classes"])))


def say_area(area: float) -> str:
    """Three decimals, and 1 only for 1."""
    return "1" if area == 1 else f"{min(area, 0.999):.3f}" if area < 0.9995 else "> 0.999"


def shorten(name: str) -> str:
    """A class's name for where there is little room."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _scoring(card: Mapping[str, Any]) -> str:
    return str(card["selection"].get("scoring", "accuracy")).replace("_", " ")


def _legend(axes: "Axes", told: Sequence[str], loc: Literal["lower left", "lower right"], heading: str) -> None:
    """Of the lines that are the curves, the last ones drawn; a label that begins with _ would be left out by itself."""
    axes.legend(axes.lines[-len(told) :], told, loc=loc, title=heading, title_fontsize=8.5)


def _line(place: int) -> dict[str, Any]:
    return {"color": SERIES[place % len(SERIES)], "linestyle": DASHES[place % len(DASHES)]}


def draw_rows(axes: "Axes", names: Sequence[str], winner: int | None = None) -> None:
    """One name a row, the first above, with lines across the figures."""
    axes.set_yticks(range(len(names)), names)
    if winner is not None:
        axes.get_yticklabels()[winner].set_fontweight("bold")
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=5)


def rows_size(names: Sequence[str], each: float = 27) -> tuple[tuple[float, float], float]:
    """Size, and room to the left, of a picture of rows; all in points."""
    return (WIDTH, 54.0 + each * len(names)), 12 + LETTER * max(map(len, names))


def _zoom(fits: Iterable[bool]) -> float:
    """How much of the unit square shows the curves best: the smallest corner in which all of them turn.

    Args:
        fits: for each curve whether it does so in each of `ZOOMS`.
    """
    table = np.array([*fits]).reshape(-1, len(ZOOMS)).all(axis=0)
    return ZOOMS[int(table.argmax())] if table.any() else 1.0


def _precision_at(curve: Mapping[str, Any], recall: float) -> float:
    """The best precision at no less than a recall."""
    reached, precision = map(np.array, curve["precision_recall"])
    return float(precision[reached >= recall].max(initial=0))


def _square(axes: "Axes", x: str, y: str, xlim: tuple[float, float], ylim: tuple[float, float]) -> None:
    room = 0.02 * (xlim[1] - xlim[0])
    (left, right), (low, high) = xlim, ylim
    axes.set(xlim=(left - room, right + room), ylim=(low - room, high + room), xlabel=x, ylabel=y)
    axes.set_aspect("equal")
    axes.locator_params(nbins=6)
    axes.grid()
