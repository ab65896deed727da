"""A run that is over on the server, while its process still works, changes nothing that others see."""

import shutil
import sys
from types import SimpleNamespace

import pytest
from httpx import ConnectError
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, Pause
from prefect.states import Cancelled, Cancelling, Completed, Crashed, Failed, Paused, Running, Scheduled

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.runtime.workspace import KEPT
from bakeoff.store.model_store import ModelStore
from flows.prediction import prediction
from flows.training import training
from tasks.runs import cancellation
from tasks.runs.cancellation import require_wanted
from tasks.runs.heartbeat import AGAIN, SILENT

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("default"),
    pytest.mark.xdist_group("flows"),  # one server for all of them
]


def config(folder):
    """Whose version always takes the champion's place."""
    small = {"dataset": {"n_samples": 300}, "classifiers": {"logistic_regression": {}}, "promotion": {"rule": "always"}}
    small["retrain"] = "always"
    return TrainingConfig.model_validate(small | {"store": folder / "models", "workspace": folder / "work"})


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A store with its first version, the champion."""
    folder = tmp_path_factory.mktemp("first")
    assert training(config(folder), return_state=True).is_completed()
    return folder / "models"


@pytest.fixture
def store(first, tmp_path):
    """A copy of it."""
    shutil.copytree(first, tmp_path / "models")
    return ModelStore(tmp_path / "models", "classifier")


class Server:
    """What stands for Prefect's client: it counts beginnings, and other attempts may begin, too."""

    def __init__(self, *beginnings):
        self.beginnings = list(beginnings)  # "own" for each time that the request arrives, else another attempt's
        self.run_count, self.state = 1, None

    def set_flow_run_state(self, _, state, *, force):
        assert force
        for beginning in self.beginnings:
            self.run_count += 1
            self.state = state if beginning == "own" else Running()

    def read_flow_run(self, _):
        return SimpleNamespace(run_count=self.run_count, state=self.state)


@pytest.mark.parametrize(
    ("beginnings", "goes_on"),
    [(["own"], True), (["own", "own"], True), (["other", "own"], True), (["own", "other"], False)],
)
def test_of_two_attempts_the_one_that_began_last_goes_on(monkeypatch, beginnings, goes_on):
    """A request that was sent twice is no other attempt."""
    begun, own = {}, SimpleNamespace(id=1, run_count=1)
    monkeypatch.setattr(cancellation, "_begun", begun)
    if goes_on:
        cancellation._resume(Server(*beginnings), own, Crashed())
        assert {1: 1 + len(beginnings)} == begun
    else:
        with pytest.raises(Abort, match="another attempt at the run has begun"):
            cancellation._resume(Server(*beginnings), own, Crashed())


def before(question, happens):
    """What stands for `require_wanted`: something happens to the run before the question of that number is asked."""
    asked = []

    def ask(what):
        asked.append(what)
        if len(asked) == question:
            with get_client(sync_client=True) as client:
                happens(client, FlowRunContext.get().flow_run.id)
        require_wanted(what)

    return ask


def set_to(state):
    return lambda client, run: client.set_flow_run_state(run, state, force=True)


def delete(client, run):
    client.delete_flow_run(run)


def begin_again(client, run):
    """As when the run was marked Crashed and retried while this process was asleep."""
    client.set_flow_run_state(run, Crashed(), force=True)
    client.set_flow_run_state(run, Running(), force=True)


OVER = {
    "deleted": (delete, "the run was deleted while it worked"),
    "cancelled": (set_to(Cancelled()), "the run was marked Cancelled while it worked"),
    "crashed": (set_to(Crashed(message="asleep")), r"the run was marked Crashed while it worked \(asleep\)"),
    "failed": (set_to(Failed()), "the run was marked Failed while it worked"),
    "completed": (set_to(Completed()), "the run was marked Completed while it worked"),
    "waits to be tried again": (set_to(Scheduled()), "the run was marked Scheduled while it worked"),
    "tried again": (begin_again, "another attempt at the run has begun while this one worked"),
}


@pytest.mark.parametrize(
    ("question", "left"), [(1, "nothing was exported"), (2, "its version was exported, but not compared")]
)
@pytest.mark.parametrize(("happens", "message"), OVER.values(), ids=OVER)
def test_a_run_that_is_over_neither_exports_nor_promotes(
    monkeypatch, tmp_path, store, happens, message, question, left
):
    """It ends with a line; what the server says of it is left as it is."""
    monkeypatch.setattr(sys.modules[training.fn.__module__], "require_wanted", before(question, happens))
    with pytest.raises(Abort, match=f"{message}; {left}"):
        training(config(tmp_path), return_state=True)
    assert (question, store.versions()[0]) == (len(store.versions()), store.champion())
    assert {KEPT} >= {path.name for path in (tmp_path / "work").iterdir()}


TAKEN_FOR_DEAD = {
    "crashed": set_to(Crashed(message=SILENT)),
    "about to be tried again": set_to(Scheduled(name="AwaitingRetry", message=AGAIN)),
}


@pytest.mark.parametrize("happens", TAKEN_FOR_DEAD.values(), ids=TAKEN_FOR_DEAD)
def test_a_run_whose_heartbeats_did_not_arrive_goes_on(monkeypatch, tmp_path, store, happens, caplog):
    """As while the server was away: nobody has begun it anew, so it marks itself Running, and ends as it should."""
    asked = []

    def ask(what):
        with get_client(sync_client=True) as client:
            happens(client, FlowRunContext.get().flow_run.id)
        require_wanted(what)
        asked.append(what)

    monkeypatch.setattr(sys.modules[training.fn.__module__], "require_wanted", ask)
    state = training(config(tmp_path), return_state=True)
    assert state.is_completed()
    assert len(asked) > 1
    assert store.versions()[-1] == store.champion() != store.versions()[0]
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(state.state_details.flow_run_id).state.is_completed()
    assert "while it worked, since no heartbeat arrived; it goes on" in caplog.text


def test_of_two_attempts_the_one_that_marked_itself_running_last_goes_on(monkeypatch, tmp_path, store):
    """The other one sees that another has begun."""

    def both(client, run):
        client.set_flow_run_state(run, Crashed(message=SILENT), force=True)
        require_wanted("nothing was exported")
        begin_again(client, run)

    monkeypatch.setattr(sys.modules[training.fn.__module__], "require_wanted", before(1, both))
    with pytest.raises(Abort, match="another attempt at the run has begun while this one worked"):
        training(config(tmp_path), return_state=True)
    assert 1 == len(store.versions())


@pytest.mark.parametrize("question", [1, 2])
def test_a_run_that_is_being_cancelled_ends_as_cancelled(monkeypatch, tmp_path, store, question):
    """Without a worker nobody else would say that it has ended."""
    monkeypatch.setattr(sys.modules[training.fn.__module__], "require_wanted", before(question, set_to(Cancelling())))
    state = training(config(tmp_path), return_state=True)
    assert state.is_cancelled()
    assert state.message.startswith("cancelled while it worked; ")
    assert (question, store.versions()[0]) == (len(store.versions()), store.champion())


def test_a_run_that_is_suspended_is_left_to_prefect(monkeypatch, tmp_path):
    """It stops there, to begin again when it is resumed."""
    monkeypatch.setattr(sys.modules[training.fn.__module__], "require_wanted", before(1, set_to(Paused())))
    with pytest.raises(Pause):
        training(config(tmp_path), return_state=True)
    assert not (tmp_path / "models").exists()


@pytest.mark.usefixtures("store")
def test_a_prediction_that_is_over_publishes_nothing(monkeypatch, tmp_path):
    """As a training run exports nothing."""
    monkeypatch.setattr(sys.modules[prediction.fn.__module__], "require_wanted", before(1, set_to(Cancelled())))
    with pytest.raises(Abort, match="nothing was published"):
        prediction(PredictionConfig(store=tmp_path / "models", output=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_a_server_that_cannot_be_asked_ends_nobodys_work(monkeypatch, tmp_path, store, caplog):
    """The version is exported and promoted, and it is said once."""

    def refuse(*_):
        raise ConnectError("no way")

    def ask(what):
        with monkeypatch.context() as patch:
            patch.setattr(type(FlowRunContext.get().client), "read_flow_run", refuse)
            require_wanted(what)

    monkeypatch.setattr(sys.modules[training.fn.__module__], "require_wanted", ask)
    state = training(config(tmp_path), return_state=True)
    assert state.is_completed()
    assert (2, store.versions()[1]) == (len(store.versions()), store.champion())
    assert 1 == caplog.text.count("wanted could not be asked, since the server no longer answers: ConnectError: no way")


def test_without_a_run_nothing_is_asked():
    """A plain call is a plain call."""
    assert require_wanted("nothing") is None
    assert [] == cancellation.published[1:]
