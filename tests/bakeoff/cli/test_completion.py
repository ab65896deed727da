"""Completion in bash: what the Tab key offers behind `bakeoff …`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
ASK = """
eval "$(register-python-argcomplete bakeoff)"
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
[[ $1 == *' ' ]] && { COMP_WORDS+=(''); COMP_CWORD=$((COMP_CWORD + 1)); }
_python_argcomplete bakeoff
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a table whose name has a blank, and a store with one version."""
    folder = tmp_path_factory.mktemp("shell")
    (folder / "my rows.csv").write_text("a,b\n", "utf-8")
    train = ["train", "--quiet", "--dataset.n-samples", "100", "--classifiers", '{"logistic_regression": {}}']
    folders = ["--store", str(folder / "models"), "--workspace", str(folder / "work"), "--name", "churn"]
    subprocess.run([BIN / "bakeoff", *train, *folders], check=True, capture_output=True)
    return folder


def offered(folder, line):
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    asked = [shutil.which("bash"), "--norc", "-c", ASK, "bash", line]
    told = subprocess.run(asked, cwd=folder, env={"PATH": path}, capture_output=True, text=True, check=True)
    assert "" == told.stderr
    return {word.strip() for word in told.stdout.splitlines() if word.strip()}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("bakeoff pre", {"predict"}),
        ("bakeoff models ro", {"rollback"}),
        ("bakeoff train my", {"my\\ rows.csv"}),
        ("bakeoff train --dataset.n-sam", {"--dataset.n-samples"}),
        ("bakeoff train rows.csv y --retrain ", {"new_rows", "always"}),
        ("bakeoff predict --allow-version-skew fa", {"false"}),
        ("bakeoff predict --name ", {"churn"}),
        ("bakeoff models show ch", {"champion"}),
        ("bakeoff models show --store nowhere l", {"latest"}),
    ],
)
def test_bash_offers_what_can_follow(folder, line, words):
    """Commands, flags, the values of fields, files, and the names in the store."""
    assert words == offered(folder, line)


def test_bash_offers_the_versions_of_the_store(folder):
    """By the beginning of their ids."""
    versions = {path.name for path in (folder / "models" / "churn").glob("2*")}
    assert versions == offered(folder, "bakeoff compare 2")
    assert 1 == len(versions)
