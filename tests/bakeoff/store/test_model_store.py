"""The store: its files, its champion, and what pruning leaves."""

import json
import shutil
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from bakeoff.cli.main import main
from bakeoff.errors import ChampionChangedError, StoreError
from bakeoff.store.history import History
from bakeoff.store.journal import Journal
from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import run_race


def test_a_version_holds_the_documented_files(version):
    """And nothing else; its name is UTC and the start of the model's digest."""
    card = json.loads((version / "card.json").read_text())
    assert [
        "card.json",
        "config.yaml",
        "evaluation.json",
        "leaderboard.csv",
        "model.joblib",
        "profile.json",
        "report.html",
        "sample.parquet",
        "trained_on.parquet",
        "validation.parquet",
    ] == sorted(path.name for path in version.iterdir())
    digest = card["files"]["model.joblib"]["sha256"]
    assert f"{card['created'].replace('-', '').replace(':', '')}-{digest[:5]}" == version.name == card["version"]
    assert {"train": 140, "test": 40, "validation": 20} == card["rows"]
    assert 20 == len(pd.read_parquet(version / "validation.parquet"))
    assert [*(feature["name"] for feature in card["features"]), card["target"]] == list(
        pd.read_parquet(version / "validation.parquet").columns
    )
    assert (version / "model.joblib").stat().st_size == card["files"]["model.joblib"]["bytes"]


def test_the_card_has_every_documented_key(version):
    """Scripts rely on them."""
    card = json.loads((version / "card.json").read_text())
    assert {
        "format", "name", "version", "created", "classifier", "classifiers", "selection", "classes", "features",
        "target", "rows", "data_sha256", "config", "files", "environment",
    } <= set(card)  # fmt: skip
    contestant = card["classifiers"]["logistic_regression"]
    assert {
        "status",
        "reason",
        "cv_scores",
        "cv_mean",
        "cv_std",
        "test",
        "fit_seconds",
        "predict_rows_per_second",
    } <= set(contestant)
    assert {"accuracy", "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro"} == set(contestant["test"])
    assert 5 == len(contestant["cv_scores"])
    assert {"rule", "why"} <= set(card["selection"])


def test_the_same_config_gives_the_same_model_scores_and_digests(tmp_path):
    """Every sealed byte but times."""
    cards = []
    for name in "ab":
        race = run_race(tmp_path / name, classifiers={"random_forest": {}, "svm": {}, "logistic_regression": {}})
        card = json.loads((race.export(tmp_path / "models") / "card.json").read_text())
        for scores in card["classifiers"].values():
            del scores["fit_seconds"], scores["predict_rows_per_second"]
        del card["version"], card["created"], card["files"]["leaderboard.csv"]
        cards.append(card)
    assert cards[0] == cards[1]


def test_the_first_version_becomes_champion_and_later_ones_do_not(store):
    """The champion moves only by promote and rollback."""
    first, _, third = store.versions()
    assert first == store.champion() == (store.folder / "champion").read_text().strip()
    assert store.promote(third, "better")
    assert third == store.champion() == (store.folder / "champion").read_text().strip()
    assert not store.promote(third, "again")


def test_rollback_goes_back_through_the_champions(store):
    """Step by step, and says when there is none before."""
    first, second, third = store.versions()
    store.promote(second, "x")
    store.promote(third, "x")
    assert second == store.rollback("x")
    assert first == store.rollback("x")
    with pytest.raises(StoreError, match="nothing to roll back to"):
        store.rollback("x")
    assert ["export", "promote", "export", "export", "promote", "promote", "rollback", "rollback"] == [
        entry["event"] for entry in store.history().entries
    ]


def test_a_rollback_holds_automatic_promotion_until_it_is_resumed(store):
    """A promotion by hand goes through and doesn't lift the hold; a second rollback doesn't begin it anew."""
    first, second, third = store.versions()
    assert store.history().hold is None
    store.promote(second, "x")
    store.rollback("worse on Monday's rows", "ann")
    hold = store.history().hold
    assert ("ann", "worse on Monday's rows") == (hold.by, hold.why)
    with pytest.raises(ChampionChangedError, match="promotion is held since .* UTC by ann; lift it with bakeoff"):
        store.promote(third, "better", instead_of=first)
    assert first == store.champion()
    store.promote(third, "by hand")
    store.rollback("again", "bob")
    assert hold == store.history().hold == store.history().champion_periods[-1].hold
    assert [None] * 4 == [period.hold for period in store.history().champion_periods[:-1]]
    assert hold == store.resume("read the report", "ann")
    assert (None, None) == (store.history().hold, store.resume("once more"))
    assert ["rollback", "resume"] == [entry["event"] for entry in store.history().entries[-2:]]
    store.promote(third, "better", instead_of=first)
    assert (third, []) == (store.champion(), store.verify())


@pytest.mark.parametrize("kind", ["unnumbered", "judged"])
def test_a_rollback_of_an_older_journal_holds_nothing(kind):
    """When it was written, it was no hold."""
    history = ModelStore(Path(__file__).parent / "stores" / kind, "classifier").history()
    assert "rollback" in [entry["event"] for entry in history.entries]
    assert history.hold is None


def test_versions_sort_in_order_of_export(race, tmp_path):
    """Within a second the next free one is taken, whatever the models' digests are."""
    names = [race.export(tmp_path / "models").name for _ in range(4)]
    assert sorted(set(names)) == names == ModelStore(tmp_path / "models", "classifier").versions()


def test_resolving_says_what_there_is(store, tmp_path):
    """champion, latest, an id; and a clear sentence else."""
    assert store.versions()[0] == store.resolve("champion")
    assert store.versions()[-1] == store.resolve("latest")
    with pytest.raises(StoreError, match="has no version 'nope'; allowed: champion, latest or an id"):
        store.resolve("nope")
    with pytest.raises(StoreError, match=r"there is no model 'other' .*\(there is classifier\): train first"):
        ModelStore(tmp_path / "models", "other").resolve("champion")


def test_a_store_below_a_file_is_refused(tmp_path):
    """Before anything is written."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="'file' is a file"):
        ModelStore(tmp_path / "file" / "models", "classifier").require_ready()


def _entry(event, version, day, **more):
    return {"event": event, "version": version, "time": f"2026-11-{day:02}T00:00:00Z", "why": f"{event}ed", **more}


@pytest.fixture
def history():
    """Five versions of days 1 to 5; 1, 2, 4 and 2 again were champions."""
    exports = [_entry("export", f"v{day}", day, by=f"run {day}") for day in range(1, 6)]
    crowned = [("promote", "v1", 1), ("promote", "v2", 6), ("promote", "v4", 10), ("rollback", "v2", 20)]
    return History((*exports, *(_entry(*one, by="ann") for one in crowned)))


def test_reigns_tell_who_was_champion_from_when_to_when(history):
    """With the reason, who did it, and the run that made the version."""
    reigns = [
        (reign.version, reign.since.day, reign.until and reign.until.day, reign.event)
        for reign in history.champion_periods
    ]
    assert [
        ("v1", 1, 6, "promote"), ("v2", 6, 10, "promote"), ("v4", 10, 20, "promote"), ("v2", 20, None, "rollback")
    ] == reigns  # fmt: skip
    assert ("rollbacked", "ann", "run 2") == (
        history.champion_periods[-1].why,
        history.champion_periods[-1].by,
        history.champion_periods[-1].exported_by,
    )


@pytest.mark.parametrize(
    ("last", "day", "kept"),
    [
        (0, 21, {"v2"}),
        (2, 21, {"v2", "v4", "v5"}),
        (0, 20, {"v2", "v4"}),
        (0, 10, {"v2", "v4"}),
        (0, 6, {"v1", "v2", "v4"}),
        (1, 6, {"v1", "v2", "v4", "v5"}),
        (99, 21, {"v1", "v2", "v3", "v4", "v5"}),
    ],
)
def test_pruning_keeps_the_champion_the_last_ones_and_recent_champions(history, last, day, kept):
    """A reign that ended on the day counts as recent."""
    assert kept == set(history.kept(last, datetime(2026, 11, day, tzinfo=UTC)))


def test_a_rollback_steps_over_what_was_pruned(history):
    """To the champion before that is still there; none is left when all of them are gone."""
    assert "v1" == history.champion_before
    gone = History((*history.entries, _entry("prune", None, 21, versions=["v1"])))
    assert gone.champion_before is None
    again = History((*gone.entries, _entry("promote", "v5", 22)))
    assert "v2" == again.champion_before


def test_pruning_removes_folders_and_tells_the_journal(store):
    """What is gone can be told from what never was; the plan removes nothing."""
    first, second, third = store.versions()
    plan = store.plan_prune(1, 30)
    assert ({first: "champion", third: "among the last 1"}, [second]) == (plan.kept, plan.pruned)
    assert plan.bytes == sum(path.stat().st_size for path in store.path(second).iterdir())
    assert plan == store.prune(1, 30, "tidy", "ann")
    assert [first, third] == store.versions()
    assert not store.path(second).exists()
    assert [] == store.verify()
    with pytest.raises(StoreError, match=f"version {second} of 'classifier' was pruned at 2"):
        store.promote(second, "x")
    with pytest.raises(StoreError, match="was pruned"):
        store.resolve(second)
    assert [] == store.prune(1, 30, "again").pruned


def test_a_pruned_folder_that_comes_back_is_found_and_removed(store, tmp_path):
    """As a crash between the journal's line and the folder's removal leaves it."""
    second = store.versions()[1]
    shutil.copytree(store.path(second), tmp_path / "copy")
    store.prune(1, 30, "tidy")
    shutil.copytree(tmp_path / "copy", store.path(second))
    assert [(second, "it was pruned, but its folder is there; the next writer removes it")] == [
        (finding.version, finding.text) for finding in store.verify()
    ]
    assert second not in store.versions()
    store.promote(store.versions()[1], "x")
    assert [] == store.verify()


def test_former_champions_are_kept_for_some_days(store):
    """From the moment on that another one took over."""
    first, second, third = store.versions()
    store.promote(second, "x")
    assert [third] == store.plan_prune(0, 1).pruned
    assert {second} == set(store.history().kept(0, datetime.now(UTC) + timedelta(seconds=2)))
    assert first in store.history().kept(0, datetime.now(UTC) - timedelta(seconds=60))


def test_versions_say_by_which_run_they_came(race, tmp_path):
    """So does the promotion of the first."""
    store = ModelStore(tmp_path / "models", "classifier")
    race.export(tmp_path / "models", by="flow run 1")
    race.export(tmp_path / "models", by="flow run 2")
    assert ["flow run 1", "flow run 2"] == [entry["by"] for entry in store.history().exports.values()]
    assert "flow run 1" == store.history().champion_periods[0].by


def test_the_first_version_is_champion_by_itself():
    """Should the second line of its export be cut off by a crash; its promotion later changes nothing of that."""
    export = _entry("export", "v1", 1, by="run 1")
    history = History((export, _entry("export", "v2", 2)))
    assert ("v1", [("v1", "promote", "the first version of this name", "run 1")]) == (
        history.champion,
        [(reign.version, reign.event, reign.why, reign.by) for reign in history.champion_periods],
    )
    later = History((*history.entries, _entry("promote", "v2", 3)))
    assert ("v2", "v1", ["v1", "v2"]) == (
        later.champion,
        later.champion_before,
        [reign.version for reign in later.champion_periods],
    )
    usual = History((export, _entry("promote", "v1", 1), _entry("promote", "v2", 3)))
    assert ["v1", "v2"] == [reign.version for reign in usual.champion_periods]


@pytest.mark.parametrize("act", ["promote", "rollback", "prune", "plan_prune"])
def test_a_model_that_does_not_exist_is_not_begun(tmp_path, act):
    """By a slip in its name."""
    arguments = {"promote": ("latest", "x"), "rollback": ("x",), "prune": (1, 1, "x"), "plan_prune": (1, 1)}[act]
    with pytest.raises(StoreError, match="train first"):
        getattr(ModelStore(tmp_path, "classifier"), act)(*arguments)
    assert [] == list(tmp_path.iterdir())


def test_what_is_pruned_while_it_is_verified_is_no_finding(store, monkeypatch):
    """Its files are gone, and rightly so."""
    plan = store.plan_prune(0, 0)
    examine, looks = Journal.inspect, []

    def pruning(journal, *arguments):
        seen = examine(journal, *arguments)
        looks.append(seen)
        if len(looks) == 1:
            with monkeypatch.context() as patch:
                patch.setattr(Journal, "inspect", examine)
                patch.setattr("bakeoff.store.writers.folder_writer.locked", nullcontext)
                store.prune(0, 0, "meanwhile")
        return seen

    monkeypatch.setattr(Journal, "inspect", pruning)
    assert [] == store.verify()
    assert 2 == len(looks)
    assert 2 == len(plan.pruned)


def test_a_version_that_was_pruned_is_not_called_damaged(store):
    """Also when it is pruned between finding and reading it."""
    history, gone = store.history(), store.versions()[2]
    store.prune(0, 0, "meanwhile")
    for act in (lambda: store.card(gone, history), lambda: store.read(gone, "model.joblib", history)):
        with pytest.raises(StoreError, match=f"version {gone} of 'classifier' was pruned at"):
            act()


def test_what_is_pruned_while_it_is_listed_is_left_out(store, monkeypatch, capsys):
    """And a plan to prune tells the size of what it sees."""
    before = store.history()
    kept, gone = store.versions()[0], store.versions()[1:]
    store.prune(0, 0, "meanwhile")
    monkeypatch.setattr(ModelStore, "history", lambda _: before)
    assert 0 == main(["models", "list", "--store", str(store.folder.parent), "--json"])
    assert [kept] == [row["version"] for row in json.loads(capsys.readouterr().out)]
    assert (gone, 0) == (store.plan_prune(0, 0).pruned, store.plan_prune(0, 0).bytes)


def test_predictions_published_twice_count_once_in_their_first_week(store):
    """The same bytes have one digest, whichever folders hold them; giving their labels again adds no line."""
    version, digest = store.versions()[0], "d" * 64
    later, first = (version, digest, "2026-W48", 10, 8), (version, digest, "2026-W47", 10, 8)
    assert [version] == store.record_labels([later], "labels")
    assert [version] == store.record_labels([first, later], "labels")
    for results in ([first, later], [later, first], [later]):
        assert [] == store.record_labels(results, "labels")
    assert {version: {"2026-W47": (10, 8)}} == store.history().labels
    assert [version] == store.record_labels([(version, digest, "2026-W48", 10, 9)], "corrected labels")
    assert {version: {"2026-W47": (10, 9)}} == store.history().labels
