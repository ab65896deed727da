"""Run a flow in this process, and keep how it ended even if the server does not answer."""

import contextlib
import contextvars
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from httpx import ConnectError, HTTPError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import FlowRunCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Abort, ObjectNotFound, Pause
from prefect.flow_engine import FlowRunEngine
from prefect.states import Cancelled, Completed, Pending, to_state_create

from bakeoff.errors import describe
from bakeoff.formatting import one_line
from flows.local.server import ServerError
from tasks.runs.outage import waiting_once

GONE_SECONDS = 5  # a server that refuses connections may be restarting


class OwnRun(FlowRunEngine[Any, Any]):
    """Prefect's engine for a flow run, with other handling of signals and of lost answers from the server.

    Attributes:
        outcome: a list with the flow's result, or with its state if it failed; empty until it has ended.
        note: the message of the Completed state that the flow returned; None if it returned its result alone.
        unreported: why the outcome could not be reported to the server; None if it was, or has yet to be.
    """

    def __init__(self, flow: Any, config: object, take_signals: Callable[[], None]) -> None:
        """Prepare the run.

        Args:
            flow: a flow with one parameter, `config`.
            config: the argument.
            take_signals: called after Prefect has installed its own handler of SIGTERM.
        """
        super().__init__(flow=flow, parameters={"config": config})
        self.outcome: list[Any] = []
        self.unreported: str | None = None
        self.note: str | None = None
        self._take_signals = take_signals
        self._key: str | None = None
        # Taken now, before Prefect opens the client that it closes with the run.
        self._settings = contextvars.copy_context()

    def run(self) -> None:
        """Run the flow.

        Raises:
            ServerError: the server went away before the flow began.
        """
        try:
            with self.start():
                while self.is_running():
                    with self.run_context():
                        self.call_flow_fn()
        except (Exception, Abort, Pause) as error:
            if not self.outcome:
                raise _explain(error) from error
            self.unreported = describe(error)

    @property
    def error(self) -> BaseException | None:
        """The exception that the flow failed with, or None."""
        state = self.outcome[0] if self.outcome else None
        error = state.result(raise_on_failure=False) if isinstance(state, State) else None
        return error if isinstance(error, BaseException) else None

    @property
    def failure(self) -> str:
        """The message or name of the flow's final state, if it has no result, in one line."""
        state = self.outcome[0] if self.outcome else self.state
        return one_line(str(state.message or state.name))

    @property
    def is_delivered(self) -> bool:
        """Whether the flow has returned its result."""
        return bool(self.outcome) and not isinstance(self.outcome[0], State)

    def tell(self, message: str, deadline: float) -> bool:
        """Report to the server that the run is over, unless the server knows.

        Args:
            message: the reason, if there is no result.
            deadline: when to give up, by `time.monotonic`.

        Returns:
            Whether the server knows.
        """
        started = time.monotonic()
        if self._key is None or (self.flow_run is not None and self.state.is_final()):
            return True
        while time.monotonic() < deadline:
            try:
                self._settings.copy().run(self._settle, message)
            except (HTTPError, OSError) as error:
                if isinstance(error, ConnectError) and time.monotonic() > started + GONE_SECONDS:
                    return False
                time.sleep(0.5)
            else:
                return True
        return False

    def _settle(self, message: str) -> None:
        """Set the final state, again if it doesn't stay: the server may still carry out an earlier request."""
        # ObjectNotFound: somebody has deleted the run.
        with waiting_once(), get_client(sync_client=True) as client, contextlib.suppress(ObjectNotFound):
            run = self.flow_run.id if self.flow_run is not None else self._create(client).id
            for _ in range(3):
                final = self._over() or Cancelled(message=message)
                client.set_flow_run_state(run, final, force=True)
                state = client.read_flow_run(run).state
                if state is not None and state.is_final():
                    return

    def _over(self) -> "State[Any] | None":
        """Return the state that the flow ended with; None if it has not ended."""
        if self.is_delivered:
            return Completed(message=self.note)
        return self.outcome[0] if self.outcome else None

    def create_flow_run(self, client: SyncPrefectClient) -> FlowRun:
        """Create the run with an idempotency key, so that retrying after a lost answer creates no second run."""
        self._key = str(uuid4())
        return self._create(client)

    def _create(self, client: SyncPrefectClient) -> FlowRun:
        creation = FlowRunCreate(
            flow_id=client.create_flow(self.flow),
            flow_version=self.flow.version,
            parameters=self.flow.serialize_parameters(self.parameters or {}),
            state=to_state_create(Pending()),
            idempotency_key=self._key,
        )
        response = client.request("POST", "/flow_runs/", json=creation.model_dump(mode="json", exclude_unset=True))
        return FlowRun.model_validate(response.json())

    def begin_run(self) -> "State[Any]":
        """Take back SIGTERM, for which Prefect has just installed its handler, and begin the run as Prefect does."""
        with contextlib.suppress(ValueError):  # not in the main thread
            self._take_signals()
        return super().begin_run()

    def handle_success(self, result: Any) -> Any:
        """Store the flow's result before it is reported to the server."""
        completed = isinstance(result, State) and result.is_completed()
        self.outcome = [result.data if completed else result]
        self.note = result.message if completed else None
        with waiting_once():
            return super().handle_success(result)

    def handle_crash(self, exc: BaseException) -> None:
        """Leave reporting to `tell`: a slow server must not delay the handling of the signal."""


def _explain(error: BaseException) -> BaseException:
    """Return the error to raise for a run that ended before the flow: a `ServerError` if the server is the cause."""
    if isinstance(error, ObjectNotFound):
        return ServerError(
            "the run was deleted on the server and has ended; run the same command again to start a new one"
        )
    if isinstance(error, (Abort, Pause)):
        return ServerError(f"the server has ended the run: {error or type(error).__name__}")
    if isinstance(error, (HTTPError, OSError)):
        status = getattr(getattr(error, "response", None), "status_code", None)
        answer = f"it answers {status} {HTTPStatus(status).phrase}" if status else "it no longer answers"
        return ServerError(f"the Prefect server went away: {answer}; run the same command again when it is back")
    return error
