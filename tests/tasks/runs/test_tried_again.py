"""A deployment's run becomes Crashed by what may pass, so that it is tried again; nothing else does."""

import errno
from types import SimpleNamespace

import pytest

from bakeoff.errors import (
    AwayError,
    ClusterError,
    ConfigError,
    DataError,
    IntegrityError,
    ProcessEndedError,
    ReadError,
    StepLostError,
    StoreError,
    TrainingError,
    UserError,
    WriteError,
    may_pass,
)
from tasks.runs import tried_again
from tasks.runs.tried_again import PAUSE, crash_on_outage


def caused(error, cause):
    error.__cause__ = cause
    return error


FULL = OSError(errno.ENOSPC, "No space left on device")
OUTAGES = [
    FULL,
    ConnectionResetError(errno.ECONNRESET, "reset"),
    ReadError("the bucket could not be read"),
    WriteError("the store could not be changed"),
    AwayError("no scheduler answers"),
    ClusterError("the cluster has lost a chunk"),
    StepLostError.of("svm", "[Errno 28] No space left on device"),
    StepLostError("the server of its process ended"),
    ProcessEndedError("its process was killed"),
    caused(RuntimeError("wrapped"), FULL),
    caused(ReadError("s3://bucket/rows.csv: the credentials expired"), UserError("no permission")),
]
FAULTS = [
    ConfigError("no such field"),
    caused(ReadError("no permission to read 'card.json'"), PermissionError(errno.EACCES, "Permission denied")),
    caused(WriteError("s3://Bad_Bucket could not be written"), OSError(errno.EINVAL, "Invalid bucket name")),
    caused(DataError("the table is cut off"), OSError(errno.EIO, "Input/output error")),
    FileNotFoundError(errno.ENOENT, "No such file or directory"),
    PermissionError(errno.EACCES, "Permission denied"),
    IntegrityError("model.joblib differs"),
    StoreError("no such version"),
    TrainingError("all contestants failed"),
    ValueError("of a contestant"),
]


@pytest.mark.parametrize(("error", "expected"), [*((one, True) for one in OUTAGES), *((one, False) for one in FAULTS)])
def test_only_what_a_disk_server_or_cluster_recovers_from_may_pass(error, expected):
    assert expected is may_pass(error)


@pytest.fixture
def pauses(monkeypatch):
    """How long was waited; nobody asks a server."""
    found = []
    monkeypatch.setattr(tried_again.time, "sleep", found.append)
    monkeypatch.setattr(tried_again, "require_wanted", lambda what: None)
    return found


@pytest.fixture
def run_of(monkeypatch):
    """Run a flow whose work fails, as a deployment's run or not."""

    def run(error, deployment="some"):
        context = SimpleNamespace(flow_run=SimpleNamespace(deployment_id=deployment))
        monkeypatch.setattr(tried_again.FlowRunContext, "get", lambda: context)

        @crash_on_outage
        def work():
            raise error

        return work()

    return run


def test_a_deployments_run_has_crashed_after_a_minute(run_of, pauses, caplog):
    """With the error as its message; the log says at once what happens."""
    state = run_of(FULL)
    assert (True, "OSError: [Errno 28] No space left on device") == (state.is_crashed(), state.message)
    assert [PAUSE] == pauses
    assert ["OSError: [Errno 28] No space left on device; tried again in 60 s"] == caplog.messages


@pytest.mark.parametrize(("error", "deployment"), [(FULL, None), *((one, "some") for one in FAULTS)])
def test_others_fail_at_once(run_of, pauses, error, deployment):
    """Runs of a command, and what would fail again."""
    with pytest.raises(type(error)):
        run_of(error, deployment)
    assert [] == pauses
