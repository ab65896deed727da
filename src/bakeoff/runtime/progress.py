"""Progress of a prediction or a race, with the time left."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bakeoff.formatting import format_seconds


@dataclass(frozen=True)
class Progress:
    """Progress of a prediction.

    Attributes:
        done: number of rows done so far.
        total: number of all rows; None if unknown until they are read.
        share: share of the input that is done, from 0 to 1.
        rows_per_second: the pace since this run began; rows of earlier runs are not counted.
        seconds_left: seconds left at this pace; None before the first rows.
    """

    done: int
    total: int | None
    share: float
    rows_per_second: float
    seconds_left: float | None

    def __str__(self) -> str:
        """As `3,200,000 of 10,000,000 rows, 1,250,000 rows/s, 6 s left`."""
        known = f" of {self.total:,}" if self.total is not None else f" ({self.share:.0%} of the input)"
        left = "" if self.seconds_left is None else f", {format_seconds(self.seconds_left)} left"
        return f"{self.done:,}{known} rows, {self.rows_per_second:,.0f} rows/s{left}"


Report = Callable[[Progress], None]


class Pace:
    """Measures the pace of a prediction."""

    def __init__(self, total: int | None, done: int, share: float, seconds: float) -> None:
        """Start the clock.

        Args:
            total: number of all rows; None if unknown.
            done: number of rows done by an earlier run.
            share: share of the input done by an earlier run, from 0 to 1.
            seconds: the least time between two reports.
        """
        self.total, self._done, self._seconds = total, done, seconds
        self._share = done / total if total else share
        self._started = self._last = time.monotonic()

    def due(self) -> bool:
        """Whether it is time to report progress again; if so, the time to the next report begins."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True

    def at(self, done: int, share: float) -> Progress:
        """The progress now.

        Args:
            done: number of rows done so far, by earlier runs too.
            share: share of the input done so far, from 0 to 1; not used if the total is known.
        """
        seconds = max(time.monotonic() - self._started, 1e-9)
        if self.total:
            share = done / self.total
        gained = share - self._share
        left = seconds * (1 - share) / gained if gained > 0 else None
        return Progress(done, self.total, share, (done - self._done) / seconds, left)


@dataclass
class ContestantProgress:
    """Progress of one contestant's folds.

    Attributes:
        total: number of folds.
        work: predicted seconds of a fold on one core, relative to the other contestants'.
        scores: of the folds that are done.
        failed: number of folds that failed.
    """

    total: int
    work: float
    scores: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def done(self) -> int:
        """The number of folds that have ended, failed ones included."""
        return len(self.scores) + self.failed

    @property
    def mean(self) -> float | None:
        """The mean score so far."""
        return sum(self.scores) / len(self.scores) if self.scores else None


class RaceProgress:
    """Progress of all contestants' folds.

    Attributes:
        lanes: the progress of each contestant, by name.
    """

    def __init__(self, folds: int, work: Mapping[str, float | None]) -> None:
        """Start the clock.

        Args:
            folds: number of folds per contestant.
            work: predicted seconds of a fold on one core, by contestant; None if unknown, then the mean of the others.
        """
        known = [seconds for seconds in work.values() if seconds is not None]
        usual = sum(known) / len(known) if known else 1.0
        self.lanes = {
            name: ContestantProgress(folds, usual if seconds is None else seconds) for name, seconds in work.items()
        }
        self._started = time.monotonic()

    def end_fold(self, name: str, score: float | None) -> None:
        """Count a fold that has ended; its score is None if it failed."""
        if score is None:
            self.lanes[name].failed += 1
        else:
            self.lanes[name].scores.append(score)

    @property
    def done(self) -> int:
        """Folds that have ended."""
        return sum(lane.done for lane in self.lanes.values())

    @property
    def total(self) -> int:
        """All folds."""
        return sum(lane.total for lane in self.lanes.values())

    @property
    def share(self) -> float:
        """Share of the predicted work that is done, from 0 to 1."""
        total = sum(lane.total * lane.work for lane in self.lanes.values())
        done = sum(lane.done * lane.work for lane in self.lanes.values())
        return done / total if total else self.done / max(self.total, 1)

    @property
    def seconds_left(self) -> float | None:
        """Seconds left at this pace; None before the first fold has ended."""
        share = self.share
        return (time.monotonic() - self._started) * (1 - share) / share if share else None

    def __str__(self) -> str:
        """As `7 of 15 folds scored, 12 s left`."""
        left = self.seconds_left
        text = f"{self.done:,} of {self.total:,} folds scored"
        return f"{text}, {format_seconds(left)} left" if left and self.done < self.total else text
