"""Prefect's pages lead to `bakeoff ui`."""

from pathlib import Path

import pytest

from tasks.runs.ui_link import ADDRESS, link_page


def test_the_command_is_named(monkeypatch):
    """Quoted for a shell, and escaped for markdown."""
    monkeypatch.delenv(ADDRESS, raising=False)
    assert r"Look at it: bakeoff ui --store 'my \*models\*'" == link_page(Path("my *models*"), "churn", "v")
    shown = link_page(Path("models"), "churn", "predictions", "x", predictions=Path("out"))
    assert "Look at it: bakeoff ui --store models --predictions out" == shown


def test_a_configured_address_becomes_a_link(monkeypatch):
    """To the very page, whatever the folder's name."""
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:4201/")
    link = link_page(Path("models"), "churn", "predictions", "a) [b]/<c>\udce9")
    assert link.endswith(", [at its page](<http://127.0.0.1:4201/churn/predictions/a%29%20%5Bb%5D%2F%3Cc%3E%3F/>)")


@pytest.mark.parametrize(
    "address", ["", "javascript:alert(1)", "http://", "http://a>b", "http://a b", "http://[", "ui"]
)
def test_what_is_no_address_becomes_no_link(monkeypatch, address):
    """The command remains."""
    monkeypatch.setenv(ADDRESS, address)
    assert "Look at it: bakeoff ui --store models" == link_page(Path("models"), "churn", "v")
