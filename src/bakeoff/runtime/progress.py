"""How far a prediction or a race is, and how long it will take."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bakeoff.formatting import format_seconds


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
        left = "" if self.seconds_left is None else f", {format_seconds(self.seconds_left)} left"
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


@dataclass
class ContestantProgress:
    """One contestant's folds.

    Attributes:
        total: how many there are.
        work: predicted seconds of a fold on one core; any unit does, as long as it is the same for all.
        scores: of those that are done.
        failed: how many did not come through.
    """

    total: int
    work: float
    scores: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def done(self) -> int:
        """How many folds have ended, one way or another."""
        return len(self.scores) + self.failed

    @property
    def mean(self) -> float | None:
        """The mean score so far."""
        return sum(self.scores) / len(self.scores) if self.scores else None


class RaceProgress:
    """Every contestant's folds, as they end."""

    def __init__(self, folds: int, work: Mapping[str, float | None]) -> None:
        """Begin.

        Args:
            folds: of each contestant.
            work: predicted seconds of a fold on one core, by contestant; None where nothing is predicted.
        """
        known = [seconds for seconds in work.values() if seconds is not None]
        usual = sum(known) / len(known) if known else 1.0
        self.lanes = {
            name: ContestantProgress(folds, usual if seconds is None else seconds) for name, seconds in work.items()
        }
        self._started = time.monotonic()

    def end_fold(self, name: str, score: float | None) -> None:
        """Count a fold that has ended; its score is None if it did not come through."""
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
        """Of the predicted work that is done, 0 to 1."""
        total = sum(lane.total * lane.work for lane in self.lanes.values())
        done = sum(lane.done * lane.work for lane in self.lanes.values())
        return done / total if total else self.done / max(self.total, 1)

    @property
    def seconds_left(self) -> float | None:
        """At this pace; None before a fold has ended."""
        share = self.share
        return (time.monotonic() - self._started) * (1 - share) / share if share else None

    def __str__(self) -> str:
        """As `7 of 15 folds scored, 12 s left`."""
        left = self.seconds_left
        told = f"{self.done:,} of {self.total:,} folds scored"
        return f"{told}, {format_seconds(left)} left" if left and self.done < self.total else told
