"""How far a long run is, and how long it will take yet."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bakeoff.sentences import say_seconds


@dataclass(frozen=True)
class Progress:
    """Rows done of rows known.

    Attributes:
        done: rows.
        total: rows; None where they are not known before they were read.
        share: of the input that is done, 0 to 1.
        rows_per_second: since this run began.
        seconds_left: at this pace; None before there is one.
    """

    done: int
    total: int | None
    share: float
    rows_per_second: float
    seconds_left: float | None

    def __str__(self) -> str:
        """As `3,200,000 of 10,000,000 rows, 1,250,000 rows/s, 6 s left`."""
        known = f" of {self.total:,}" if self.total is not None else f" ({self.share:.0%} of the input)"
        left = "" if self.seconds_left is None else f", {say_seconds(self.seconds_left)} left"
        return f"{self.done:,}{known} rows, {self.rows_per_second:,.0f} rows/s{left}"


Report = Callable[[Progress], None]


class Pace:
    """The clock of a run."""

    def __init__(self, total: int | None, done: int, share: float, seconds: float) -> None:
        """Begin.

        Args:
            total: rows; None where they are not known.
            done: rows that an earlier run has done.
            share: of the input that they are.
            seconds: how far apart `due` moments are.
        """
        self.total, self._done, self._seconds = total, done, seconds
        self._share = done / total if total else share
        self._started = self._last = time.monotonic()

    def due(self) -> bool:
        """Whether it is time to say something again."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True

    def at(self, done: int, share: float) -> Progress:
        """The progress now."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        if self.total:
            share = done / self.total
        gained = share - self._share
        left = seconds * (1 - share) / gained if gained > 0 else None
        return Progress(done, self.total, share, (done - self._done) / seconds, left)
