"""What a server does when its clock is set back, as by NTP after it was ahead.

Prefect's services, and the runs that were scheduled, would wait until the clock is again what it was. So the server
starts again, and schedules those runs for now.
"""

import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

STEP = timedelta(minutes=1)  # the shortest that counts; less is waited for
EVERY_SECONDS = 5


def watch_clock(act: Callable[[], None]) -> None:
    """Call the function once the clock is set back, from a thread that ends with the process."""
    threading.Thread(target=_watch, args=(act,), daemon=True).start()


def _watch(act: Callable[[], None]) -> None:
    ahead = _ahead()
    while ahead - (now := _ahead()) < STEP.total_seconds():
        ahead = max(ahead, now)
        time.sleep(EVERY_SECONDS)
    print("server: the clock was set back; it starts again", file=sys.stderr, flush=True)
    act()


def _ahead() -> float:
    return time.time() - time.monotonic()


def schedule_runs_of_the_future() -> None:
    """Add to the server's services: what a person or a run has asked for at a time that is still to come is due now."""
    import sqlalchemy as sa
    from docket import Depends, Perpetual
    from prefect.server import models
    from prefect.server.database import PrefectDBInterface, provide_database_interface
    from prefect.server.schemas.states import Scheduled, StateType
    from prefect.server.services.perpetual_services import perpetual_service
    from prefect.types._datetime import now

    @perpetual_service(enabled_getter=lambda: True)
    async def bakeoff_schedule_runs_of_the_future(
        db: PrefectDBInterface = Depends(provide_database_interface),  # noqa: B008  docket's way
        perpetual: Perpetual = Perpetual(automatic=True, every=timedelta(minutes=1)),  # noqa: ARG001, B008
    ) -> None:
        run = db.FlowRun
        query = sa.select(run.id, run.next_scheduled_start_time, run.state_timestamp).where(
            run.state_type == StateType.SCHEDULED,
            run.auto_scheduled.is_(False),  # the times of those are their schedule's
            run.state_timestamp > now("UTC") + STEP,
        )
        async with db.session_context(begin_transaction=True) as session:
            for key, due, asked in (await session.execute(query)).all():
                if due < asked + STEP:  # not one that was asked for a later time
                    await models.flow_runs.set_flow_run_state(session, key, Scheduled(), force=True)
