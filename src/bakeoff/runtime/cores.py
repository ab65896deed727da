"""Share the cores among steps: who is expected to be fast goes first, and who has outrun its expectation makes way."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from math import inf
from typing import NamedTuple

from bakeoff.errors import OutOfTimeError

OUT_OF_TIME = "stopped at the end of time_budget"

LEAST_EXPECTED = 0.5  # seconds: to start a step and read its rows takes a part of that
OVERRUN = 2.0  # a step has outrun its expectation when it has run this many times as long
TICK = 0.1  # seconds after which one of the waiting steps looks whether another one has outrun its expectation


class Expectation(NamedTuple):
    """What is expected of a step that may be paused for others.

    Attributes:
        group: the steps that take about as long; what one of them has taken is expected of the others.
        seconds: the predicted time.
    """

    group: str
    seconds: float

    @property
    def most(self) -> float:
        """The seconds after which the step has outrun its expectation."""
        return OVERRUN * max(self.seconds, LEAST_EXPECTED)


@dataclass(eq=False)
class Claim:
    """A step's claim to a core.

    Attributes:
        order: its number, in order of arrival.
        expected: None for a step that is never paused, and goes before all others.
        process: the step's process, as soon as it is known.
        ran: the seconds it has run so far, without the present run.
        since: the start of the present run; None while it waits or is paused.
    """

    order: int
    expected: Expectation | None
    process: int | None = None
    ran: float = 0.0
    since: float | None = None


class Cores:
    """The cores of this machine, each held by one step at a time.

    The step with the least expected seconds is first, the earlier one of equals. A waiting step takes the core of one
    that has run twice as long as expected, and twice as long as is expected of the waiting one; that one's process is
    paused and goes on as soon as no step goes before it. So a step holds no core that a faster one needs, however wrong
    its prediction is, and however few cores there are.
    """

    def __init__(
        self,
        number: int,
        clock: Callable[[], float] = time.monotonic,
        send: Callable[[int, signal.Signals], None] = os.kill,
    ) -> None:
        """Begin with all cores free.

        Args:
            number: of cores.
            clock: returns the time in seconds.
            send: sends a signal to a process.
        """
        self._number, self._clock, self._send = number, clock, send
        self._order = count()
        self._changed = threading.Condition()
        self._running: list[Claim] = []
        self._waiting: list[Claim] = []  # those of paused steps, too
        self._longest: dict[str, float] = {}  # by group, of steps that outran their expectation

    @contextlib.contextmanager
    def hold(
        self,
        expected: Expectation | None = None,
        deadline: float | None = None,
        make_way: Callable[[], None] | None = None,
    ) -> Iterator[Claim]:
        """Wait for a core and hold it.

        Args:
            expected: None for a step that is never paused.
            deadline: when to give up waiting, in seconds since the epoch; None for never.
            make_way: called if the step has to wait.

        Raises:
            OutOfTimeError: there was no core by the deadline.
        """
        if deadline is not None and time.time() >= deadline:
            raise OutOfTimeError(OUT_OF_TIME)
        claim = self.claim(expected)
        try:
            if claim.since is None and make_way is not None:
                make_way()
            with self._changed:
                while claim.since is None:
                    left = inf if deadline is None else deadline - time.time()
                    if left <= 0:
                        raise OutOfTimeError(OUT_OF_TIME)
                    pause = min(left, TICK * len(self._waiting) if any(map(_may_pause, self._running)) else inf)
                    self._changed.wait(None if pause == inf else pause)
                    self._assign()
            yield claim
        finally:
            self.release(claim)

    def claim(self, expected: Expectation | None = None) -> Claim:
        """Claim a core, which the step has from when `since` is set."""
        with self._changed:
            claim = Claim(next(self._order), expected)
            self._waiting.append(claim)
            self._assign()
            return claim

    def release(self, claim: Claim) -> None:
        """Give up the claim, and the core if it has one."""
        self.detach(claim)
        with self._changed:
            if claim in self._running:
                self._stop(claim)
            else:
                self._waiting.remove(claim)
            if not self._running and not self._waiting:
                self._longest.clear()
            self._assign()

    def attach(self, claim: Claim, process: int | None) -> None:
        """Name the process that runs the step, which may be paused from now on."""
        with self._changed:
            claim.process = process

    def detach(self, claim: Claim) -> None:
        """Let the step's process go on, and never pause it again."""
        with self._changed:
            if claim.since is None:
                self._signal(claim, signal.SIGCONT)
            claim.process = None

    def _assign(self) -> None:
        """Give cores to the waiting steps that are due."""
        for claim in self._running:
            self._note(claim)
        while self._waiting:
            first = min(self._waiting, key=lambda claim: (self._expected(claim), claim.order))
            if len(self._running) >= self._number:
                slow = self._overrun(first)
                if slow is None:
                    return
                self._signal(slow, signal.SIGSTOP)
                self._stop(slow)
                self._waiting.append(slow)
            self._waiting.remove(first)
            self._running.append(first)
            first.since = self._clock()
            if first.ran:
                self._signal(first, signal.SIGCONT)
            self._changed.notify_all()

    def _overrun(self, first: Claim) -> Claim | None:
        """Return the running step that makes way for a waiting one, if any does."""
        slow = [
            claim
            for claim in self._running
            if claim.process is not None
            and self._has_outrun(claim)
            and self._seconds(claim) >= OVERRUN * self._expected(first)
        ]
        return max(slow, key=self._seconds, default=None)

    def _has_outrun(self, claim: Claim) -> bool:
        return claim.expected is not None and self._seconds(claim) >= claim.expected.most

    def _expected(self, claim: Claim) -> float:
        """Return the seconds to expect of a step: what was predicted, or more if its group has taken more."""
        if claim.expected is None:
            return 0.0
        return max(claim.expected.seconds, self._longest.get(claim.expected.group, 0.0))

    def _note(self, claim: Claim) -> None:
        """Expect of its group what a step has taken that has outrun its expectation."""
        if claim.expected is not None and self._has_outrun(claim):
            group = claim.expected.group
            self._longest[group] = max(self._longest.get(group, 0.0), self._seconds(claim))

    def _seconds(self, claim: Claim) -> float:
        return claim.ran + (0.0 if claim.since is None else self._clock() - claim.since)

    def _stop(self, claim: Claim) -> None:
        self._note(claim)
        claim.ran, claim.since = self._seconds(claim), None
        self._running.remove(claim)

    def _signal(self, claim: Claim, number: signal.Signals) -> None:
        if claim.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._send(claim.process, number)


def _may_pause(claim: Claim) -> bool:
    return claim.expected is not None
