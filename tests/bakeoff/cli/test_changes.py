"""Commands that change the store, or vouch for it."""

import json

from bakeoff.cli.main import main
from bakeoff.store.key_files import find_keys


def test_promote_and_rollback_move_the_champion(run_models, store):
    """Promoting the champion again is no mistake."""
    second = store.versions()[1]
    assert (0, f"champion: {second}\n", "") == run_models("promote", second)
    assert (0, f"champion: {second} (already)\n", "") == run_models("promote", second)
    status, out, err = run_models("rollback")
    assert (0, f"champion: {store.versions()[0]}", "") == (status, out.splitlines()[0], err)
    status, out, err = run_models("rollback")
    assert (2, "") == (status, out)
    assert "nothing to roll back to" in err


def test_a_rollback_holds_promotion_until_resume(run_models, store):
    """Every command says so meanwhile, for people and for scripts; a promotion by hand goes through."""
    first, second, third = store.versions()
    run_models("promote", second)
    _, out, _ = run_models("rollback", "--why", "worse")
    hold = store.history().hold
    text = f"{hold}\n"
    assert text.startswith(f"promotion is held since {hold.since:%Y-%m-%d %H:%M:%S} UTC by ")
    assert f"champion: {first}\n{text}" == out
    assert f"champion: {third}\n{text}" == run_models("promote", third)[1]
    for command in ("list", "show", "log"):
        assert run_models(command)[1].endswith(text), command
    assert "  holds promotion: worse (" in run_models("log", "--all")[1]
    data = {"since": f"{hold.since:%Y-%m-%dT%H:%M:%SZ}", "by": hold.by, "why": "worse"}
    assert {"champion": third, "changed": False, "hold": data} == json.loads(run_models("promote", third, "--json")[1])
    assert [None, None, data] == [row["hold"] for row in json.loads(run_models("list", "--json")[1])]
    assert [None, None, None, data] == [period["hold"] for period in json.loads(run_models("log", "--json")[1])]
    since = f"{hold.since:%Y-%m-%d %H:%M:%S} UTC"
    assert (0, f"promotion is no longer held, as it was since {since}\n", "") == run_models("resume")
    assert (0, "promotion was not held\n", "") == run_models("resume")
    assert {"changed": False, "hold": None} == json.loads(run_models("resume", "--json")[1])
    assert "held" not in "".join(run_models(command)[1] for command in ("list", "show", "log"))


def test_verify_ends_with_1_on_a_finding(run_models, store):
    """And with 0 when there is none."""
    head = store.journal.head.read_text()
    assert (0, f"3 versions verified, nothing found; journal {head}", "") == run_models("verify")
    assert 0 == run_models("verify", "--head", head)[0]
    assert (1, "") == (run_models("verify", "--head", f"9{head}")[0], run_models("verify", "--head", f"9{head}")[2])
    assert (2, "") == run_models("verify", "--head", "junk")[:2]
    (store.folder / store.versions()[1] / "leaderboard.csv").write_text("x")
    status, out, _ = run_models("verify")
    assert (1, f"{store.versions()[1]}: leaderboard.csv differs from its card\n") == (status, out)
    assert 0 == run_models("verify", "latest")[0]
    assert "leaderboard.csv differs" in json.loads(run_models("verify", "--json")[1])[0]["text"]


def test_a_reason_of_another_encoding_is_kept_readable(store, capfd):
    """Half a letter from a terminal becomes a question mark; what a terminal would obey is not printed."""
    arguments = ["--why", "caf\udce9 \x1b[31m", "--store", str(store.folder.parent)]
    assert 0 == main(["models", "promote", store.versions()[1], *arguments])
    assert 0 == main(["models", "log", "--store", str(store.folder.parent)])
    assert r"caf? \x1b[31m" in capfd.readouterr().out
    assert [] == store.verify()


def test_prune_shows_what_would_go_and_removes_only_when_told(run_models, store):
    """The champion and the last one are kept, each with its reason."""
    first, second, third = store.versions()
    status, out, _ = run_models("prune", "--keep", "1", "--days", "0")
    assert 0 == status
    assert [f"keeps    {first}  champion", f"keeps    {third}  among the last 1", f"removes  {second}"] == (
        out.splitlines()[:3]
    )
    assert "nothing was removed" in out
    assert "nothing to remove\n" == run_models("prune")[1][-18:]
    assert [first, second, third] == store.versions()
    report = json.loads(run_models("prune", "--keep", "1", "--days", "0", "--delete", "--json")[1])
    assert ([second], True) == (report["pruned"], report["deleted"])
    assert [first, third] == store.versions()
    assert (2, "") == run_models("promote", second)[:2]


def test_keys_are_generated_once(capsys, tmp_path):
    """For their owner's eyes alone, and never overwritten."""
    folder = tmp_path / "new" / "keys"
    assert 0 == main(["keys", "generate", str(folder)])
    assert "private.pem: signs" in capsys.readouterr().out
    assert 0o600 == (folder / "private.pem").stat().st_mode & 0o777
    before = (folder / "private.pem").read_bytes()
    assert 2 == main(["keys", "generate", str(folder)])
    assert "is there already: keys are never overwritten" in capsys.readouterr().err
    assert 2 == main(["keys", "generate", str(folder / "public.pem")])
    assert "no keys can be written to" in capsys.readouterr().err
    assert before == (folder / "private.pem").read_bytes()
    assert 0 == main(["keys", "generate", str(tmp_path / "other"), "--json"])
    assert {"private_key", "public_key", "key"} == set(json.loads(capsys.readouterr().out))


def test_a_store_is_signed_from_the_command_line_on(run_models, store, key_files):
    """Before, a public key finds it unsigned; after, nobody writes without the private one."""
    private, public = map(str, key_files)
    status, out, err = run_models("list", "--public-key", public)
    assert (1, "") == (status, out)
    assert "is not signed; look at it" in err
    assert "bakeoff models sign --as-it-stands --name classifier --private-key FILE" in err
    assert 1 == run_models("sign", "--private-key", private)[0]
    vouched = run_models("sign", "--private-key", private, "--as-it-stands")[1]
    assert f"3 versions vouched for by the key {find_keys(*key_files).own}" in vouched
    assert (
        f"3 versions verified and signed by {find_keys(*key_files).own}"
        in run_models("verify", "--public-key", public)[1]
    )
    second = store.versions()[1]
    status, _, err = run_models("promote", second)
    assert 2 == status
    assert f"is signed by {find_keys(*key_files).own}: changing it needs a private key: --private-key FILE" in err
    assert 0 == run_models("promote", second, "--private-key", private)[0]
    assert 0 == run_models("list", "--public-key", public)[0]
