"""A package that may be imported or not."""

import sys

import pytest


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a package that leaves a mark when it is imported."""

    def make(name, code=""):
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True)
        mark = tmp_path / f"{name} was imported"
        (folder / "__init__.py").write_text(f"open({str(mark)!r}, 'w').close()\n{code}")
        monkeypatch.syspath_prepend(str(folder.parent))
        monkeypatch.delitem(sys.modules, name, raising=False)
        return mark

    return make
