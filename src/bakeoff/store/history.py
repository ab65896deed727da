"""What a journal's entries tell: which versions there are, who is champion, who was, and what may be pruned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from bakeoff.errors import IntegrityError

Entry = Mapping[str, Any]
FIRST = "the first version of this name"


@dataclass(frozen=True)
class ChampionPeriod:
    """A version's time as champion.

    Attributes:
        since: when it became champion.
        until: when another one did; None for the present champion.
        event: `promote` or `rollback`, by which it became champion.
        why: the reason given.
        by: who or which run made it champion; None where an old journal doesn't tell.
        exported_by: which run made the version.
    """

    version: str
    since: datetime
    until: datetime | None
    event: str
    why: str
    by: str | None
    exported_by: str | None


@dataclass(frozen=True)
class History:
    """A journal's entries, oldest first.

    Attributes:
        size: how many bytes of the file they take; what follows was cut short by a crash.
        digest: the SHA-256 of the last line, without its end; None for an empty journal.
    """

    entries: tuple[Entry, ...] = ()
    size: int = 0
    digest: str | None = None

    @property
    def is_signed(self) -> bool:
        """Whether the last entry has a signature, and so the next one must have one."""
        return bool(self.entries) and "signature" in self.entries[-1]

    @property
    def unsigned_behind_signed(self) -> int | None:
        """The number of the first line without a signature behind one that has one, unless somebody vouched later."""
        found = None
        for number, (before, entry) in enumerate(zip(self.entries, self.entries[1:]), start=2):
            if entry["event"] == "sign" and "signature" in entry:
                found = None
            elif found is None and "signature" in before and "signature" not in entry:
                found = number
        return found

    @cached_property
    def exports(self) -> dict[str, Entry]:
        """The entry by which each version came into the store."""
        return {entry["version"]: entry for entry in self.entries if entry["event"] == "export"}

    @cached_property
    def pruned(self) -> dict[str, Entry]:
        """The entry by which each version that is gone was removed."""
        prunings = [entry for entry in self.entries if entry["event"] == "prune"]
        return {version: entry for entry in prunings for version in entry["versions"]}

    @cached_property
    def versions(self) -> list[str]:
        """The versions that there are, oldest first."""
        return [version for version in self.exports if version not in self.pruned]

    @property
    def champion(self) -> str | None:
        """The version in use."""
        return self._champion_stack[-1] if self._champion_stack else None

    @property
    def champion_before(self) -> str | None:
        """The version that a rollback makes champion: the one before that differs and was not pruned."""
        for version in reversed(self._champion_stack):
            if version != self.champion and version not in self.pruned:
                return version
        return None

    @cached_property
    def champion_periods(self) -> list[ChampionPeriod]:
        """Who was champion from when to when, oldest first."""
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
            )
            for entry, until in zip(self._promotions, [*ends, None])
        ]

    def decision(self, version: str) -> Entry | None:
        """The last entry that made a version champion or that kept another one over it."""
        for entry in reversed(self.entries):
            if entry.get("challenger", entry.get("version")) == version and entry["event"] in {"promote", "keep"}:
                return entry
        return None

    def describe_decision(self, version: str) -> str:
        """Whether a version is the champion, and why, as a sentence."""
        entry = self.decision(version)
        if version == self.champion:
            return f"It is the champion: {entry['why']}." if entry else "It is the champion."
        if entry and entry["event"] != "keep":
            return f"The champion is {self.champion} by now."
        return f"The champion is still {self.champion}{': ' + entry['why'] if entry else ''}."

    @cached_property
    def set_back(self) -> list[int]:
        """The numbers of the lines whose time is before that of the line above: one of the two clocks was wrong."""
        times = [_time(entry) for entry in self.entries]
        return [number for number, (above, time) in enumerate(pairwise(times), start=2) if time < above]

    def kept(self, last: int, since: datetime, now: datetime | None = None) -> dict[str, str]:
        """The versions that pruning keeps, each with the reason: champion, among the last ones, or champion lately.

        Args:
            last: how many of the newest versions are kept.
            since: what was champion at this moment or after is kept.
            now: an entry of later is a wrong clock's; by default none is.
        """
        latest, reasons = self._latest_times(now), {}
        ends = [latest[id(entry)] for entry in self._promotions[1:]]
        for reign, end in zip(self.champion_periods, [*ends, None]):
            if end is None:
                reasons[reign.version] = "champion"
            elif end >= since:
                reasons[reign.version] = f"champion until {end:%Y-%m-%d}"
        newest = self.versions[-last:] if last else []
        everything = dict.fromkeys(newest, f"among the last {last}") | reasons
        return {version: everything[version] for version in self.versions if version in everything}

    def _latest_times(self, now: datetime | None) -> dict[int, datetime]:
        """When each entry, by its `id`, was written at the latest.

        A time that is before an earlier entry's, or after now, is a wrong clock's: the next right one's counts.
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
        """The entries that made a champion. The first version is one by itself, should its promotion be cut off."""
        crowned = [entry for entry in self.entries if entry["event"] in {"promote", "rollback"}]
        first = next(iter(self.exports.values()), None)
        if first is not None and (not crowned or crowned[0]["version"] != first["version"]):
            crowned.insert(0, {**first, "event": "promote", "why": FIRST})
        return crowned

    @cached_property
    def _champion_stack(self) -> list[str]:
        """The champions that a rollback can go back through; the last one is in use."""
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
