"""`bakeoff models …`: what it prints, and its exit status."""

import json

from bakeoff.cli.main import main


def test_list_marks_the_champion(run_models, store):
    """Oldest first."""
    status, out, _ = run_models("list")
    assert 0 == status
    assert [f"* {store.versions()[0]}", *(f"  {version}" for version in store.versions()[1:])] == [
        line[:24] for line in out.splitlines()[1:]
    ]


def test_list_as_json_is_an_array(run_models, store):
    """With a line a version; an empty store gives an empty one."""
    rows = json.loads(run_models("list", "--json")[1])
    assert [(version, version == store.champion()) for version in store.versions()] == [
        (row["version"], row["champion"]) for row in rows
    ]
    assert [] == json.loads(run_models("list", "--json", "--name", "nobody")[1])


def test_show_prints_the_card_of_the_champion(run_models, store):
    """Or of any version; as JSON it is the card itself."""
    assert f"classifier {store.champion()}  (champion)" in run_models("show")[1]
    latest = store.versions()[-1]
    assert json.loads((store.path(latest) / "card.json").read_text()) == json.loads(
        run_models("show", "latest", "--json")[1]
    )


def test_log_tells_who_was_champion_from_when_to_when_and_why(run_models, store):
    """A line a reign, oldest first; as JSON with the run that made the version."""
    first, second, _ = store.versions()
    run_models("promote", second, "--why", "better on\nMonday's rows")
    run_models("rollback")
    _, out, _ = run_models("log")
    lines = out.splitlines()[1:4]
    assert [first, second, first] == [line.split()[0] for line in lines]
    assert "the first version of this name (flow run 7)" in lines[0]
    assert "promotion  better on Monday's rows (" in lines[1]
    assert "now                  rollback   by hand (" in lines[2]
    reigns = json.loads(run_models("log", "--json")[1])
    assert [("promote", "flow run 7"), ("promote", None), ("rollback", "flow run 7")] == [
        (reign["event"], reign["exported_by"]) for reign in reigns
    ]
    assert reigns[0]["until"] == reigns[1]["since"]
    assert reigns[2]["until"] is None
    assert [] == json.loads(run_models("log", "--json", "--name", "nobody")[1])


def test_log_shows_every_line_when_asked(run_models, store):
    """Of several versions in one pruning a line each; as JSON the journal's entries themselves."""
    first, *others = store.versions()
    run_models("prune", "--keep", "0", "--days", "0", "--delete", "--why", "tidy")
    lines = run_models("log", "--all")[1].splitlines()[1:]
    assert ["export", "promote", "export", "export", "prune", "prune"] == [line.split()[3] for line in lines]
    assert [first, first, *others, *others] == [line.split()[4] for line in lines]
    assert [dict(entry) for entry in store.history().entries] == json.loads(run_models("log", "--all", "--json")[1])


def test_log_shows_every_line_of_a_journal_whose_signature_is_missing(run_models, store, key_files):
    """Who is to vouch for it must see it; the status and a line say that something is wrong."""
    status, out, err = run_models("log", "--all", "--public-key", str(key_files[1]))
    assert (1, 5, 1) == (status, out.count("\n"), err.count("\n"))
    assert "its last line (4, export) is not signed" in err
    store.journal.path.write_text(store.journal.path.read_text().replace("export", "exp0rt"))
    assert (1, "") == run_models("log", "--all")[:2]


def test_list_goes_on_past_a_damaged_version(run_models, store):
    """And says which it is."""
    (store.folder / store.versions()[1] / "card.json").write_text('{"format": 1}')
    status, out, _ = run_models("list")
    assert (0, 1 + 3 + 1) == (status, out.count("\n"))
    assert "is not used: card.json differs from the journal" in out.splitlines()[-1]
    assert "damaged" in json.loads(run_models("list", "--json")[1])[1]


def test_an_empty_store_is_said_to_hold_no_models(tmp_path, capsys):
    """None of any name, where none was asked for."""
    assert 0 == main(["models", "list", "--store", str(tmp_path)])
    assert f"no models in '{tmp_path}' yet: train first\n" == capsys.readouterr().err


def test_what_does_not_beat_the_baseline_says_so(run, noise, tmp_path):
    """`show` first of all, `list --json` and `compare` by name; the accuracy has the balanced one beside it."""
    root = tmp_path / "models"
    version = noise.export(root).name
    where = ("--store", root)
    lines = run("models", "show", version, *where)[1].splitlines()
    assert lines[1].startswith("No contestant beats always answering 'No'; try ")
    assert "baseline" == next(line for line in lines if "baseline  " in line).split()[0]
    (row,) = json.loads(run("models", "list", "--json", *where)[1])
    assert (False, 0.5) == (row["beats_baseline"], row["test_balanced_accuracy"])
    listed = run("models", "list", *where)[1]
    assert "(balanced 0.5000)" in listed
    assert f"{version} does not beat the baseline" == listed.splitlines()[-1]
    compared = run("compare", version, version, *where)[1]
    assert ["beats", "the", "baseline", "no", "no"] in [line.split() for line in compared.splitlines()]
    assert "CV mean of baseline" in compared
