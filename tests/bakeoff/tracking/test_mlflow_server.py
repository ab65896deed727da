"""What is sent to an MLflow server."""

from bakeoff.store.manifest import REPORT
from bakeoff.store.model_store import ModelStore
from bakeoff.tracking.mlflow_server import _Log


def test_the_report_is_made_of_what_is_sealed(version):
    """Not the store's file, which anyone who writes the store can replace, marked as a deep report."""
    forged = '<p id="would-more-rows-help"><script>alert(1)</script>'
    (version / "report.html").write_text(forged)
    store = ModelStore(version.parents[1], version.parent.name)
    log = _Log.__new__(_Log)  # without a server
    log.store, log.version, log.history = store, version.name, store.history()
    page = log._artifacts()[REPORT].decode()
    assert "<script" not in page
    assert version.name in page
