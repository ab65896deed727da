"""`bakeoff models …`: what it prints, and its exit status."""

import json
import subprocess
import sys

import pytest

from bakeoff.cli import main


@pytest.fixture
def run(store, capsys):
    """Run a command on the store of three versions; returns status, output and errors."""

    def command(*arguments):
        status = main(["models", *arguments, "--store", str(store.folder.parent)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


def test_list_marks_the_champion(run, store):
    """Oldest first."""
    status, out, _ = run("list")
    assert 0 == status
    assert [f"* {store.versions()[0]}", *(f"  {version}" for version in store.versions()[1:])] == [
        line[:24] for line in out.splitlines()
    ]


def test_list_as_json_is_an_array(run, store):
    """With a line a version; an empty store gives an empty one."""
    rows = json.loads(run("list", "--json")[1])
    assert [(version, version == store.champion()) for version in store.versions()] == [
        (row["version"], row["champion"]) for row in rows
    ]
    assert [] == json.loads(run("list", "--json", "--name", "nobody")[1])


def test_show_prints_the_card_of_the_champion(run, store):
    """Or of any version; as JSON it is the card itself."""
    assert f"classifier {store.champion()}  (champion)" in run("show")[1]
    latest = store.versions()[-1]
    assert store.card(latest) == json.loads(run("show", "latest", "--json")[1])


def test_promote_and_rollback_move_the_champion(run, store):
    """Promoting the champion again is no mistake."""
    second = store.versions()[1]
    assert (0, f"champion: {second}\n", "") == run("promote", second)
    assert (0, f"champion: {second} (already)\n", "") == run("promote", second)
    assert (0, f"champion: {store.versions()[0]}\n", "") == run("rollback")
    status, out, err = run("rollback")
    assert (2, "") == (status, out)
    assert "nothing to roll back to" in err


def test_verify_ends_with_1_on_a_finding(run, store):
    """And with 0 when there is none."""
    assert (0, "3 versions verified, nothing found\n", "") == run("verify")
    (store.folder / store.versions()[1] / "leaderboard.csv").write_text("x")
    status, out, _ = run("verify")
    assert (1, f"{store.versions()[1]}: leaderboard.csv differs from its card\n") == (status, out)
    assert 0 == run("verify", "latest")[0]
    assert "leaderboard.csv differs" in json.loads(run("verify", "--json")[1])[0]["text"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "nope"],
        ["promote", "nope"],
        ["promote"],
        ["show", "--name", "x"],
        ["frob"],
        ["show", "--name", "../classifier"],
        ["show", "../../x"],
    ],
)
def test_a_mistake_ends_with_2_and_one_line(run, arguments):
    """No usage text, no traceback."""
    status, out, err = run(*arguments)
    assert (2, "", 1) == (status, out, err.count("\n"))


def test_the_command_imports_nothing_heavy():
    """It starts in a blink."""
    heavy = ("sklearn", "pandas", "numpy", "pydantic", "prefect")
    code = f"import sys, bakeoff.cli; print([name for name in {heavy} if name in sys.modules])"
    assert "[]\n" == subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_list_goes_on_past_a_damaged_version(run, store):
    """And says which it is."""
    (store.folder / store.versions()[1] / "card.json").write_text('{"format": 1}')
    status, out, _ = run("list")
    assert (0, 3) == (status, out.count("\n"))
    assert "the card of version" in out.splitlines()[1]
