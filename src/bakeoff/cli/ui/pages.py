"""The page at an address of `bakeoff ui`."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote as shell_quote
from urllib.parse import quote

from bakeoff.cli.compare import compare_cards, warn_of_differences
from bakeoff.cli.ui.model_page import PREDICTIONS, link_version, prediction_table, render_model
from bakeoff.cli.ui.prediction_runs import PredictionRun, find_runs
from bakeoff.errors import BakeoffError, IntegrityError, ReadError
from bakeoff.formatting import format_count
from bakeoff.report.html import Link, render_page
from bakeoff.runtime.files import raise_refusal, read_file
from bakeoff.runtime.objects.address import Address
from bakeoff.store.manifest import REPORT
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import LARGEST_REPORT, names_in


class NotFoundError(BakeoffError):
    """The page does not exist."""


def find_page(root: Path | Address, path: str, places: Sequence[Path] = ()) -> str:
    """Return the page at a path.

    - `/` lists the models
    - `/NAME/` is a model's page
    - `/NAME/VERSION/` is a report
    - `/NAME/VERSION/VERSION/` compares two versions
    - `/NAME/VERSION/predictions/` lists a version's predictions
    - `/NAME/predictions/RUN/` is the report of predictions

    Args:
        root: the store's folder or address.
        path: the path, decoded.
        places: folders of predictions, or folders that hold such folders.

    Raises:
        NotFoundError: there is no such page, or no report that can be read.
        IntegrityError: the model's journal has a finding.
        ReadError: the system refused to read a file.
    """
    parts = [part for part in path.split("/") if part]
    models = names_in(root)
    if not parts:
        return _index(root, models)
    name = parts[0]
    if name not in models:
        raise NotFoundError(f"There is no model {name!r} here.")
    store = ModelStore(root, name)
    versions = {*store.history().versions}
    runs = find_runs(places, name)
    match parts[1:]:
        case []:
            return render_model(store, runs)
        case ["predictions", key]:
            return _prediction_report(name, key, runs, versions)
        case [version] if version in versions:
            return _version_report(store, version, runs)
        case [version, "predictions"] if version in versions:
            return _predictions_of(name, version, runs, versions)
        case [first, second] if {first, second} <= versions:
            return _comparison(store, first, second)
    raise NotFoundError(f"{name!r} has no such version: it was pruned or never existed.")


def _index(root: Path | Address, models: Sequence[str]) -> str:
    rows = []
    for name in models:
        link = Link(name, f"/{quote(name)}/")
        try:
            history = ModelStore(root, name).history()
            rows.append((link, f"{len(history.versions):,}", history.champion or ""))
        except (IntegrityError, ReadError) as error:
            rows.append((link, "", str(error)))
    return render_page("models.html", title="Bakeoff", rows=rows)


def _version_report(store: ModelStore, version: str, runs: Sequence[PredictionRun]) -> str:
    command = f"bakeoff report {version} --store {shell_quote(str(store.root))} --name {store.name}"
    missing = f"Version {version} has no report that can be read; {command} writes it."
    count = sum(run.summary.version == version for run in runs)
    links = [Link(store.name, f"/{quote(store.name)}/")]
    if count:
        links.append(Link(format_count(count, "prediction run"), f"/{quote(store.name)}/{version}/{PREDICTIONS}/"))
    return _frame_report(store.read_report(version), missing, links)


def _prediction_report(name: str, key: str, runs: Sequence[PredictionRun], versions: set[str]) -> str:
    run = next((run for run in runs if run.key == key), None)
    if run is None:
        raise NotFoundError(f"There are no such predictions of {name!r} in the folders given by --predictions.")
    version = run.summary.version
    links = [Link(name, f"/{quote(name)}/")]
    if version in versions:
        links += [
            Link(f"version {version}", f"/{quote(name)}/{version}/"),
            Link("its predictions", f"/{quote(name)}/{version}/{PREDICTIONS}/"),
        ]
    missing = f"The predictions in {str(run.folder)!r} have no report that can be read."
    return _frame_report(_read_report(run.folder), missing, links)


def _read_report(folder: Path) -> bytes | None:
    """Read the report in a folder of predictions; None if there is none, or it is a link, which could lead anywhere.

    Raises:
        ReadError: the system refused to read it.
    """
    try:
        return read_file(folder / REPORT, LARGEST_REPORT, follow=False)
    except OSError as error:
        raise_refusal(error, folder / REPORT)
        return None


def _frame_report(content: bytes | None, missing: str, links: Sequence[Link]) -> str:
    """Return a report with links above it.

    Raises:
        NotFoundError: there is none that can be read; the message is `missing`.
    """
    try:
        report = (content or b"").decode()
    except UnicodeError:
        report = ""
    if not report:
        raise NotFoundError(missing)
    before, body, after = report.rpartition("<body>") if report.count("<body>") == 1 else ("", "", report)
    return before + body + render_page("above.html", links=links) + after


def _predictions_of(name: str, version: str, runs: Sequence[PredictionRun], versions: set[str]) -> str:
    header, rows = prediction_table(name, [run for run in runs if run.summary.version == version], versions)
    return render_page(
        "predictions.html",
        title=f"Predictions of {name} {version} · Bakeoff",
        name=name,
        links=[Link(name, f"/{quote(name)}/"), link_version(name, version, versions)],
        header=header,
        rows=rows,
    )


def _comparison(store: ModelStore, first: str, second: str) -> str:
    history = store.history()
    cards = [store.card(version, history) for version in (first, second)]
    return render_page(
        "comparison.html",
        title=f"{first} and {second} · Bakeoff",
        links=[Link(store.name, f"/{quote(store.name)}/")],
        versions=[link_version(store.name, version, (first, second)) for version in (first, second)],
        warning=warn_of_differences(*cards),
        tables=compare_cards(*cards),
    )
