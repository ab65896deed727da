"""`bakeoff report`: a report is written again, and with what the rows tell."""

import shutil

from tests.bakeoff.conftest import ORDERS, run_race


def test_a_report_is_written_again(run, store):
    """The champion's, unless told otherwise."""
    root, champion = store.folder.parent, store.champion()
    path = store.path(champion) / "report.html"
    path.unlink()
    assert (0, f"{path}\n", "") == run("report", "--store", root)
    assert "<svg" in path.read_text()
    status, out, err = run("report", "nothing", "--store", root)
    assert (2, "") == (status, out)
    assert "has no version 'nothing'" in err


def test_a_deep_report_reads_the_rows_again(run, tmp_path):
    """And refuses others than the version was made of."""
    shutil.copy(ORDERS["path"], tmp_path / "orders.csv")
    dataset = {**ORDERS, "path": str(tmp_path / "orders.csv")}
    version = run_race(tmp_path / "work", dataset=dataset).export(tmp_path / "models")
    deep = ("report", "--deep", "--store", tmp_path / "models", "--workspace", tmp_path / "deep")
    assert 0 == run(*deep)[0]
    report = (version / "report.html").read_text()
    for heading in ("Which columns matter", "Would more rows help"):
        assert f">{heading}</h2>" in report
    assert "each column shuffled 10 times" in report
    assert [] == [*(tmp_path / "deep").iterdir()]
    lines = (tmp_path / "orders.csv").read_text().splitlines()
    (tmp_path / "orders.csv").write_text("\n".join(lines[:-1]))
    status, _, err = run(*deep)
    assert 2 == status
    assert f"version {version.name} was made of other rows than" in err
    assert report == (version / "report.html").read_text()
