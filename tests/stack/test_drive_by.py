"""What a page of another site can do to the server that `make server` starts, in a real browser: nothing."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browser import Browser
from prefect_stack import Stack, eventually

# Each attempt ends with a word or an error; what came of it is told to the page's own server.
PAGE = """<!doctype html><title>harmless</title><script>
const api = "API", body = JSON.stringify(BODY), run = api + "/deployments/ID/create_flow_run";
const json = {"content-type": "application/json"};
const socket = path => new Promise((done, failed) => {
  const opened = new WebSocket(api.replace("http", "ws") + path, ["prefect"]);
  opened.onopen = () => done("opened"); opened.onerror = () => failed("refused");
});
const attempts = {
  reads: () => fetch(api + "/deployments/filter", {method: "POST", headers: json, body: "{}"}).then(it => it.text()),
  creates: () => fetch(run, {method: "POST", headers: json, body}).then(it => it.text()),
  blindly: () => fetch(run, {method: "POST", mode: "no-cors", body: new Blob([body])}).then(() => "sent"),
  events: () => socket("/events/in"),
  logs: () => socket("/logs/out"),
};
(async () => {
  const said = {};
  for (const [name, attempt] of Object.entries(attempts)) said[name] = await attempt().catch(error => "" + error);
  await fetch("/said", {method: "POST", body: JSON.stringify(said)});
})();
</script>"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory, migrated):
    """As `make server`, `make deploy` and `make worker` have it."""
    with Stack(tmp_path_factory.mktemp("stack"), pages=True, template=migrated) as stack:
        stack.register()
        stack.start_worker()
        yield stack


@pytest.fixture
def site(stack, tmp_path):
    """Another site, whose page asks for a run with a command of its own; its address, and what its page told it."""
    told = []
    body = {"job_variables": {"command": f"touch {tmp_path / 'made'}"}}
    page = PAGE.replace("API", stack.url).replace("BODY", json.dumps(body))
    page = page.replace("ID", stack.deployment("batch")["id"]).encode()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(page)

        def do_POST(self):
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(b"")

        def answer(self, content):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, told
    server.shutdown()
    thread.join()
    server.server_close()


# Another port of this machine, and another name: a browser takes neither for the server's own.
@pytest.mark.parametrize("name", ["127.0.0.1", "evil.example"])
def test_a_page_of_another_site_starts_no_run(stack, site, tmp_path, name):
    """It can neither read nor write, not even blindly, and opens no websocket; the same with the auth string works."""
    port, told = site
    with Browser(tmp_path / "profile", "--host-resolver-rules=MAP *.example 127.0.0.1") as browser:
        browser.show(f"http://{name}:{port}/")
        assert eventually(lambda: told)
    failed = "TypeError: Failed to fetch"
    expected = {"reads": failed, "creates": failed, "blindly": "sent", "events": "refused", "logs": "refused"}
    assert [expected] == told
    batch = stack.deployment("batch")
    assert [] == stack.runs(batch)
    assert not (tmp_path / "made").exists()
    # Who has the auth string has a shell where the worker runs: what the page asked for was no empty threat.
    body = {"job_variables": {"command": f"touch {tmp_path / 'made'}"}}
    run = stack.ask(f"deployments/{batch['id']}/create_flow_run", **body)
    assert eventually((tmp_path / "made").exists)
    stack.drop(f"flow_runs/{run['id']}")


def test_a_name_that_leads_here_does_not_make_a_page_the_servers_own(stack, tmp_path):
    """DNS rebinding: the browser asks under the other site's name."""
    with Browser(tmp_path / "profile", "--host-resolver-rules=MAP *.example 127.0.0.1") as browser:
        page = browser.show(f"http://evil.example:{stack.port}/ui-settings")
    assert "This server answers to its own names and its own pages alone." in page


def test_the_pages_ask_for_the_auth_string(stack, tmp_path):
    """Under both names of this machine; with it they show what is there."""
    profile = tmp_path / "profile"
    for name in ("127.0.0.1", "localhost"):
        page = f"http://{name}:{stack.port}/v2/deployments"
        with Browser(profile) as browser:
            assert ["nightly"] == browser.sees(page, "nightly", seconds=10)
            assert eventually(lambda: browser.run("document.querySelector('input[type=password]') !== null"))
            browser.sign_in(":".join(stack.auth))
            assert [] == browser.sees(page, "nightly")
