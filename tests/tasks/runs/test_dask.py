"""A Dask cluster in the config, and files that travel with what refers to them."""

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import dask
import pytest
from distributed import LocalCluster
from pydantic import ValidationError

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.config import dask as dask_config
from bakeoff.config.dask import require_scheduler
from bakeoff.errors import ConfigError, OutOfTimeError, StepLostError
from bakeoff.runtime.cores import Expectation
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.threads import cpu_count
from bakeoff.runtime.transfer import (
    pack,
    read_folder,
    unpack,
    write_folder,
)
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.preflight import check_places
from bakeoff.training.results import FoldScore, ModelRef
from tasks.runs.dask import leave_thread, race_runner


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nobody waits for a scheduler that is started again."""
    monkeypatch.setattr(dask_config, "RESTART_SECONDS", 0)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"runner": "dask"}, "runner: dask needs dask.address, as tcp://scheduler:8786"),
        ({"dask": {"address": "tcp://here:8786"}}, "dask.address belongs to runner: dask, but runner is threads"),
        ({"runner": "dask", "dask": {"address": "here:8786"}}, "String should match pattern"),
        ({"runner": "spark"}, "Input should be 'threads' or 'dask'"),
    ],
)
@pytest.mark.parametrize("model", [TrainingConfig, PredictionConfig])
def test_a_cluster_without_its_address_is_refused(model, config, sentence):
    with pytest.raises(ValidationError, match=sentence):
        model.model_validate(config)


def test_a_scheduler_that_does_not_answer_is_named(tmp_path):
    """Before anything is written; one that does is taken, and its first bytes are a scheduler's."""
    with listening(bytes([58, *[0] * 7])) as address:
        require_scheduler(address)
    config = TrainingConfig(
        runner="dask", dask={"address": address}, store=tmp_path / "models", workspace=tmp_path / "work"
    )
    with pytest.raises(
        ConfigError, match=rf"^no Dask scheduler answers at {address} \(Connection refused\); start one"
    ):
        check_places(config)
    assert [] == list(tmp_path.iterdir())


def test_a_scheduler_that_is_started_again_is_waited_for(monkeypatch, caplog):
    """With one line about it."""
    monkeypatch.setattr(dask_config, "RESTART_SECONDS", 20)
    pauses = []
    with socket.create_server(("127.0.0.1", 0)) as former:
        port = former.getsockname()[1]
    servers = contextlib.ExitStack()
    monkeypatch.setattr(dask_config.time, "sleep", lambda seconds: pauses.append(seconds) or start())

    def start():
        if len(pauses) == 2:
            servers.enter_context(listening(bytes([58, *[0] * 7]), port))

    with servers:
        require_scheduler(f"tcp://127.0.0.1:{port}")
    assert [1, 1] == pauses
    (line,) = caplog.messages
    assert f"no Dask scheduler answers at tcp://127.0.0.1:{port} (Connection refused); trying for 20 s" == line


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH\r\n", b""])
def test_what_answers_and_is_no_scheduler_is_named(monkeypatch, greeting):
    """It says something else, or nothing at all."""
    monkeypatch.setattr(dask_config, "SCHEDULER_SECONDS", 0.2)
    expected = (
        "what answers at .* is no Dask scheduler" if greeting else r"no Dask scheduler answers at .* \(timed out\)"
    )
    with listening(greeting) as address, pytest.raises(ConfigError, match=expected):
        require_scheduler(address)


@pytest.mark.parametrize("place", ["127.0.0.1:99999", f"{'x' * 300}:8786", "[::1:8786"])
def test_an_address_that_is_none_is_one_line(place):
    with pytest.raises(ConfigError, match="no Dask scheduler answers at") as refused:
        require_scheduler(f"tcp://{place}")
    assert 1 == len(str(refused.value).splitlines())


@contextlib.contextmanager
def listening(greeting, port=0):
    """A server that greets whoever comes first; its address."""
    with socket.create_server(("127.0.0.1", port)) as server, ThreadPoolExecutor(1) as pool:

        def greet():
            connection, _ = server.accept()
            with connection, contextlib.suppress(ConnectionResetError):
                connection.sendall(greeting)
                connection.recv(1)  # until the other side has closed

        greeted = pool.submit(greet)
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        greeted.result(timeout=10)


def test_a_package_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(dask_config.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"needs the package prefect-dask, which is not installed"):
        require_scheduler("tcp://127.0.0.1:8786")


def test_a_packed_result_has_its_files_where_it_is_unpacked(tmp_path):
    """A model as well as a fold's answers."""
    paths = [tmp_path / "there" / name for name in ("a.npy", "a.npz", "m.joblib")]
    paths[0].parent.mkdir()
    for path in paths:
        path.write_text(path.name)
    fold, model = pack(FoldScore(3, 0.5, 0.1, *paths[:2])), pack(ModelRef(paths[2], 0.2, "scikit-learn"))
    for path in paths:
        path.unlink()
    here = tmp_path / "here"
    assert FoldScore(3, 0.5, 0.1, here / "a.npy", here / "a.npz") == unpack(fold, here)
    assert ModelRef(here / "m.joblib", 0.2, "scikit-learn") == unpack(model, here)
    assert {"a.npy", "a.npz", "m.joblib"} == {path.read_text() for path in here.iterdir()}


def test_what_was_not_packed_is_left_as_it_is(tmp_path):
    fold = FoldScore(3, 0.5, 0.1, tmp_path / "a", tmp_path / "b")
    assert fold is unpack(fold, tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_folder_that_is_sent_is_whole_or_not_there(tmp_path):
    """What an earlier attempt left half written is no part of it."""
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "left").touch()
    files = {"train.arrow": b"\x00\xff", "test.arrow": b""}
    write_folder(files, tmp_path / "data")
    assert files == read_folder(tmp_path / "data")
    assert ["data"] == [path.name for path in tmp_path.iterdir()]


def run_step(step, arguments, deadline, group):
    """A step under a budget on a Dask worker, as tasks run it; returns how it ended."""
    path, expected = f"tests.support.steps:{step}", Expectation(group, 0.0)
    try:
        run_in_process(path, *arguments, deadline=deadline, expected=expected, make_way=leave_thread())
    except OutOfTimeError:
        return "out of time"
    return "done"


@pytest.mark.filterwarnings("default")  # Dask's own
def test_fast_steps_end_while_slow_ones_hold_all_threads_of_a_cluster(tmp_path):
    """A step that has outrun its prediction, or waits for a core, leaves its thread to the next one."""
    deadline = time.time() + 60
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster,
        cluster.get_client() as own,
    ):
        slow = [
            own.submit(run_step, "sleep", (tmp_path / str(number), 600), deadline, "slow", priority=1)
            for number in range(cpu_count() + 2)
        ]
        fast = own.submit(run_step, "double", (1,), deadline, "fast")
        assert "done" == fast.result()
        assert ["pending"] * len(slow) == [future.status for future in slow]


@pytest.mark.filterwarnings("default")  # Dask's own
def test_a_scheduler_that_goes_away_hides_no_error(tmp_path, monkeypatch):
    """What the block raised says more than that the rows sent there can't be removed."""
    monkeypatch.setattr("tasks.runs.dask.require_room", lambda *_: None)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows").write_text("rows")

    def race(cluster):
        given = {"runner": "dask", "dask": {"address": cluster.scheduler_address, "workspace": "sent"}}
        ref = SimpleNamespace(folder=tmp_path / "data")
        with race_runner(TrainingConfig(**given), ref, RunFolder(tmp_path, tmp_path)):
            cluster.close()
            raise StepLostError.of("svm", "its scheduler was stopped")

    one = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0")
    impatient = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
    with impatient, one as cluster, pytest.raises(StepLostError, match="^svm: its scheduler was stopped"):
        race(cluster)


def test_a_step_that_is_on_no_worker_has_no_thread_to_leave():
    assert leave_thread() is None
