"""What champion and challenger are asked, and what counts as an answer: columns, cells, classes, groups."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forging import read_card
from versions import VIEW

from bakeoff.data.fresh_rows import TRAINED_ON, find_fresh_rows
from bakeoff.data.parts import read_positions
from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import export_and_meet, run_race

WEAK = {"random_forest": {"n_estimators": 1, "max_depth": 1}}


def race_on(tmp_path, name, frame, **more):
    """A race on a table that is written to the same file as the one before."""
    frame.to_parquet(tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"} | more.pop("dataset", {})
    return run_race(tmp_path / name, dataset=dataset, **more)


def plain_table(n_rows=240):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(n_rows, 2)), columns=list("ab"))
    return frame.assign(y=(frame["b"] > 0).astype(int))


def test_models_are_compared_on_rows_that_lack_a_column(tmp_path, root):
    """Newer rows have no value in a column that both have learned from: it is imputed, and both answer."""
    frame = plain_table(300).assign(c=lambda table: table["a"], when=range(300))
    split = {"split": {"by": "time", "column": "when"}}
    champion, _ = export_and_meet(race_on(tmp_path, "one", frame, **split), root)
    frame.loc[210:, "c"] = None
    _, decision = export_and_meet(race_on(tmp_path, "two", frame, **split), root)
    assert champion == ModelStore(root, "classifier").champion()
    assert "not decided: too few rows tell the two apart, 0 of 60 fresh rows" in decision.why


def test_each_model_reads_the_cells_as_the_file_has_them(tmp_path, root):
    """Codes with leading zeros are text, with a letter among them or without."""
    codes = [f"{i % 8 + 1:02d}" for i in range(600)]
    frame = pd.DataFrame({"code": [*codes[:-1], "A1"], "y": [int(code) % 2 for code in codes]})
    path = tmp_path / "rows.csv"
    dataset = {"source": "file", "path": str(path), "target": "y"}
    frame.to_csv(path, index=False)
    export_and_meet(run_race(tmp_path / "one", dataset=dataset), root)
    frame.iloc[:-1].to_csv(path, index=False)
    race = run_race(tmp_path / "two", dataset=dataset, split={"random_state": 1})
    assert "category" == race.ref.features[0].kind
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


def test_by_group_new_rows_of_known_groups_are_not_fresh(tmp_path):
    """The champion knows these customers, though not these orders."""
    groups = np.arange(600) % 60
    frame = plain_table(600).assign(g=groups)
    split = {"split": {"by": "group", "column": "g"}}
    race = race_on(tmp_path, "one", frame.iloc[:300], **split)
    folder = race.export(tmp_path / "models")
    card, trained_on = read_card(folder), (folder / TRAINED_ON).read_bytes()
    ref = race_on(tmp_path, "two", frame, split={**split["split"], "random_state": 5}).ref
    fresh = find_fresh_rows(ref, card, trained_on)
    known = set(groups[read_positions(race.ref, "train")])
    assert [groups[position] not in known for position in read_positions(ref, "test")] == fresh.rows.tolist()
    assert 0 < fresh.rows.sum() < len(fresh.rows)


def test_columns_of_any_type_may_be_left_out(tmp_path, root):
    """Views, lists and binary data lie beside what is learned from."""
    frame = plain_table(300)
    table = pa.Table.from_pandas(frame)
    table = table.append_column("v", pa.array([str(i) for i in range(300)], VIEW))
    table = table.append_column("l", pa.array([[i] for i in range(300)]))
    table = table.append_column("z", pa.array([b"x"] * 300, pa.binary()))
    pq.write_table(table, tmp_path / "rows.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y", "ignore": ["v", "l", "z"]}
    for name in ("one", "two"):
        _, decision = export_and_meet(run_race(tmp_path / name, dataset=dataset), root)
    assert "not decided: too few rows tell the two apart, 0 of" in decision.why


@pytest.mark.parametrize(
    ("column", "reason"),
    [(None, "there is no column 'a'"), (["x", "y", "z"] * 80, "it rejects all"), (pd.Timestamp(0), "holds timestamp")],
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
    champion, _ = export_and_meet(race_on(tmp_path, "one", frame, classifiers={"svm": {}}, calibration="none"), root)
    _, decision = export_and_meet(race_on(tmp_path, "two", frame, cross_validation={"scoring": scoring}), root)
    assert champion == ModelStore(root, "classifier").champion()
    assert f"it gives no probabilities, and {scoring} needs them" in decision.why


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
    low, high = card.classifiers["logistic_regression"].interval()
    assert high - low > 0.2  # 24 groups, and not 482 rows


def test_a_row_that_a_champion_would_reject_is_one_that_it_has_wrong(tmp_path, root):
    """Text among numbers, of a kind that it saw none of: in production that row would have no prediction."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(1000, 2)), columns=list("ab"))
    frame["y"] = (frame["b"] > 0).astype(int)
    dataset = {"source": "file", "path": str(tmp_path / "rows.csv"), "target": "y", "numbers": ["a"]}
    frame.iloc[:500].to_csv(tmp_path / "rows.csv", index=False)
    export_and_meet(run_race(tmp_path / "one", dataset=dataset), root)
    frame["a"] = frame["a"].astype(object).where((frame.index < 600) | (generator.random(1000) > 0.4), "lost")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    _, decision = export_and_meet(run_race(tmp_path / "two", dataset=dataset), root)
    assert "promote" == decision.outcome
    assert decision.figures["champion_score"] < 0.95 < decision.figures["challenger_score"]
