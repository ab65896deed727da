"""A wrong address, or a home that can't be written, is one line before a command does anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bakeoff.errors import UserError
from flows.local.preflight import check_api_url, check_home

ROOT = Path(__file__).parents[3]
PORT = 4200
API_URL = f"http://127.0.0.1:{PORT}/api"


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
