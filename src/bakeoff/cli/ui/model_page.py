"""The page of a model: its versions, their accuracy over time, and what happened to them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from shlex import quote as shell_quote
from urllib.parse import quote

from bakeoff.classifiers import title
from bakeoff.cli.ui.accuracy_chart import VersionAccuracy, WeekAccuracy, draw_accuracy
from bakeoff.cli.ui.prediction_runs import PredictionRun
from bakeoff.errors import IntegrityError, ReadError, StoreError
from bakeoff.formatting import NONE, printable
from bakeoff.report.accuracy_in_use import describe_in_use, weekly_figures
from bakeoff.report.card_tables import format_accuracy, format_score, shown_balanced
from bakeoff.report.card_text import warn_of_baseline
from bakeoff.report.html import Link, render_page
from bakeoff.report.svg import Picture
from bakeoff.store.card import Card
from bakeoff.store.history import History
from bakeoff.store.model_store import ModelStore

Row = tuple[str, ...]

PREDICTIONS = "predictions"  # in addresses, where a version's id can't be
SHOWN = "%Y-%m-%d %H:%M UTC"
HEADER = ("Version", "Created (UTC)", "Winner", "CV mean", "Test accuracy", "Role")
EVENTS = {"promote": "promoted", "rollback": "rolled back to"}


def render_model(store: ModelStore, runs: Sequence[PredictionRun]) -> str:
    """Render the page.

    Args:
        store: the model's store.
        runs: its prediction runs, the newest first.

    Raises:
        IntegrityError: the journal has a finding.
        ReadError: the system refused to read a file.
    """
    history = store.history()
    cards, damaged = _read_cards(store, history)
    return render_page(
        "versions.html",
        title=f"{store.name} · Bakeoff",
        name=store.name,
        header=HEADER,
        rows=[_version_row(store.name, version, history, cards, damaged) for version in reversed(history.versions)],
        picture=_draw(history, cards, runs),
        comparisons=[
            Link(version, f"/{quote(store.name)}/{history.champion}/{version}/")
            for version in reversed(history.versions)
            if history.champion and version != history.champion
        ],
        champion=history.champion,
        former=history.champion_before,
        rollback=f"bakeoff models rollback --store {shell_quote(str(store.root))} --name {store.name}",
        hold=history.hold and str(history.hold),
        periods=[
            (
                link_version(store.name, period.version, history.versions),
                f"{period.since:{SHOWN}}",
                f"{period.until:{SHOWN}}" if period.until else "now",
                period.why,
            )
            for period in reversed(history.champion_periods)
        ],
        events=_list_events(store.name, history, runs),
        predictions=prediction_table(store.name, runs, history.versions),
    )


def link_version(name: str, version: str, versions: Collection[str]) -> str:
    """Return a version's id, as a link to its report if it still exists."""
    return Link(version, f"/{quote(name)}/{version}/") if version in versions else version


def prediction_table(
    name: str, runs: Iterable[PredictionRun], versions: Collection[str]
) -> tuple[Row, list[tuple[str, ...]]]:
    """The table of prediction runs, each with a link to its report.

    Args:
        name: the model's name.
        runs: the runs.
        versions: the versions that exist.
    """
    rows: list[tuple[str, ...]] = [
        (
            _link_run(name, run),
            f"{run.at:{SHOWN}}",
            f"{run.summary.rows:,}",
            f"{run.summary.rejected:,}",
            format_score(run.summary.evaluation.accuracy) if run.summary.evaluation else NONE,
            run.summary.drift.verdict if run.summary.drift else NONE,
            link_version(name, run.summary.version, versions),
        )
        for run in runs
    ]
    return ("Predictions", "Time", "Rows", "Rejected", "Accuracy", "Drift", "Version"), rows


def _link_run(name: str, run: PredictionRun) -> Link:
    return Link(printable(run.key), f"/{quote(name)}/{PREDICTIONS}/{quote(run.key, safe='', errors='replace')}/")


def _read_cards(store: ModelStore, history: History) -> tuple[dict[str, Card], dict[str, str]]:
    """Return the cards by version, and of the others why they can't be read."""
    cards, damaged = {}, {}
    for version in history.versions:
        try:
            cards[version] = store.card(version, history)
        except (IntegrityError, ReadError, StoreError) as error:
            damaged[version] = str(error)
    return cards, damaged


def _version_row(
    name: str, version: str, history: History, cards: dict[str, Card], damaged: dict[str, str]
) -> tuple[str, ...]:
    link = link_version(name, version, history.versions)
    if version in damaged:
        return (link, "", "", "", "", damaged[version])
    card = cards[version]
    scores = format_score(card.winner.cv_mean), format_accuracy(card.winner.test["accuracy"], shown_balanced(card))
    in_use = describe_in_use(history, version)
    champion = ["champion"] if version == history.champion else []
    remarks = ": ".join([*champion, *([in_use] if in_use else []), *warn_of_baseline(card)])
    return (link, card.created[:16].replace("T", " "), title(card.classifier), *scores, remarks)


def _draw(history: History, cards: dict[str, Card], runs: Sequence[PredictionRun]) -> Picture | None:
    champions = {period.version for period in history.champion_periods}
    versions = [
        VersionAccuracy(
            datetime.fromisoformat(card.created),
            card.winner.test["accuracy"],
            card.winner.interval(),
            version in champions,
        )
        for version, card in cards.items()
    ]
    weeks = [
        WeekAccuracy(
            datetime.strptime(f"{week['week']}-4", "%G-W%V-%u").replace(tzinfo=UTC),
            week["accuracy"],
            (week["low"], week["high"]),
        )
        for version in history.labels
        for week in weekly_figures(history, version)
    ]
    changes = [period.since for period in history.champion_periods[1:]]
    verdicts = [(run.at, run.summary.drift.verdict) for run in runs if run.summary.drift]
    return draw_accuracy(versions, weeks, changes, verdicts)


def _list_events(name: str, history: History, runs: Sequence[PredictionRun]) -> list[tuple[str, ...]]:
    """Promotions, rollbacks and drift verdicts, the newest first: time, event, version, and why."""
    events = [
        (
            period.since,
            EVENTS.get(period.event, period.event),
            link_version(name, period.version, history.versions),
            period.why,
        )
        for period in history.champion_periods
    ]
    events += [
        (
            run.at,
            f"drift: {run.summary.drift.verdict}",
            link_version(name, run.summary.version, history.versions),
            _link_run(name, run),
        )
        for run in runs
        if run.summary.drift
    ]
    events.sort(key=lambda event: event[0])  # stable: of one second's events the audit log's later one is the newer
    return [(f"{at:{SHOWN}}", *cells) for at, *cells in reversed(events)]
