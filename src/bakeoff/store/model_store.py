"""Decide about the versions of a model: promote, roll back, resume, prune and sign."""

from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.errors import (
    ChampionChangedError,
    IntegrityError,
    StoreError,
)
from bakeoff.store.entries import make_event
from bakeoff.store.exports import ExportingStore
from bakeoff.store.history import HOLDS, PROMOTION, History, Hold
from bakeoff.store.retention import RetentionPlan, plan_retention
from bakeoff.store.verification import verify_journal, verify_versions
from bakeoff.store.writers.addition import Writer
from bakeoff.store.writers.change import change_model


class ModelStore(ExportingStore):
    """The versions of one model, for reading and writing.

    Several processes may use it at once: writers take turns by a lock, which is released when its process ends; in an
    object store, which has no locks, a writer that another has overtaken begins anew. Every change raises a
    `StoreError` if the store can't be written or needs a private key, an `IntegrityError` if the journal has a finding,
    and a `WriteError` if a write fails.

    Args:
        keys: the keys to sign with and to trust.
    """

    def promote(
        self,
        version: str,
        why: str,
        by: str | None = None,
        *,
        instead_of: str | None = None,
        figures: Mapping[str, Any] | None = None,
    ) -> bool:
        """Make a version the champion; returns False if it already is.

        Args:
            version: the version's id, or `latest`.
            why: the reason, for the journal.
            by: the user or run that promotes it.
            instead_of: the champion that an automatic decision was made against; None for a decision by hand, which
                is possible while promotion is held, and doesn't lift the hold.
            figures: the measurements for the decision, for the journal: numbers and text by name.

        Raises:
            StoreError: there is no such version.
            ChampionChangedError: another version became champion in the meantime, or promotion is held.
            IntegrityError: its files differ from its card.
            WriteError: a write failed; the champion is unchanged.
        """
        self.resolve(version)

        def change(writer: Writer) -> bool:
            wanted = self.resolve(version, writer.history)
            if writer.history.champion == wanted:
                return False
            self._require_champion(writer.history, instead_of)
            if instead_of is not None and writer.history.hold:
                raise ChampionChangedError(str(writer.history.hold))
            self._require_whole(writer.history, wanted)
            writer.commit(make_event("promote", why, by, version=wanted, figures=figures))
            return True

        return self._change(change)

    def keep(
        self, champion: str, challenger: str, why: str, by: str | None = None, figures: Mapping[str, Any] | None = None
    ) -> None:
        """Record in the journal that a challenger does not replace the champion, once as long as that stays.

        Args:
            champion: the champion that the decision was made against.
            challenger: the challenger's id.
            why: the reason, for the journal.
            by: the user or run that decided.
            figures: the measurements for the decision: numbers and text by name.

        Raises:
            ChampionChangedError: another version became champion in the meantime.
            WriteError: a write failed; nothing was changed.
        """
        self.resolve(challenger)

        def change(writer: Writer) -> None:
            kept_out = self.resolve(challenger, writer.history)
            self._require_champion(writer.history, champion)
            if writer.history.is_kept_out(kept_out):
                return
            writer.commit(make_event("keep", why, by, version=champion, challenger=kept_out, figures=figures))

        self._change(change)

    def record_labels(
        self, results: Sequence[tuple[str, str, str, int, int]], why: str, by: str | None = None
    ) -> list[str]:
        """Record in the journal how many predictions were right, by labels that came later.

        Args:
            results: for each table of predictions its version, its SHA-256, its ISO week, how many of its rows have a
                label, and how many of those are right.
            why: where the labels come from, for the journal.
            by: the user who gave them.

        Returns:
            The versions of which something new was recorded; what the journal has already is not repeated.

        Raises:
            WriteError: a write failed; nothing was changed.
        """

        def change(writer: Writer) -> list[str]:
            recorded = writer.history.label_counts
            new: dict[tuple[str, str], dict[str, Any]] = {}
            for version, digest, week, rows, right in results:
                # The same table may have been published twice: it counts once, in the week of the first.
                known = new.get((version, digest)) or recorded.get((version, digest)) or {"week": week}
                figures = {"predictions": digest, "week": min(week, known["week"]), "rows": rows, "right": right}
                if version in writer.history.exports and figures != known:
                    new[version, digest] = figures
            if new:
                writer.commit(
                    *(
                        make_event("labels", why, by, version=version, figures=new[version, digest])
                        for version, digest in new
                    )
                )
            return sorted({version for version, _ in new})

        return self._change(change)

    def rollback(self, why: str, by: str | None = None) -> str:
        """Make the champion before the present one champion again, and hold automatic promotion; returns its id.

        Raises:
            StoreError: there is no previous champion, or it was pruned.
            IntegrityError: its files differ from its card.
            WriteError: a write failed; the champion is unchanged.
        """
        self.resolve("champion")

        def change(writer: Writer) -> str:
            version = writer.history.champion_before
            if version is None:
                raise StoreError(
                    f"{self.name!r} has no champion before the present one: there is nothing to roll back to"
                )
            self._require_whole(writer.history, version)
            writer.commit(make_event("rollback", why, by, version=version, **{HOLDS: PROMOTION}))
            return version

        return self._change(change)

    def resume(self, why: str, by: str | None = None) -> Hold | None:
        """Lift the hold of automatic promotion; returns the hold, or None if there was none.

        Raises:
            StoreError: there is no such model.
            WriteError: a write failed; the hold stays.
        """
        self.resolve("latest")

        def change(writer: Writer) -> Hold | None:
            hold = writer.history.hold
            if hold:
                writer.commit(make_event("resume", why, by))
            return hold

        return self._change(change)

    def prune(self, last: int, days: float, why: str, by: str | None = None) -> RetentionPlan:
        """Remove all versions except the champion, the newest ones, and recent champions; see `plan_prune`.

        Raises:
            StoreError: there is no such model.
            WriteError: a write failed; nothing was changed.
        """
        self.resolve("latest")

        def change(writer: Writer) -> RetentionPlan:
            plan = plan_retention(self._layout, writer.history, last, days)
            if versions := [*plan.pruned, *plan.abandoned]:
                writer.commit(make_event("prune", why, by, versions=versions))
                writer.remove(versions)
            return plan

        return self._change(change)

    def sign(self, why: str, by: str | None = None, *, as_it_stands: bool = False) -> History:
        """Verify all versions of the model, and sign the journal; from then on every change must be signed.

        Args:
            why: the reason, for the journal.
            by: the user or run that signs.
            as_it_stands: sign even if the journal's last line is not signed by a trusted key.

        Returns:
            The history before the signature, which vouches for it.

        Raises:
            StoreError: there is no private key.
            IntegrityError: a file differs from what was sealed, or the last line is not signed by a trusted key.
        """
        self.keys.require_private()
        history = self._layout.read_history(None)
        self.resolve("latest", history)
        trusted = None if as_it_stands else self.keys

        def change(writer: Writer) -> History:
            before, findings = verify_journal(self._layout, trusted, pointer=False)
            findings += verify_versions(self._layout, before, self._names(before))
            if findings:
                raise IntegrityError(f"nothing was signed: {findings[0].version or self.name}: {findings[0].text}")
            writer.commit(make_event("sign", why, by))
            return before

        return change_model(self._layout, self.keys, trusted, change)

    def _require_champion(self, history: History, expected: str | None) -> None:
        if expected is not None and history.champion != expected:
            raise ChampionChangedError(f"the champion is {history.champion} now, no longer {expected}")
