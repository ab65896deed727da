"""The history in a journal's entries: versions, champions, and which versions pruning keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from bakeoff.errors import IntegrityError

Entry = Mapping[str, Any]
FIRST = "the first version of this name"
HOLDS, PROMOTION = "holds", "promotion"  # field of a rollback that holds automatic promotion, and its value
EXPORTS = {"export", "import"}  # events that add a version
RESUME = "bakeoff models resume"


@dataclass(frozen=True)
class Hold:
    """A hold of automatic promotion, from a rollback until somebody resumes it.

    Attributes:
        since: when the first rollback of the hold happened.
        by: the user who rolled back; None if that is not recorded.
        why: the reason given.
    """

    since: datetime
    by: str | None
    why: str

    def __str__(self) -> str:
        """Say since when and by whom promotion is held, and how to lift the hold."""
        by = f" by {self.by}" if self.by else ""
        return f"promotion is held since {self.since:%Y-%m-%d %H:%M:%S} UTC{by}; lift it with {RESUME}"


def hold_json(hold: Hold | None) -> dict[str, Any] | None:
    """Return a hold as JSON, for scripts."""
    return None if hold is None else {"since": f"{hold.since:%Y-%m-%dT%H:%M:%SZ}", "by": hold.by, "why": hold.why}


@dataclass(frozen=True)
class ChampionPeriod:
    """A period during which a version was champion.

    Attributes:
        since: when it became champion.
        until: when another version became champion; None for the present champion.
        event: the event that made it champion, `promote` or `rollback`.
        why: the reason given.
        by: the user or run that made it champion; None if an old journal doesn't say.
        exported_by: the user or run that exported the version; None if an old journal doesn't say.
        hold: the hold of automatic promotion, if it is the present champion's period.
    """

    version: str
    since: datetime
    until: datetime | None
    event: str
    why: str
    by: str | None
    exported_by: str | None
    hold: Hold | None = None


@dataclass(frozen=True)
class History:
    """A journal's entries, oldest first.

    Attributes:
        size: the length of the entries in the file, in bytes; what follows was cut short by a crash.
        digest: the SHA-256 of the last line, without its end; None for an empty journal.
    """

    entries: tuple[Entry, ...] = ()
    size: int = 0
    digest: str | None = None

    @property
    def is_signed(self) -> bool:
        """Whether the last entry has a signature, so that the next one must have one too."""
        return bool(self.entries) and "signature" in self.entries[-1]

    @property
    def unsigned_after_signed(self) -> int | None:
        """The number of the first unsigned line after a signed one; None if a later `sign` entry vouches for it."""
        first = None
        for number, (before, entry) in enumerate(zip(self.entries, self.entries[1:]), start=2):
            if entry["event"] == "sign" and "signature" in entry:
                first = None
            elif first is None and "signature" in before and "signature" not in entry:
                first = number
        return first

    @cached_property
    def exports(self) -> dict[str, Entry]:
        """The entry that added each version."""
        return {entry["version"]: entry for entry in self.entries if entry["event"] in EXPORTS}

    @cached_property
    def pruned(self) -> dict[str, Entry]:
        """The prune entry of each pruned version."""
        prunings = [entry for entry in self.entries if entry["event"] == "prune"]
        return {version: entry for entry in prunings for version in entry["versions"]}

    @cached_property
    def label_counts(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """By version and digest of its predictions the figures of the last entry about their labels."""
        entries = [entry for entry in self.entries if entry["event"] == "labels"]
        return {(entry["version"], entry["figures"]["predictions"]): entry["figures"] for entry in entries}

    @cached_property
    def labels(self) -> dict[str, dict[str, tuple[int, int]]]:
        """By version and ISO week, how many predictions have a label, and how many of those are right."""
        weeks: dict[str, dict[str, tuple[int, int]]] = {}
        for (version, _), figures in self.label_counts.items():
            of_version = weeks.setdefault(version, {})
            rows, right = of_version.get(figures["week"], (0, 0))
            of_version[figures["week"]] = rows + int(figures["rows"]), right + int(figures["right"])
        return weeks

    @cached_property
    def versions(self) -> list[str]:
        """The existing versions, oldest first, whenever they were copied here."""
        return sorted(version for version in self.exports if version not in self.pruned)

    @property
    def champion(self) -> str | None:
        """The champion, or None."""
        return self._champion_stack[-1] if self._champion_stack else None

    @property
    def champion_before(self) -> str | None:
        """The version that a rollback makes champion: the last other champion that was not pruned, or None."""
        for version in reversed(self._champion_stack):
            if version != self.champion and version not in self.pruned:
                return version
        return None

    @cached_property
    def hold(self) -> Hold | None:
        """The present hold of automatic promotion, or None; rollbacks in journals of older versions hold nothing."""
        hold = None
        for entry in self.entries:
            if entry["event"] == "resume":
                hold = None
            elif HOLDS in entry and hold is None:
                hold = Hold(_time(entry), entry.get("by"), entry["why"])
        return hold

    @cached_property
    def champion_periods(self) -> list[ChampionPeriod]:
        """The periods of all champions, oldest first."""
        ends = [_time(entry) for entry in self._promotions[1:]]
        return [
            ChampionPeriod(
                version=entry["version"],
                since=_time(entry),
                until=until,
                event=entry["event"],
                why=entry["why"],
                by=entry.get("by"),
                exported_by=self.exports.get(entry["version"], {}).get("by"),
                hold=None if until else self.hold,
            )
            for entry, until in zip(self._promotions, [*ends, None])
        ]

    def decision(self, version: str) -> Entry | None:
        """Return the last entry that promoted a version, or kept the champion instead of it; None if there is none."""
        for entry in reversed(self.entries):
            if entry.get("challenger", entry.get("version")) == version and entry["event"] in {"promote", "keep"}:
                return entry
        return None

    def is_kept_out(self, challenger: str) -> bool:
        """Return whether the present champion was kept instead of a challenger since it became champion."""
        for entry in reversed(self.entries):
            if entry["event"] in {"promote", "rollback"}:
                return False
            if entry["event"] == "keep" and (entry["version"], entry["challenger"]) == (self.champion, challenger):
                return True
        return False

    def describe_decision(self, version: str) -> str:
        """Say whether a version is the champion, and why, in a sentence."""
        entry = self.decision(version)
        if version == self.champion:
            return f"It is the champion: {entry['why']}." if entry else "It is the champion."
        if entry and entry["event"] != "keep":
            return f"The champion is {self.champion} by now."
        return f"The champion is still {self.champion}{': ' + entry['why'] if entry else ''}."

    @cached_property
    def set_back(self) -> list[int]:
        """The numbers, from 1, of lines with an earlier time than the line before: one of the two clocks was wrong."""
        times = [_time(entry) for entry in self.entries]
        return [number for number, (above, time) in enumerate(pairwise(times), start=2) if time < above]

    def kept(self, last: int, since: datetime, now: datetime | None = None) -> dict[str, str]:
        """Return the versions that pruning keeps, each with the reason.

        The champion, the newest versions and recent champions are kept.

        Args:
            last: the number of newest versions to keep.
            since: versions that were champion at this time or later are kept.
            now: the present time; an entry with a later one was written by a wrong clock. By default none was.
        """
        latest, reasons = self._latest_times(now), {}
        ends = [latest[id(entry)] for entry in self._promotions[1:]]
        for period, until in zip(self.champion_periods, [*ends, None]):
            if until is None:
                reasons[period.version] = "champion"
            elif until >= since:
                reasons[period.version] = f"champion until {until:%Y-%m-%d}"
        newest = self.versions[-last:] if last else []
        everything = dict.fromkeys(newest, f"among the last {last}") | reasons
        return {version: everything[version] for version in self.versions if version in everything}

    def _latest_times(self, now: datetime | None) -> dict[int, datetime]:
        """Return the latest time at which each entry, by its `id`, can have been written.

        A time before an earlier entry's, or after now, comes from a wrong clock, and the next right one replaces it. So
        pruning keeps a version too long rather than removes it too early.

        Args:
            now: the present time; None for the latest time of an entry.
        """
        times = [_time(entry) for entry in self.entries]
        after = now = now or max(times, default=None)
        right, newest = [], None
        for time in times:
            right.append(now is not None and time <= now and (newest is None or time >= newest))
            newest = time if right[-1] else newest
        latest = {}
        for entry, time, is_right in reversed([*zip(self.entries, times, right)]):
            after = time if is_right else after
            assert after is not None  # there are entries, so there is a now
            latest[id(entry)] = after
        return latest

    @cached_property
    def _promotions(self) -> list[Entry]:
        """The entries that made a champion. The first version is champion even if a crash lost its promotion."""
        crowned = [entry for entry in self.entries if entry["event"] in {"promote", "rollback"}]
        first = next(iter(self.exports.values()), None)
        if first is not None and (not crowned or crowned[0]["version"] != first["version"]):
            crowned.insert(0, {**first, "event": "promote", "why": FIRST})
        return crowned

    @cached_property
    def _champion_stack(self) -> list[str]:
        """The champions that rollbacks can return to; the last one is the present champion."""
        stack: list[str] = []
        for entry in self._promotions:
            if entry["event"] == "promote":
                stack.append(entry["version"])
            elif entry["version"] in stack[:-1]:
                stack.pop()
                while stack[-1] != entry["version"]:
                    stack.pop()
            else:
                raise IntegrityError(f"it holds a rollback to {entry['version']}, which was not champion before")
        return stack


def _time(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["time"])
