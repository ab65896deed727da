"""The page of a model."""

from datetime import UTC, datetime

from bakeoff.cli.ui.pages import find_page
from tests.bakeoff.cli.ui.conftest import write_run


def test_promotions_and_drift_are_listed_by_date(store, tmp_path):
    """The newest first, with links to versions and predictions."""
    first, second, _ = store.versions()
    store.promote(second, "better")
    write_run(tmp_path / "runs" / "20200101T100000Z", first, drift={"verdict": "watch"})
    write_run(tmp_path / "runs" / "29990101T100000Z", second, drift={"verdict": "drifted"})
    page = find_page(store.folder.parent, "/classifier/", [tmp_path / "runs"])
    events = page[page.index('id="promotions-and-drift"') : page.index('id="predictions"')]
    found = [events.index(text) for text in ("drift: drifted", "better", "first version of", "drift: watch")]
    assert sorted(found) == found
    assert f'<a href="/classifier/{second}/">' in events
    assert '<a href="/classifier/predictions/20200101T100000Z/">' in events


def test_the_chart_shows_versions_and_labelled_weeks(store):
    """Labels as `bakeoff labels` records them."""
    store.record_labels([(store.versions()[0], "0" * 64, "2026-W40", 200, 180)], "labels")
    page = find_page(store.folder.parent, "/classifier/")
    assert 3 == page.count("<circle")
    assert "1 labelled week: accuracy from 0.9000 to 0.9000." in page


def test_a_model_of_one_version_has_a_page_without_a_chart(version):
    page = find_page(version.parent.parent, "/classifier/")
    assert "Accuracy over time" not in page
    assert "<svg" not in page
    assert f"{datetime.now(UTC):%Y}" in page
