"""The proxy of the documentation, before a real server: runs, pages and guesses by HTTPS."""

import re
import socket
import ssl
import subprocess

import httpx
import pytest
from browser import Browser
from prefect_stack import ROOT, SMALL, Stack, end, eventually

from flows.local.wrong_strings import LIMIT


@pytest.fixture(scope="module")
def proxied(tmp_path_factory, migrated):
    """A server, its proxy's address, and the certificate of whom clients are to trust."""
    folder = tmp_path_factory.mktemp("tls")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"localhost:{probe.getsockname()[1]}"
    origin = f"https://{host}"
    settings = {
        "PREFECT_SERVER_UI_API_URL": f"{origin}/api",
        "PREFECT_UI_URL": origin,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": origin,
        "FORWARDED_ALLOW_IPS": "127.0.0.1",
    }
    with Stack(folder / "server", pages=True, template=migrated, **settings) as stack:
        text = (ROOT / "docs" / "operate.md").read_text()
        site = re.search(r"```\n(bakeoff\.example\.org \{.*?\n\})\n```", text, re.DOTALL)[1]
        site = site.replace("bakeoff.example.org", host).replace("127.0.0.1:4200", f"127.0.0.1:{stack.port}")
        alone = "{\n admin off\n skip_install_trust\n auto_https disable_redirects\n}\n"
        (folder / "Caddyfile").write_text(f"{alone}{site}\n")
        environment = stack.environment | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        command = ["caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        proxy = subprocess.Popen(command, cwd=folder, env=environment, **quiet)
        root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        try:
            assert eventually(lambda: root.exists() and answers(origin, str(root)), pause=0.1)
            yield stack, origin, str(root)
        finally:
            end(proxy)


def trusting(root):
    return ssl.create_default_context(cafile=root)


def answers(origin, root):
    try:
        return httpx.get(f"{origin}/api/health", verify=trusting(root), timeout=5).is_success
    except httpx.HTTPError:
        return False


def train(stack, origin, folder, **settings):
    """A run elsewhere."""
    settings |= {"PREFECT_API_URL": f"{origin}/api", "PREFECT_API_AUTH_STRING": ":".join(stack.auth)}
    places = ["--store", str(folder / "models"), "--workspace", str(folder / "work")]
    return stack.run("flows.training", *SMALL, *places, **settings)


def test_a_run_elsewhere_reports_by_https(proxied, tmp_path):
    """It trusts whom Prefect's setting names."""
    stack, origin, root = proxied
    done = train(stack, origin, tmp_path, PREFECT_API_SSL_CERT_FILE=root)
    assert 0 == done.returncode, done.stderr
    assert "COMPLETED" in {run["state_type"] for run in stack.ask("flow_runs/filter")}


def test_a_certificate_that_is_not_trusted_is_one_line(proxied, tmp_path):
    """Before anything is sent."""
    stack, origin, _ = proxied
    refused = train(stack, origin, tmp_path)
    assert 1 == refused.returncode
    (line,) = refused.stderr.strip().splitlines()
    assert f"training: the certificate of {origin}/api is not trusted: " in line


def test_the_pages_show_runs(proxied, tmp_path):
    """To somebody who has given the auth string; the browser asks the proxy alone."""
    stack, origin, _ = proxied
    with Browser(tmp_path, "--ignore-certificate-errors") as browser:
        browser.sign_in(":".join(stack.auth))
        assert eventually(lambda: "train classifier" in browser.show(f"{origin}/v2/runs"), seconds=60)


def test_guesses_are_counted_by_the_clients_address(proxied):
    """Not by what a guesser says that it is; others are let in meanwhile."""
    stack, origin, root = proxied
    url = f"{origin}/api/flows/filter"
    with httpx.Client(transport=httpx.HTTPTransport(verify=trusting(root), local_address="127.0.0.2")) as guesser:
        for number in range(LIMIT):
            forged = {"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.0.0.{number}"}
            assert 401 == guesser.post(url, json={}, auth=("admin", f"guess {number}"), headers=forged).status_code
        assert 429 == guesser.post(url, json={}, auth=stack.auth, headers={"X-Forwarded-For": "10.0.0.99"}).status_code
    assert 200 == httpx.post(url, json={}, auth=stack.auth, verify=trusting(root)).status_code
