"""The auth string is its user's alone, and told only to the server that wrote it."""

import stat

import pytest

from bakeoff.errors import UserError
from flows.local.auth_string import auth_file, find_auth_string, hold_auth_string

PORT = 4200
API_URL = f"http://127.0.0.1:{PORT}/api"


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
