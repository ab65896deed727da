"""Compare two versions: their scores, and what differs in how they were made."""

from collections.abc import Mapping
from typing import Any

from bakeoff.classifiers import title
from bakeoff.formatting import NONE, flatten, format_interval
from bakeoff.report.card_tables import format_score
from bakeoff.store.card import Card

Row = tuple[str, ...]
LONGEST = 60  # characters of a value that are shown
BEATS = {True: "yes", False: "no", None: NONE}


def compare_cards(first: Card, second: Card) -> dict[str, list[Row]]:
    """Compare two cards: scores and rows, and what differs in config, columns and libraries.

    Returns:
        By heading, rows of a name and the two values; headings without rows are left out.
    """
    both = (first, second)
    figures: list[Row] = [
        ("winner", *(title(card.classifier) for card in both)),
        ("beats the baseline", *(BEATS[card.beats_baseline] for card in both)),
        *(_row("CV mean of " + title(name), *(_cv_mean(card, name) for card in both)) for name in _names(both)),
        *(_row(f"test {metric}", *(card.winner.test.get(metric) for card in both)) for metric in _metrics(both)),
        ("95 % interval of the accuracy", *(format_interval(card.winner.interval()) for card in both)),
    ]
    origin: list[Row] = [("created", *(card.created for card in both))]
    origin += [(f"{part} rows", *(f"{vars(card.rows)[part]:,}" for card in both)) for part in vars(first.rows)]
    origin.append(("data (SHA-256)", *(card.data_sha256[:16] + "…" for card in both)))
    config = _differences(*(dict(flatten(card.config)) for card in both))
    libraries = _differences(*(card.environment for card in both))
    columns = _differences(*({feature.name: feature.kind for feature in card.features} for card in both))
    tables = {"Figures": figures, "Made of": origin, "Config": config, "Columns": columns, "Libraries": libraries}
    return {heading: rows for heading, rows in tables.items() if rows}


def warn_of_differences(first: Card, second: Card) -> str | None:
    """Return a warning if the scores of two versions can't be compared directly, else None."""
    if (one := first.selection.scoring) != (other := second.selection.scoring):
        return f"The CV means are of different metrics: {one} and {other}."
    if first.data_sha256 == second.data_sha256 and _split(first) == _split(second):
        return None
    return "They were tested on different rows, which may explain part of the difference between their figures."


def _split(card: Card) -> Any:
    """Return the split's config with the defaults that older cards leave out; as it is if it is no longer valid."""
    from pydantic import ValidationError

    from bakeoff.config.race import SplitConfig

    try:
        return SplitConfig.model_validate(card.config.get("split", {}))
    except ValidationError:
        return card.config.get("split")


def _names(cards: tuple[Card, Card]) -> list[str]:
    return [*dict.fromkeys(name for card in cards for name in card.leaderboard)]


def _metrics(cards: tuple[Card, Card]) -> list[str]:
    return [*dict.fromkeys(metric for card in cards for metric in card.winner.test)]


def _cv_mean(card: Card, name: str) -> float | None:
    return card.leaderboard[name].cv_mean if name in card.leaderboard else None


def _row(name: str, first: float | None, second: float | None) -> Row:
    return name.replace("_", " "), format_score(first), format_score(second)


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Row]:
    """Return a row for each name whose value differs or is in one mapping only."""
    names = dict.fromkeys([*first, *second])
    return [
        (name, _shorten(first, name), _shorten(second, name))
        for name in names
        if first.get(name, NONE) != second.get(name, NONE)
    ]


def _shorten(values: Mapping[str, Any], name: str) -> str:
    text = str(values.get(name, NONE))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
