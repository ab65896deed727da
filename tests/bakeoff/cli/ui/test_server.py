"""`bakeoff ui`: the reports in the browser, on this machine only."""

import functools
import os
import re
import threading
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer

import pytest

from bakeoff.cli.ui.server import Handler
from tests.bakeoff.cli.ui.conftest import write_run


@pytest.fixture
def places(tmp_path):
    """The folder of predictions that the server knows; empty."""
    (tmp_path / "predictions").mkdir()
    return [tmp_path / "predictions"]


@pytest.fixture
def ask(store, places):
    """Asks a real server for a page; returns status, headers and text."""
    report = store.path(store.versions()[0]) / "report.html"
    report.write_text("the first report")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, store.folder.parent, places))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def get(path, method="GET", **headers):
        address = f"http://127.0.0.1:{server.server_port}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, method=method, headers=headers)) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    yield get
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_pages_lead_from_the_models_to_a_report(ask, store):
    """Versions with the champion marked, and who was champion when."""
    assert '<a href="/classifier/">classifier</a>' in ask("/")[2]
    versions = ask("/classifier/")[2]
    for version in store.versions():
        assert f'<a href="/classifier/{version}/">{version}</a>' in versions
    assert 1 == versions.count('class="winner"')
    assert "the first version of this name" in versions
    assert "is held" not in versions
    store.promote(store.versions()[1], "x")
    store.rollback("x")
    assert f"P{str(store.history().hold)[1:]}." in ask("/classifier/")[2]
    status, _, report = ask(f"/classifier/{store.versions()[0]}/")
    assert (200, True) == (status, report.endswith("the first report"))


def test_two_versions_are_compared_by_a_click(ask, store):
    """From the model's page to what `bakeoff compare` shows, and to both reports."""
    first, second, _ = store.versions()
    assert f'<a href="/classifier/{first}/{second}/">{second}</a>' in ask("/classifier/")[2]
    status, _, text = ask(f"/classifier/{first}/{second}/")
    assert 200 == status
    assert "95 % interval of the accuracy" in text
    for version in (first, second):
        assert f'<a href="/classifier/{version}/">{version}</a>' in text


def test_a_version_leads_to_its_predictions_and_back(ask, store, places):
    """From its report to the list of its runs, to a run's report, and from there to the version's."""
    first, second, _ = store.versions()
    (store.path(first) / "report.html").write_text("<body><main>the first report</main></body>")
    write_run(places[0] / "20261201T100000Z", first)
    write_run(places[0] / "other", second)
    report, runs = ask(f"/classifier/{first}/")[2], f"/classifier/{first}/predictions/"
    assert report.startswith("<body><nav ")
    assert report.endswith("<main>the first report</main></body>")
    assert f'<a href="{runs}">1 prediction run</a>' in report
    link = "/classifier/predictions/20261201T100000Z/"
    assert f'<a href="{link}">20261201T100000Z</a>' in ask(runs)[2]
    assert "other" not in ask(runs)[2]
    status, headers, text = ask(link)
    assert (200, True) == (status, "a report of predictions" in text)
    assert headers["Content-Security-Policy"].endswith("; sandbox")
    assert f'<a href="/classifier/{first}/">version {first}</a>' in text


def test_predictions_of_a_pruned_version_are_shown_without_a_link_to_it(ask, store, places):
    write_run(places[0] / "old", "20200101T000000Z-00000")
    assert "20200101T000000Z-00000/" not in ask("/classifier/")[2]
    assert "version" not in ask("/classifier/predictions/old/")[2]
    assert 404 == ask("/classifier/20200101T000000Z-00000/predictions/")[0]


def test_a_run_that_is_a_link_a_pipe_or_no_report_is_not_shown(ask, store, places, tmp_path):
    """Neither the folder, nor its report: each could lead anywhere."""
    version, outside = store.versions()[0], tmp_path / "outside"
    write_run(outside, version)
    (outside / "report.html").write_text("secret")
    (places[0] / "linked").symlink_to(outside)
    for name in ("report", "pipe", "bytes", "none"):
        write_run(places[0] / name, version)
        (places[0] / name / "report.html").unlink()
    (places[0] / "report" / "report.html").symlink_to(outside / "report.html")
    os.mkfifo(places[0] / "pipe" / "report.html")
    (places[0] / "bytes" / "report.html").write_bytes(b"\xff")
    for name in ("linked", "report", "pipe", "bytes", "none"):
        status, _, text = ask(f"/classifier/predictions/{name}/")
        assert (404, False) == (status, "secret" in text)
    assert 200 == ask("/classifier/")[0]


def test_hostile_texts_of_a_run_are_escaped(ask, store, places):
    """The folder's name, in text and address; a link to it leads to it."""
    name = "<script>alert(1)<%2f..?x#y\"'"
    write_run(places[0] / name.replace("/", ""), store.versions()[0])
    text = ask("/classifier/")[2]
    assert "<script" not in text
    (link,) = {*re.findall(r'href="(/classifier/predictions/[^"]*)"', text)}
    status, _, report = ask(link)
    assert (200, True) == (status, "a report of predictions" in report)


def test_a_rollback_is_a_command_to_copy(ask, store):
    """Once there is a champion to go back to; the page itself changes nothing."""
    assert "bakeoff models rollback" not in ask("/classifier/")[2]
    store.promote(store.versions()[1], "x")
    command = f"bakeoff models rollback --store {store.folder.parent} --name classifier"
    assert f'<pre tabindex="0">{command}</pre>' in ask("/classifier/")[2]


@pytest.mark.parametrize(
    ("path", "method", "host", "status"),
    [
        ("/nobody/", "GET", None, 404),
        ("/classifier/20260101T000000Z-00000/", "GET", None, 404),
        ("/classifier/20260101T000000Z-00000/20260101T000000Z-00000/", "GET", None, 404),
        ("/classifier/../../etc/passwd", "GET", None, 404),
        ("/..%2f..%2fetc/passwd", "GET", None, 404),
        ("/classifier/journal.jsonl", "GET", None, 404),
        ("/classifier/predictions/", "GET", None, 404),
        ("/classifier/predictions/..", "GET", None, 404),
        ("/classifier/predictions/..%2fpredictions", "GET", None, 404),
        ("/classifier/predictions/%2e%2e%2f%2e%2e%2fetc/passwd", "GET", None, 404),
        ("/classifier/predictions/a/summary.json", "GET", None, 404),
        ("/classifier/predictions/%00", "GET", None, 404),
        ("/classifier/predictions/predictions/", "GET", None, 404),
        ("/nobody/predictions/a/", "GET", None, 404),
        ("/", "GET", "elsewhere.example", 403),
        ("/classifier/", "GET", "elsewhere.example", 403),
        ("/classifier/predictions/a/", "GET", "127.0.0.1.elsewhere.example", 403),
        ("/classifier/predictions/a/", "GET", None, 200),
        ("/classifier/predictions/a/", "PUT", None, 501),
        ("/", "POST", None, 501),
        ("/", "DELETE", None, 501),
    ],
)
def test_nothing_else_is_shown_or_changed(ask, store, places, path, method, host, status):
    write_run(places[0] / "a", store.versions()[0])
    assert status == ask(path, method, **({"Host": host} if host else {}))[0]


def test_what_stands_in_a_report_is_not_run(ask, store):
    """Nothing seals a report."""
    policy = ask(f"/classifier/{store.versions()[0]}/")[1]["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert policy.endswith("; sandbox")


def test_a_report_that_is_a_link_or_a_pipe_is_not_shown(ask, store, tmp_path):
    """It could lead anywhere; the page says how to have one again."""
    first, second, _ = store.versions()
    for version in (first, second):
        (store.path(version) / "report.html").unlink()
    (tmp_path / "secret").write_text("secret")
    (store.path(first) / "report.html").symlink_to(tmp_path / "secret")
    os.mkfifo(store.path(second) / "report.html")
    for version in (first, second):
        status, _, text = ask(f"/classifier/{version}/")
        assert (404, False) == (status, "secret" in text)
        assert f"bakeoff report {version} --store {store.folder.parent} --name classifier writes it" in text


def test_a_damaged_version_is_said_to_be(ask, store):
    """The others are shown."""
    (store.path(store.versions()[1]) / "card.json").write_text("{}")
    status, _, text = ask("/classifier/")
    assert 200 == status
    assert "card.json differs from the journal" in text
    assert f'href="/classifier/{store.versions()[2]}/"' in text


def test_a_port_that_is_taken_is_a_line(run, store):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as taken:
        status, _, err = run("ui", "--store", store.folder.parent, "--port", taken.server_port)
    assert 2 == status
    assert f"port {taken.server_port} can't be used" in err
