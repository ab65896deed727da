"""Errors of object stores become one line, of the kind that says whether to mend something or to try again."""

import errno

import pytest
from botocore.exceptions import CredentialRetrievalError, NoCredentialsError, ParamValidationError, ProfileNotFound

from bakeoff.errors import ReadError, UserError, WriteError, may_pass
from bakeoff.runtime.objects.address import parse_address
from bakeoff.runtime.objects.place import describe_failure, file_system, naming, open_place

S3 = parse_address("s3://bucket/models")
MISTAKES = [
    FileNotFoundError(errno.ENOENT, "The specified bucket does not exist"),
    PermissionError("Access Denied"),
    OSError("Forbidden: https://storage.example.org/b/bucket/o"),  # as gcsfs has it
    NoCredentialsError(),
    ParamValidationError(report="Invalid bucket name"),
    ProfileNotFound(profile="prod"),
]


@pytest.mark.parametrize("error", MISTAKES, ids=lambda error: type(error).__name__)
def test_what_the_user_has_to_mend_is_a_mistake(error):
    with pytest.raises(UserError, match="^s3://bucket/models") as refused, naming(S3):
        raise error
    assert not may_pass(refused.value)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (CredentialRetrievalError(provider="iam-role", error_msg="timed out"), True),
        (OSError(errno.EBUSY, "SlowDown"), True),
        (OSError(errno.EINVAL, "InvalidBucketName"), False),
    ],
)
def test_what_may_pass_is_told_from_what_does_not(error, passes):
    for writes, kind in ((False, ReadError), (True, WriteError)):
        with pytest.raises(kind, match="^s3://bucket/models could not be") as failed, naming(S3, writes=writes):
            raise error
        assert passes is may_pass(failed.value)


@pytest.mark.parametrize("endpoint", ["localhost:8333", "http://user:hush@ho st:1"])
def test_an_endpoint_that_is_none_is_one_line_without_its_password(monkeypatch, endpoint):
    """botocore raises a ValueError."""
    for name, value in (("ENDPOINT_URL", endpoint), ("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(f"AWS_{name}", value)
    wanted = pytest.raises(UserError, match="Invalid endpoint: .*; check what is set in the environment")
    with wanted as refused, naming(S3):
        open_place(S3).names()
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Invalid endpoint: anna:hu/sh@host:1", "Invalid endpoint: …@host:1"),
        (
            "no answer from https://x.blob.example.org/c/o?sv=1&sig=hush now",
            "no answer from https://x.blob.example.org/c/o?… now",
        ),
    ],
)
def test_what_a_client_says_is_shown_without_secrets(said, shown):
    assert shown == describe_failure(OSError(said))


def test_a_value_error_of_our_own_is_a_bug_and_stays_one():
    with pytest.raises(ValueError, match="ours"), naming(S3):
        raise ValueError("ours")


def test_a_process_has_one_client_for_each_environment(monkeypatch, tmp_path):
    """Each has connections of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "one")
    first = file_system(S3)
    assert first is file_system(parse_address("s3://other/models"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "two")
    second = file_system(S3)
    assert first is not second
    (tmp_path / "credentials").write_text("[default]")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    third = file_system(S3)
    (tmp_path / "credentials").write_text("[default]\n# others by now")
    assert third is not file_system(S3)
