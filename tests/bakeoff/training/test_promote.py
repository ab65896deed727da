"""A challenger meets the champion on rows that are new to both, and the journal says what came of it."""

import importlib.metadata
import importlib.util
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from forging import rewrite_environment
from versions import require_scikit_learn

from bakeoff.config import DatasetConfig, PromotionConfig
from bakeoff.data.fresh_rows import TRAINED_ON
from bakeoff.data.load import load_dataset
from bakeoff.errors import (
    ChampionChangedError,
    PromotionError,
    ReadError,
    StoreError,
)
from bakeoff.store.files import folder_files
from bakeoff.store.model_store import ModelStore
from bakeoff.training.promote import beats_baseline
from bakeoff.training.promotion import ChampionComparison, decide
from tests.bakeoff.conftest import export_and_meet, run_race, signed

WEAK, STRONG = {"random_forest": {"n_estimators": 1, "max_depth": 2}}, {"logistic_regression": {"max_iter": 1000}}
HARD = {"n_samples": 1200, "class_sep": 1.0}
OLD = Path(__file__).parents[1] / "store" / "stores"


@pytest.fixture(scope="module")
def races(tmp_path_factory):
    """A weak champion, and challengers of the next batch: a strong one and one that is as weak."""
    folder = tmp_path_factory.mktemp("races")
    return {
        "weak": run_race(folder / "weak", dataset=HARD, classifiers=WEAK),
        "strong": run_race(folder / "strong", dataset=HARD | {"batch": 1}, classifiers=STRONG),
        "as weak": run_race(folder / "as-weak", dataset=HARD | {"batch": 1}, classifiers=WEAK),
    }


def journal(root):
    return ModelStore(root, "classifier").history().entries


def test_the_first_model_of_a_name_is_champion(races, root):
    """There is nobody to meet; its export says so."""
    version, decision = export_and_meet(races["weak"], root)
    assert ("promote", "the first version of this name") == (decision.outcome, decision.why)
    assert [version] == [reign.version for reign in ModelStore(root, "classifier").history().champion_periods]
    assert ["export", "promote"] == [entry["event"] for entry in journal(root)]


def test_a_better_challenger_is_promoted_with_its_figures(races, root):
    """On all of its test rows, since they are of another batch."""
    champion, _ = export_and_meet(races["weak"], root)
    challenger, decision = export_and_meet(races["strong"], root)
    assert "promote" == decision.outcome
    assert challenger == ModelStore(root, "classifier").champion()
    entry = journal(root)[-1]
    assert ("promote", challenger, "flow run 8", decision.why) == tuple(
        entry[key] for key in ("event", "version", "by", "why")
    )
    assert decision.figures == entry["figures"]
    figures = entry["figures"]
    assert ("accuracy", "origin", 241) == (figures["metric"], figures["recognised_by"], figures["fresh_rows"])
    assert figures["gain"] == pytest.approx((figures["rows_better"] - figures["rows_worse"]) / 241)
    assert figures["challenger_score"] - figures["champion_score"] == pytest.approx(figures["gain"])
    assert champion != challenger


def test_a_challenger_that_is_not_better_stays_outside(races, root):
    """The journal says which one, and why, with the figures."""
    champion, _ = export_and_meet(races["weak"], root)
    challenger, decision = export_and_meet(races["as weak"], root)
    store = ModelStore(root, "classifier")
    assert ("keep", champion) == (decision.outcome, store.champion())
    entry = journal(root)[-1]
    assert ("keep", champion, challenger, decision.figures) == tuple(
        entry[key] for key in ("event", "version", "challenger", "figures")
    )
    assert [] == store.verify()
    assert f"The champion is still {champion}: {decision.why}." == store.history().describe_decision(challenger)


def test_the_journal_counts_the_looks_at_a_champion(races, root):
    """Looks at rows that an earlier one had add no evidence to it; a new champion begins anew."""
    export_and_meet(races["strong"], root)
    versions = [export_and_meet(races["weak"], root)[0] for _ in range(2)]
    first, second = [entry["figures"] for entry in journal(root) if entry["event"] == "keep"]
    assert (1, 2) == (first["look"], second["look"])
    assert races["weak"].ref.sha256 == first["rows_sha256"] == second["rows_sha256"]
    assert "evidence" not in second
    ModelStore(root, "classifier").promote(versions[0], "by hand")
    assert 1 == export_and_meet(races["strong"], root)[1].figures["look"]


@pytest.mark.parametrize("rule", ["significant", "always"])
def test_under_a_hold_the_champion_stays(races, root, rule):
    """The journal has the figures and what counted otherwise; after `resume` the next version is promoted."""
    export_and_meet(races["as weak"], root)
    export_and_meet(races["strong"], root, rule="always")
    store = ModelStore(root, "classifier")
    champion = store.rollback("worse", "ann")
    challenger, decision = export_and_meet(races["strong"], root, rule=rule)
    assert ("keep", champion, champion) == (decision.outcome, decision.champion, store.champion())
    assert (str(store.history().hold), challenger) == (decision.hold, journal(root)[-1]["challenger"])
    assert decision.why.startswith(f"{decision.hold} (")
    assert ("promotion.rule is always" if rule == "always" else "better on ") in decision.why
    assert decision.figures == journal(root)[-1].get("figures", {})
    store.resume("the report is read", "ann")
    challenger, decision = export_and_meet(races["strong"], root, rule=rule)
    assert ("promote", None, challenger) == (decision.outcome, decision.hold, store.champion())


def test_a_rollback_during_the_comparison_holds(races, root, monkeypatch):
    """Even if the champion that was compared is champion again by the end of it."""
    export_and_meet(races["weak"], root)
    champion, _ = export_and_meet(races["as weak"], root, rule="always")
    store = ModelStore(root, "classifier")
    original = ModelStore.promote

    def promote(self, *args, **kwargs):
        if store.history().hold is None:
            store.rollback("worse", "ann")
            original(store, champion, "by hand")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(ModelStore, "promote", promote)
    _, decision = export_and_meet(races["strong"], root, rule="always")
    assert ("keep", champion) == (decision.outcome, store.champion())
    assert "promotion is held since" in decision.why


@pytest.mark.parametrize(("rule", "changes"), [("always", True), ("never", False)])
def test_rules_without_a_meeting(races, root, rule, changes):
    """`always` says so in the journal; `never` says nothing."""
    champion, _ = export_and_meet(races["strong"], root)
    challenger, decision = export_and_meet(races["as weak"], root, rule=rule)
    assert f"promotion.rule is {rule}" == decision.why
    assert (challenger if changes else champion) == ModelStore(root, "classifier").champion()
    assert [*(["promote"] if changes else []), "export"] == [entry["event"] for entry in reversed(journal(root))][
        : 1 + changes
    ]


def test_few_fresh_rows_decide_nothing(races, root):
    """As many as `min_rows` asks for."""
    export_and_meet(races["weak"], root)
    _, decision = export_and_meet(races["strong"], root, min_rows=242)
    assert decision.why.startswith("not decided: too few fresh rows, 241 of 241 test rows are new to the champion")


def test_a_champion_that_cannot_be_opened_is_replaced(races, root):
    """By whatever challenger there is, with the reason."""
    champion, _ = export_and_meet(races["strong"], root)
    (root / "classifier" / champion / "model.joblib").write_bytes(b"spoilt")
    challenger, decision = export_and_meet(races["as weak"], root)
    assert challenger == ModelStore(root, "classifier").champion()
    assert "the champion can no longer be used" in decision.why
    assert "model.joblib differs from its card" in journal(root)[-1]["why"]


def test_a_champion_of_another_scikit_learn_is_replaced(races, root):
    """It would be refused when predicting."""
    champion, _ = export_and_meet(races["strong"], root)
    rewrite_environment(ModelStore(root, "classifier"), champion, **{"scikit-learn": "1.8.2"})
    _, decision = export_and_meet(races["as weak"], root)
    assert "it was written under scikit-learn 1.8.2" in decision.why
    assert "promote" == decision.outcome


def test_no_handles_left_is_no_reason_to_promote(races, root, monkeypatch):
    """A file of the champion can't be read now, and may be in a minute."""
    champion, _ = export_and_meet(races["weak"], root)
    original = folder_files.read_file

    def read_file(path, most, follow):
        if path.parent.name == champion and path.name == "model.joblib":
            raise OSError(24, "Too many open files")
        return original(path, most, follow)

    monkeypatch.setattr(folder_files, "read_file", read_file)
    with pytest.raises(ReadError, match="Too many open files"):
        export_and_meet(races["strong"], root)
    assert champion == ModelStore(root, "classifier").champion()


def test_a_record_that_is_damaged_is_none(races, root):
    """Of a champion whose training rows can't be told nothing is known to be new."""
    champion, _ = export_and_meet(races["as weak"], root)
    (root / "classifier" / champion / TRAINED_ON).write_bytes(b"spoilt")
    _, decision = export_and_meet(races["strong"], root)
    assert decision.why.startswith("not decided: which rows the champion was trained on is not on record")


@pytest.mark.parametrize("error", [MemoryError(), OSError("no handles left")])
def test_a_machine_that_fails_is_no_reason_to_promote(races, root, monkeypatch, error):
    """The run fails, and the champion stays."""
    champion, _ = export_and_meet(races["weak"], root)

    def fail(*_, **__):
        raise error

    monkeypatch.setattr("bakeoff.training.champion_challenger.load_model", fail)
    with pytest.raises(type(error)):
        export_and_meet(races["strong"], root)
    assert champion == ModelStore(root, "classifier").champion()


def hide_lightgbm(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "lightgbm" else find(name))


def test_a_champion_whose_package_is_missing_stays(tmp_path, races, root, monkeypatch):
    """Another machine may have it: nothing is decided, the line says what to install, and the journal has it."""
    mine = {"mine": {"class": "lightgbm.LGBMClassifier", "n_estimators": 5}}
    champion, _ = export_and_meet(run_race(tmp_path, dataset=HARD, classifiers=mine), root)
    hide_lightgbm(monkeypatch)
    challenger, decision = export_and_meet(races["strong"], root)
    wanted = f"pip install lightgbm=={importlib.metadata.version('lightgbm')}"
    expected = (
        f"not decided: version {champion} needs the package lightgbm, which is not installed; {wanted}, or let bakeoff "
        "models promote decide by hand"
    )
    assert ("keep", expected) == (decision.outcome, decision.why)
    assert champion == ModelStore(root, "classifier").champion()
    assert ("keep", challenger, expected) == tuple(journal(root)[-1][key] for key in ("event", "challenger", "why"))
    assert "promote" == export_and_meet(races["strong"], root, rule="always")[1].outcome


@pytest.mark.parametrize("rule", ["significant", "always"])
def test_a_champion_that_cannot_be_opened_here_may_outclass(rule):
    """By the cards: if it alone beats the baseline, the other takes its place by no rule."""
    comparison = ChampionComparison(test_rows=100, outclassed="it alone beats the baseline", unopened="no lightgbm")
    decision = decide(comparison, "accuracy", PromotionConfig(rule=rule))
    assert ("keep", "it alone beats the baseline") == (decision.outcome, decision.why)


def test_an_old_champion_is_met_where_its_rows_are_on_record(tmp_path, races, root):
    """In a store of before there was such a record, rows of the same origin might be what it learned from."""
    require_scikit_learn(OLD / "unnumbered")
    shutil.copytree(OLD / "unnumbered" / "classifier", root / "classifier")
    store = ModelStore(root, "classifier")
    config = store.card(store.champion()).config["dataset"]
    assert not (root / "classifier" / store.champion() / TRAINED_ON).exists()
    _, decision = export_and_meet(run_race(tmp_path / "same", dataset=config), root)
    assert "not decided: which rows the champion was trained on is not on record" in decision.why
    rows = load_dataset(DatasetConfig(**config))
    rows.X.assign(target=rows.y).to_parquet(tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "target"}
    _, decision = export_and_meet(run_race(tmp_path / "next", dataset=dataset), root)
    assert "origin" == decision.figures["recognised_by"]


def test_a_champion_that_changes_meanwhile_is_met_instead(races, root, monkeypatch):
    """The decision was made against another one."""
    first, _ = export_and_meet(races["strong"], root)
    second, _ = export_and_meet(races["as weak"], root, rule="never")
    store = ModelStore(root, "classifier")
    met = []
    original = ModelStore.promote

    def promote(self, version, *arguments, instead_of=None, **more):
        if instead_of == first:
            original(store, second, "by hand")  # somebody is faster
        met.append(instead_of)
        return original(self, version, *arguments, instead_of=instead_of, **more)

    monkeypatch.setattr(ModelStore, "promote", promote)
    third, decision = export_and_meet(races["strong"], root, rule="always")
    assert [first, second] == met
    assert third == store.champion()
    assert "promote" == decision.outcome


def test_a_champion_that_never_stays_is_an_error(races, root, monkeypatch):
    """The version is exported all the same, and the sentence says what to do."""
    export_and_meet(races["weak"], root)

    def promote(*_, **__):
        raise ChampionChangedError("again")

    monkeypatch.setattr(ModelStore, "promote", promote)
    with pytest.raises(
        PromotionError, match="the champion changed 5 times during the comparison; bakeoff models promote decides"
    ):
        export_and_meet(races["strong"], root)


def test_a_decision_is_signed_like_every_line(races, root, key_files, keys):
    """And a kept champion is no way around the key."""
    for name in ("weak", "as weak"):
        export_and_meet(races[name], root, key_files)
    store = signed(ModelStore(root, "classifier"), keys)
    assert ["export", "promote", "export", "keep"] == [entry["event"] for entry in store.history().entries]
    assert all("signature" in entry for entry in store.history().entries)
    assert [] == store.verify()
    with pytest.raises(StoreError, match="is signed"):
        ModelStore(root, "classifier").keep(store.champion(), store.versions()[-1], "unsigned")


def test_figures_are_part_of_what_is_sealed(races, root):
    """A figure that was changed shows."""
    for name in ("weak", "as weak"):
        export_and_meet(races[name], root)
    store = ModelStore(root, "classifier")
    lines = store.journal.path.read_text().splitlines()
    entry = json.loads(lines[-1])
    entry["figures"]["p_value"] = 0.001
    store.journal.path.write_text("\n".join([*lines[:-1], json.dumps(entry)]) + "\n")
    assert store.verify()


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss"])
def test_other_metrics_decide_too(tmp_path, root, scoring):
    """A weak champion is replaced by each of them, and a strong one by none."""
    config = {"cross_validation": {"scoring": scoring}, "selection": {"resamples": 400}}
    weak = run_race(tmp_path / "weak", dataset=HARD, classifiers=WEAK, **config)
    strong = run_race(tmp_path / "strong", dataset=HARD | {"batch": 1}, classifiers=STRONG, **config)
    export_and_meet(weak, root)
    _, decision = export_and_meet(strong, root)
    assert "promote" == decision.outcome, decision.why
    assert scoring == decision.figures["metric"]
    back = run_race(tmp_path / "back", dataset=HARD | {"batch": 2}, classifiers=WEAK, **config)
    assert "keep" == export_and_meet(back, root)[1].outcome


@pytest.fixture(scope="module")
def unlearnable(tmp_path_factory):
    """A challenger of rows whose labels are random."""
    dataset = HARD | {"batch": 1, "flip_y": 1.0}
    return run_race(tmp_path_factory.mktemp("unlearnable"), dataset=dataset, classifiers=STRONG)


@pytest.mark.parametrize("rule", ["significant", "always"])
def test_a_challenger_no_better_than_the_baseline_never_replaces_a_champion_that_is(
    races, unlearnable, root, rule, caplog
):
    """The reason is a sentence in the journal and the log."""
    caplog.set_level("INFO")
    champion, _ = export_and_meet(races["strong"], root)
    _, decision = export_and_meet(unlearnable, root, rule=rule)
    store = ModelStore(root, "classifier")
    answer = store.card(store.versions()[-1]).baseline.answer
    reason = (
        f"the new version does not beat the baseline (always answering {answer!r}), and the champion does; bakeoff "
        "models promote decides by hand"
    )
    assert ("keep", reason, champion) == (decision.outcome, decision.why, store.champion())
    assert ("keep", reason) == (journal(root)[-1]["event"], journal(root)[-1]["why"])
    assert f"the champion stays: {reason}" in caplog.messages


def test_a_champion_that_beats_the_baseline_no_more_than_the_challenger_is_compared(unlearnable, noise, root):
    """Neither does, so the baseline decides nothing."""
    export_and_meet(unlearnable, root)
    _, decision = export_and_meet(unlearnable, root)
    assert "the baseline" not in decision.why
    _, decision = export_and_meet(unlearnable, root, rule="always")
    assert ("promote", "promotion.rule is always") == (decision.outcome, decision.why)


def test_a_broken_champion_is_replaced_by_any_challenger(races, unlearnable, root):
    """Also by one that is no better than the baseline."""
    champion, _ = export_and_meet(races["strong"], root)
    (root / "classifier" / champion / "model.joblib").write_bytes(b"spoilt")
    _, decision = export_and_meet(unlearnable, root, rule="always")
    assert ("promote", True) == (decision.outcome, "can no longer be used" in decision.why)


@pytest.mark.parametrize(("name", "expected"), [("strong", True), ("as weak", True), ("unlearnable", False)])
def test_an_older_champion_is_judged_by_its_interval_on_the_test_rows(races, unlearnable, root, name, expected):
    """Its card knows no baseline."""
    version = (races | {"unlearnable": unlearnable})[name].export(root)
    card = ModelStore(root, "classifier").card(version.name)
    assert expected == card.beats_baseline == beats_baseline(replace(card, baseline=None))
    assert not beats_baseline(
        replace(card, baseline=None, classifiers={card.classifier: replace(card.winner, test_intervals=None)})
    )
