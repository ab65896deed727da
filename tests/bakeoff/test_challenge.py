"""A challenger meets the champion on rows that are new to both, and the journal says what came of it."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forging import rewrite_environment, rewrite_journal

from bakeoff import layout
from bakeoff.config import DatasetConfig
from bakeoff.datasets import load_dataset
from bakeoff.errors import ChampionChangedError, IntegrityError, PromotionError, StoreError
from bakeoff.fresh import TRAINED_ON, find_fresh_rows
from bakeoff.reference import read_positions
from bakeoff.store import ModelStore
from tests.bakeoff.conftest import export_and_meet, run_race, signed

WEAK, STRONG = {"random_forest": {"n_estimators": 1, "max_depth": 1}}, {"logistic_regression": {"max_iter": 1000}}
HARD = {"n_samples": 1200, "class_sep": 1.0}
OLD = Path(__file__).parent / "stores"


@pytest.fixture(scope="module")
def races(tmp_path_factory):
    """A weak champion, and challengers of the next batch: a strong one and one that is as weak."""
    folder = tmp_path_factory.mktemp("races")
    return {
        "weak": run_race(folder / "weak", dataset=HARD, classifiers=WEAK),
        "strong": run_race(folder / "strong", dataset=HARD | {"batch": 1}, classifiers=STRONG),
        "as weak": run_race(folder / "as-weak", dataset=HARD | {"batch": 1}, classifiers=WEAK),
    }


@pytest.fixture
def root(tmp_path):
    return tmp_path / "models"


def journal(root):
    return ModelStore(root, "classifier").history().entries


def test_the_first_model_of_a_name_is_champion(races, root):
    """There is nobody to meet; its export says so."""
    version, decision = export_and_meet(races["weak"], root)
    assert ("promote", "the first version of this name") == (decision.outcome, decision.why)
    assert [version] == [reign.version for reign in ModelStore(root, "classifier").history().reigns]
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
    assert "the champion can't be used any more" in decision.why
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
    original = layout.read_file

    def read_file(path):
        if path.parent.name == champion and path.name == "model.joblib":
            raise OSError(24, "Too many open files")
        return original(path)

    monkeypatch.setattr(layout, "read_file", read_file)
    with pytest.raises(IntegrityError, match="Too many open files"):
        export_and_meet(races["strong"], root)
    assert champion == ModelStore(root, "classifier").champion()


def test_a_challenger_that_rejects_its_own_test_rows_is_no_champion(tmp_path, root):
    """Newer rows lack a column that both have learned from: neither can answer."""
    frame = plain_table(300).assign(c=lambda table: table["a"], when=range(300))
    split = {"split": {"by": "time", "column": "when"}}
    champion, _ = export_and_meet(race_on(tmp_path, "one", frame, **split), root)
    frame.loc[210:, "c"] = None
    _, decision = export_and_meet(race_on(tmp_path, "two", frame, **split), root)
    assert champion == ModelStore(root, "classifier").champion()
    assert "can't be compared, of its own test rows the new version says that it rejects all 60" in decision.why


def test_each_model_reads_the_cells_as_the_file_has_them(tmp_path, root):
    """Codes with leading zeros are text as long as one of them has a letter; to the champion they still are."""
    codes = [f"{i % 8 + 1:02d}" for i in range(600)]
    frame = pd.DataFrame({"code": [*codes[:-1], "A1"], "y": [int(code) % 2 for code in codes]})
    path = tmp_path / "rows.csv"
    dataset = {"source": "file", "path": str(path), "target": "y"}
    frame.to_csv(path, index=False)
    export_and_meet(run_race(tmp_path / "one", dataset=dataset), root)
    frame.iloc[:-1].to_csv(path, index=False)
    race = run_race(tmp_path / "two", dataset=dataset, split={"random_state": 1})
    assert "number" == race.ref.features[0].kind
    _, decision = export_and_meet(race, root)
    assert ("keep", 1.0) == (decision.outcome, decision.figures.get("champion_score", 1.0))
    assert decision.figures["fresh_rows"] < 120


@pytest.mark.parametrize(("first", "respelled"), [(["True", "False"], "maybe"), (["1.0", "2.0"], "none")])
def test_classes_that_are_spelled_otherwise_now_are_the_same(tmp_path, root, first, respelled):
    """True and False become text, and 1.0, when another class joins them."""
    frame = plain_table(800).assign(y=lambda table: np.where(table["b"] > 0, *first))
    path = tmp_path / "rows.csv"
    dataset = {"source": "file", "path": str(path), "target": "y"}
    frame.iloc[:400].to_csv(path, index=False)
    export_and_meet(run_race(tmp_path / "one", dataset=dataset), root)
    frame.loc[frame["a"] > 1.7, "y"] = respelled
    frame.to_csv(path, index=False)
    _, decision = export_and_meet(run_race(tmp_path / "two", dataset=dataset), root)
    assert decision.figures["champion_score"] > 0.85


def test_a_record_that_is_damaged_is_none(races, root):
    """Of a champion whose training rows can't be told nothing is known to be new."""
    champion, _ = export_and_meet(races["as weak"], root)
    (root / "classifier" / champion / TRAINED_ON).write_bytes(b"spoilt")
    _, decision = export_and_meet(races["strong"], root)
    assert decision.why.startswith("not decided: which rows the champion was trained on is not on record")


def test_by_group_new_rows_of_known_groups_are_not_fresh(tmp_path):
    """The champion knows these customers, though not these orders."""
    groups = np.arange(600) % 60
    frame = plain_table(600).assign(g=groups)
    split = {"split": {"by": "group", "column": "g"}}
    race = race_on(tmp_path, "one", frame.iloc[:300], **split)
    folder = race.export(tmp_path / "models")
    card, trained_on = json.loads((folder / "card.json").read_text()), (folder / TRAINED_ON).read_bytes()
    ref = race_on(tmp_path, "two", frame, split={**split["split"], "random_state": 5}).ref
    fresh = find_fresh_rows(ref, card, trained_on)
    known = set(groups[read_positions(race.ref, "train")])
    assert [groups[position] not in known for position in read_positions(ref, "test")] == fresh.rows.tolist()
    assert 0 < fresh.rows.sum() < len(fresh.rows)


def test_columns_of_any_type_may_be_left_out(tmp_path, root):
    """Views, lists and binary data lie beside what is learned from."""
    frame = plain_table(300)
    table = pa.Table.from_pandas(frame)
    table = table.append_column("v", pa.array([str(i) for i in range(300)], pa.string_view()))
    table = table.append_column("l", pa.array([[i] for i in range(300)]))
    table = table.append_column("z", pa.array([b"x"] * 300, pa.binary()))
    pq.write_table(table, tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y", "ignore": ["v", "l", "z"]}
    for name in ("one", "two"):
        _, decision = export_and_meet(run_race(tmp_path / name, dataset=dataset), root)
    assert "not decided: too few rows tell the two apart, 0 of" in decision.why


def race_on(tmp_path, name, frame, **more):
    """A race on a table that is written to the same file as the one before."""
    frame.to_parquet(tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"} | more.pop("dataset", {})
    return run_race(tmp_path / name, dataset=dataset, **more)


def plain_table(n_rows=240):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(n_rows, 2)), columns=list("ab"))
    return frame.assign(y=(frame["b"] > 0).astype(int))


@pytest.mark.parametrize(
    ("column", "reason"),
    [(None, "there is no column 'a'"), (["x", "y", "z"] * 80, "it rejects all"), (pd.Timestamp(0), "holds dates")],
)
def test_a_champion_whose_columns_no_longer_fit_is_replaced(tmp_path, root, column, reason):
    """A column is gone, or holds something else."""
    frame = plain_table()
    export_and_meet(race_on(tmp_path, "one", frame), root)
    changed = frame.drop(columns="a") if column is None else frame.assign(a=column)
    dates = {"dataset": {"ignore": ["a"]}} if isinstance(column, pd.Timestamp) else {}
    _, decision = export_and_meet(race_on(tmp_path, "two", changed, **dates), root)
    assert "promote" == decision.outcome
    assert reason in decision.why


def test_a_column_that_only_the_champion_learns_from_is_there_for_it(tmp_path, root):
    """What this run ignores or splits by is in the file all the same."""
    frame = plain_table(600)
    export_and_meet(race_on(tmp_path, "one", frame.iloc[:300]), root)
    for name, more in (
        ("ignored", {"dataset": {"ignore": ["b"]}}),
        (
            "split",
            {"split": {"by": "time", "column": "b"}, "cross_validation": {"folds": 2}, "dataset": {"target": "z"}},
        ),
    ):
        table = frame.assign(z=np.arange(600) % 2) if name == "split" else frame
        _, decision = export_and_meet(race_on(tmp_path, name, table, **more), root)
        assert "keep" == decision.outcome, decision.why
    assert decision.why.startswith("not decided: champion and challenger can't be compared, it predicts 'y', and this")


@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "neg_log_loss"])
def test_a_champion_without_probabilities_is_not_judged_by_them(tmp_path, root, scoring):
    """It was raced by accuracy, and it is no worse for that."""
    frame = plain_table(300)
    champion, _ = export_and_meet(race_on(tmp_path, "one", frame, classifiers={"svm": {}}), root)
    _, decision = export_and_meet(race_on(tmp_path, "two", frame, cross_validation={"scoring": scoring}), root)
    assert champion == ModelStore(root, "classifier").champion()
    assert f"it gives no probabilities, and {scoring} needs them" in decision.why


@pytest.mark.parametrize("error", [MemoryError(), OSError("no handles left")])
def test_a_machine_that_fails_is_no_reason_to_promote(races, root, monkeypatch, error):
    """The run fails, and the champion stays."""
    champion, _ = export_and_meet(races["weak"], root)

    def fail(*_, **__):
        raise error

    monkeypatch.setattr("bakeoff.meeting.load_model", fail)
    with pytest.raises(type(error)):
        export_and_meet(races["strong"], root)
    assert champion == ModelStore(root, "classifier").champion()


def test_a_rare_class_is_no_reason_to_promote(tmp_path, root):
    """Balanced accuracy weighs 20 rows like 400: too few to tell."""
    frame = plain_table(3000).assign(y=lambda table: (table["b"] > 1.8).astype(int))
    config = {"cross_validation": {"scoring": "balanced_accuracy"}, "selection": {"resamples": 400}}
    export_and_meet(race_on(tmp_path, "one", frame, classifiers=WEAK, **config), root)
    _, decision = export_and_meet(race_on(tmp_path, "two", frame, **config), root)
    assert "not decided: too few fresh rows of class '1'" in decision.why


def test_by_group_the_champion_is_met_by_groups(tmp_path, root):
    """30 groups of 20 alike rows are 30 observations."""
    groups = np.repeat(np.arange(120), 20)
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(120, 2))[groups], columns=list("ab")).assign(g=groups)
    frame["y"] = ((frame["b"] > 0) ^ (generator.random(120)[groups] < 0.2)).astype(int)
    split = {"split": {"by": "group", "column": "g"}}
    export_and_meet(race_on(tmp_path, "one", frame, classifiers=WEAK, **split), root)
    _, decision = export_and_meet(race_on(tmp_path, "two", frame, **split), root)
    assert "grouped_t" == decision.figures["test"]
    card = ModelStore(root, "classifier").card(ModelStore(root, "classifier").versions()[-1])
    low, high = card["classifiers"]["logistic_regression"]["test_intervals"]["accuracy"]
    assert high - low > 0.2  # 24 groups, and not 482 rows


def test_a_row_that_a_champion_would_reject_is_one_that_it_has_wrong(tmp_path, root):
    """A gap where it saw none: in production that row would have no prediction."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(1000, 2)), columns=list("ab"))
    frame["y"] = (frame["b"] > 0).astype(int)
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"}
    frame.iloc[:500].to_parquet(tmp_path / "rows.parquet")
    export_and_meet(run_race(tmp_path / "one", dataset=dataset), root)
    frame.loc[600:, "a"] = frame.loc[600:, "a"].where(generator.random(400) > 0.4)
    frame.to_parquet(tmp_path / "rows.parquet")
    _, decision = export_and_meet(run_race(tmp_path / "two", dataset=dataset), root)
    assert "promote" == decision.outcome
    assert decision.figures["champion_score"] < 0.95 < decision.figures["challenger_score"]


def test_an_old_champion_is_met_where_its_rows_are_on_record(tmp_path, races, root):
    """In a store of before there was such a record, rows of the same origin might be what it learned from."""
    shutil.copytree(OLD / "unnumbered" / "classifier", root / "classifier")
    store = ModelStore(root, "classifier")
    config = store.card(store.champion())["config"]["dataset"]
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
        PromotionError, match="the champion changed 5 times while it met it; bakeoff models promote decides"
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


@pytest.mark.parametrize(
    "more",
    [
        *({"figures": figures} for figures in ("text", {"a": [1]}, {"a": None}, {"a": {"b": 1}}, {"a": math.inf})),
        *({"versions": versions} for versions in (5, [{}])),
        {"challenger": "x"},
        {"unknown": 1},
        {"by": 5},
    ],
)
def test_entries_of_another_shape_are_none(store, more):
    """What is read later is there, and has the type that it should; nothing else is."""
    entry = json.loads(store.journal.path.read_text().splitlines()[-1])
    line = json.dumps(entry | more).replace("Infinity", "1e999")
    store.journal.path.write_text(line + "\n")
    assert any("is not what was written" in finding.text for finding in store.verify())


def test_a_decision_about_a_version_that_never_was_is_found(store):
    """Though every digest fits."""
    store.keep(store.champion(), store.versions()[2], "not better")
    assert [] == store.verify()
    lines = store.journal.path.read_text().splitlines()
    forged = json.loads(lines[-1]) | {"challenger": "20200101T000000Z-00000"}
    store.journal.path.write_text("\n".join([*lines[:-1], json.dumps(forged)]) + "\n")
    rewrite_journal(store)
    assert any("not both versions of it" in finding.text for finding in store.verify())


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
