"""Addresses of object stores and folders."""

from pathlib import Path

import pytest

from bakeoff.errors import ConfigError
from bakeoff.runtime.objects.address import parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/models/", "s3://bucket/models"),
        ("s3://bucket", "s3://bucket"),
        ("gs://b/x y", "gs://b/x y"),
        ("file:///data/models", "file:///data/models"),
        ("/data/models", "file:///data/models"),
        ("copies/../models", f"file://{Path.cwd()}/models"),
    ],
)
def test_an_address_is_a_url_or_a_path(text, expected):
    """A slash at the end changes nothing."""
    assert expected == str(parse_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://host/models",
        "simplecache::s3://bucket/x",
        "s3://",
        "s3://bucket//x",
        "s3://bucket/../x",
        "s3://bucket/x*",
        "s3://bucket/x?versionId=1",
        "s3://bucket/x\ny",
        "user@host:/folder",
    ],
)
def test_other_addresses_are_refused(text):
    """In one line, before anything is read."""
    with pytest.raises(ConfigError) as error:
        parse_address(text)
    assert "\n" not in str(error.value)


def test_credentials_in_an_address_are_refused_and_not_repeated():
    """They would end up in journals and logs."""
    with pytest.raises(ConfigError, match="contains credentials") as error:
        parse_address("s3://key:secret@bucket/models")
    assert "secret" not in str(error.value)
