"""Who is let in to Prefect's server, who finds its auth string, and what is said where Prefect can't be reached."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from bakeoff.errors import UserError
from flows.local.auth_string import auth_file, find_auth_string, hold_auth_string
from flows.local.preflight import check_api_url, check_home
from flows.local.server import EmbeddedServer
from flows.local.trusted_hosts import Gate, hold_origins

ROOT = Path(__file__).parents[3]
PORT = 4200
API_URL = f"http://127.0.0.1:{PORT}/api"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    for name in ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_CORS_ALLOWED_ORIGINS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def answer(kind, headers, origins=None):
    """What a gate answers, if it doesn't hand the request on."""
    sent, reached = [], []

    async def app(scope, receive, send):
        reached.append(scope)

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers]}
    asyncio.run(Gate(app, origins or hold_origins(PORT))(scope, None, send))
    assert bool(reached) != bool(sent)
    return sent[0].get("status", sent[0].get("code")) if sent else None


@pytest.mark.parametrize(("kind", "refusal"), [("http", 403), ("websocket", 1008)])
@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ([("host", "127.0.0.1:4200")], True),
        ([("host", "localhost:4200")], True),
        ([("host", "LOCALHOST")], True),
        ([("host", "127.0.0.1:5200")], True),  # by a tunnel
        ([("host", "127.0.0.1:4200"), ("origin", "http://127.0.0.1:4200")], True),
        ([("host", "127.0.0.1:4200"), ("origin", "http://localhost:4200")], True),
        ([], False),
        ([("host", "")], False),
        ([("host", "evil.example:4200")], False),
        ([("host", "127.0.0.1.evil.example:4200")], False),
        ([("host", "evil.example:4200"), ("origin", "http://evil.example:4200")], False),
        ([("host", "127.0.0.1:4200"), ("host", "evil.example")], False),
        ([("host", "127.0.0.1:4200@evil.example")], False),
        ([("host", "127.0.0.1:4200"), ("origin", "http://evil.example")], False),
        ([("host", "127.0.0.1:4200"), ("origin", "http://127.0.0.1:8000")], False),
        ([("host", "127.0.0.1:4200"), ("origin", "https://127.0.0.1:4200")], False),
        ([("host", "127.0.0.1:4200"), ("origin", "null")], False),  # a page from a file, or in a sandbox
        ([("host", "127.0.0.1:4200"), ("origin", "http://127.0.0.1:4200"), ("origin", "http://evil.example")], False),
    ],
)
def test_foreign_names_and_pages_are_refused(home, kind, refusal, headers, let_in):
    """Over HTTP and by websocket alike."""
    assert (None if let_in else refusal) == answer(kind, headers)


def test_an_origin_that_is_configured_is_let_in_by_its_name(home, monkeypatch):
    """As docker-compose has it: under the name that the containers use, and this machine's for the health check."""
    monkeypatch.setenv("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "http://127.0.0.1:4300, http://server:4200/")
    assert answer("http", [("host", "server:4200")]) is None
    assert answer("http", [("host", "127.0.0.1:4200")]) is None
    assert answer("http", [("host", "127.0.0.1:4300"), ("origin", "http://127.0.0.1:4300")]) is None
    assert 403 == answer("http", [("host", "127.0.0.1:4300"), ("origin", "http://127.0.0.1:4200")])
    assert 403 == answer("http", [("host", "elsewhere:4200")])


def test_every_origin_means_the_servers_own(home, monkeypatch):
    """Prefect's default, `*`, opens nothing."""
    monkeypatch.setenv("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "*")
    assert 403 == answer("http", [("host", "127.0.0.1:4200"), ("origin", "http://evil.example")])
    assert 403 == answer("http", [("host", "evil.example"), ("origin", "*")])


def test_the_auth_string_is_its_users_alone_and_stays(home):
    """The same after a restart, another for another port."""
    with hold_auth_string(PORT) as auth, hold_auth_string(PORT + 1) as other:
        assert auth != other
        assert 0o600 == stat.S_IMODE(auth_file(PORT).stat().st_mode)
        assert home == auth_file(PORT).parent
    with hold_auth_string(PORT) as again:
        assert auth == again
    auth_file(PORT).write_text("")  # a crash left it so
    with hold_auth_string(PORT) as new:
        assert new not in {"", auth}


@pytest.mark.parametrize(
    ("api_url", "found"),
    [
        (API_URL, True),
        ("http://localhost:4200/api", True),
        ("http://127.0.0.1:4201/api", False),
        ("http://127.0.0.2:4200/api", False),
        ("http://[::1]:4200/api", False),
        ("http://127.0.0.1.evil.example:4200/api", False),
        ("http://127.0.0.1:4200@evil.example/api", False),
        ("https://127.0.0.1:4200/api", False),
        ("http://127.0.0.1/api", False),
    ],
)
def test_the_auth_string_is_for_the_server_that_wrote_it(home, api_url, found):
    """At this machine's address and its port."""
    with hold_auth_string(PORT) as auth:
        assert (auth if found else None) == find_auth_string(api_url)


def test_the_auth_string_is_told_only_while_its_server_runs(home):
    """Whoever listens at its port afterwards is somebody else."""
    with hold_auth_string(PORT):
        assert find_auth_string(API_URL)
    assert find_auth_string(API_URL) is None


def test_the_environments_auth_string_wins(home, monkeypatch):
    """Set and empty means unset."""
    with hold_auth_string(PORT) as auth:
        monkeypatch.setenv("PREFECT_API_AUTH_STRING", "admin:mine")
        assert find_auth_string(API_URL) is None
        monkeypatch.setenv("PREFECT_API_AUTH_STRING", "")
        assert auth == find_auth_string(API_URL)


@pytest.mark.parametrize("spoil", ["readable", "link", "folder"])
def test_an_auth_string_that_others_may_know_is_not_used(home, spoil):
    """Neither by the server nor by who reports to it; the line says what to do."""
    path = auth_file(PORT)
    if spoil == "folder":
        path.mkdir()
    else:
        path.write_text("admin:known\n")
        path.chmod(0o644 if spoil == "readable" else 0o600)
    if spoil == "link":
        path.symlink_to(path.rename(home / "elsewhere"))
    said = "bakeoff-auth-127.0.0.1:4200' can't be used: .*; remove the file, and the next start makes another"
    with pytest.raises(UserError, match=said), hold_auth_string(PORT):
        pass
    assert find_auth_string(API_URL) is None


def test_the_embedded_server_asks_for_a_string_of_that_runs_own(home):
    """Any page in a browser can look for its port; health stays open, websockets ask too."""
    server = EmbeddedServer()
    try:
        server.wait()
        url = f"{server.api_url}/flows/filter"
        assert 200 == httpx.get(f"{server.api_url}/health").status_code
        assert 401 == httpx.post(url, json={}).status_code
        assert 200 == httpx.post(url, json={}, auth=tuple(server.auth.split(":", 1))).status_code
        for foreign in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            assert 403 == httpx.get(f"{server.api_url}/health", headers=foreign).status_code
        socket = server.api_url.replace("http", "ws") + "/events/in"
        with pytest.raises(InvalidStatus, match="HTTP 403"):
            connect(socket, subprotocols=["prefect"], origin="http://evil.example")
        with connect(socket, subprotocols=["prefect"]) as opened:
            opened.send('{"type": "auth", "token": null}')
            with pytest.raises(ConnectionClosed, match="token"):
                opened.recv(timeout=30)
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("127.0.0.1:4200", "http://127.0.0.1:4200/api"),
        ("localhost:4200/api", "http://localhost:4200/api"),
        ("http://127.0.0.1:4200", "http://127.0.0.1:4200/api"),
        ("http://127.0.0.1:4200/", "http://127.0.0.1:4200/api"),
        ("http://127.0.0.1:4200/v2/dashboard", "http://127.0.0.1:4200/api"),
        ("http:/127.0.0.1:4200/api", "http://127.0.0.1:4200/api"),
        (" http://127.0.0.1:4200/api", "http://127.0.0.1:4200/api"),
        ('"http://127.0.0.1:4200/api"', "http://127.0.0.1:4200/api"),
        ("https://prefect.example", "https://prefect.example/api"),
        ("http://127.0.0.1:99999/api", None),
        ("http://:4200/api", None),
        ("ftp://127.0.0.1/api", None),
        ("http://[::1", None),
    ],
)
def test_an_address_that_is_none_is_refused_with_the_one_that_was_meant(url, meant):
    with pytest.raises(UserError) as refused:
        check_api_url(url)
    hint = f"; did you mean {meant}?" if meant else ""
    assert f"PREFECT_API_URL is {url!r}: it must be like http://127.0.0.1:4200/api{hint}" == str(refused.value)


@pytest.mark.parametrize(
    "url", [API_URL, f"{API_URL}/", "https://prefect.example/here/api", "https://api.prefect.cloud/api/accounts/1/w/2"]
)
def test_an_address_of_an_api_is_taken(url):
    assert url == check_api_url(url)


COMMANDS = {
    "training": "flows.training",
    "prediction": "flows.prediction",
    "deploy": "deployments.register",
    "worker": "deployments.worker",
    "server": "deployments.server",
}


def end_of(command, **settings):
    """Its status and what it printed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-m", COMMANDS[command]],
        check=False, capture_output=True, text=True, timeout=120, cwd=ROOT, env=kept | settings,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"server"}))
def test_a_wrong_address_ends_a_command_with_2_and_one_line(tmp_path, command):
    """Before anything is asked or started."""
    said = "PREFECT_API_URL is '127.0.0.1:4200': it must be like http://127.0.0.1:4200/api; did you mean"
    status, out, err = end_of(command, PREFECT_HOME=str(tmp_path), PREFECT_API_URL="127.0.0.1:4200")
    assert (2, "", f"{command}: {said} http://127.0.0.1:4200/api?\n") == (status, out, err)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_home_that_cant_be_written_ends_a_command_with_2_and_one_line(tmp_path, command):
    """Where Prefect's import would end in a traceback."""
    (tmp_path / "file").touch()
    status, out, err = end_of(command, PREFECT_HOME=str(tmp_path / "file"), PREFECT_API_URL=API_URL)
    assert (2, "", 1) == (status, out, err.count("\n")), err
    assert err.startswith(f"{command}: PREFECT_HOME '{tmp_path}/file' can't be a folder: ")


def test_a_home_on_which_nothing_can_be_made_is_named(monkeypatch):
    """Of /proc even root is told so."""
    monkeypatch.setenv("PREFECT_HOME", "/proc/nowhere")
    with pytest.raises(UserError, match="PREFECT_HOME '/proc/nowhere' can't be written: "):
        check_home()


@pytest.mark.parametrize("port", ["99999", "-1", "x"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    """The system would take another."""
    done = subprocess.run(
        [sys.executable, "-m", "deployments.server", f"--port={port}"],
        check=False, capture_output=True, text=True, timeout=60, cwd=ROOT,
        env=os.environ | {"PREFECT_HOME": str(tmp_path)},
    )  # fmt: skip
    assert (2, 1) == (done.returncode, done.stderr.count("\n")), done.stderr
    assert f"'{port}' is no port: 0 to 65535" in done.stderr
