"""Every command of README.md, README.fr.md and the tutorial, as somebody gives them who follows the document.

A command that no rule of tests/support/document_rules.py names is run as it stands, and must end as the document says:
with 0, unless it shows that make failed. Each is a test of its own: `pytest -v` lists them, and with `--durations=0`
what they take.
"""

import ast
import platform
import re
import shutil

import httpx
import pytest
from document_rules import COMPOSE, DOCUMENTS, DRY, GIVEN, STAYING, TABLES
from documents import blocks, commands, not_printed
from postgres import postgres
from prefect_stack import ROOT
from reader import Reader

from bakeoff.config import TrainingConfig
from bakeoff.config.flags import read_config


@pytest.fixture(scope="module")
def home(tmp_path_factory, migrated):
    """One for all readers: the first run in a new one takes a quarter of a minute."""
    return shutil.copytree(migrated, tmp_path_factory.mktemp("home"), dirs_exist_ok=True)


@pytest.fixture(scope="module")
def follow(tmp_path_factory, home):
    """The reader of a document; what the reader before has left running is ended."""
    readers = {}

    def begin(document):
        if document not in readers:
            for other in readers.values():
                other.leave()
            readers[document] = Reader(document, tmp_path_factory.mktemp("reader"), home)
            put_tables(readers[document])
        return readers[document]

    yield begin
    for reader in readers.values():
        reader.leave()


def put_tables(reader):
    """Made by the tutorial's own script, so that it is one table that all documents speak of."""
    (script,) = [each for each in commands(ROOT, "docs/tutorial.md") if each.text.startswith("cat > data/members.py")]
    for table, renamed in TABLES[reader.document].items():
        made = reader.run(f"mkdir -p data\n{script.text}\n.venv/bin/python data/members.py 3 1000 > {table}")
        assert (0, "") == made
        content = (reader.folder / table).read_text()
        for name, other in renamed.items():
            content = content.replace(name, other, 1)
        (reader.folder / table).write_text(content)
        shutil.rmtree(reader.folder / "data")


DOCUMENTED = [command for document in DOCUMENTS for command in commands(ROOT, document)]


@pytest.fixture(scope="module")
def database():
    """Of the servers that stay: SQLite may be locked for a minute when a worker reports to it."""
    with postgres() as (url, _):
        yield {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url}


@pytest.mark.parametrize("command", DOCUMENTED, ids=str)
def test_a_documented_command_does_what_the_document_says(follow, command, request):
    """Ends with the status that the document states, prints what it shows, or is held otherwise by a rule."""
    if same := GIVEN.get((command.document, command.bare)):
        assert same in {each.bare for each in DOCUMENTED if each.document == "README.md"}
        return
    reader = follow(command.document)
    text = filled(in_python(command.text) if command.language == "python" else command.text, reader)
    if command.bare.startswith("docker-compose"):
        hold_that_compose_is_tested(command.bare)
    elif command.bare in STAYING:
        start(reader, command, request.getfixturevalue("database"))
    else:
        dry = command.bare in DRY
        status, output = reader.run(text.replace("make ", "make -n ", 1) if dry else text)
        assert command.status == status, output
        # Elsewhere other forests are fitted: scikit-learn-intelex is for x86-64 alone.
        if platform.machine() == "x86_64":
            assert [] == not_printed(command.printed, output), output


def in_python(text):
    """A file that .venv's Python runs."""
    return f".venv/bin/python - <<'EOF'\n{text}\nEOF"


def filled(text, reader):
    """With versions of the reader's where the document has VERSION, the champion last; and with ports that are free."""
    for port, free in reader.ports.items():
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free}")
    if "VERSION" in text:
        name = re.search(r"--name (\w+)", text)
        versions = reader.versions(name[1] if name else "classifier")
        text = text.replace("[VERSION]", versions[-1])
        for version in (versions[0], versions[-1]):
            text = text.replace(" VERSION", f" {version}", 1)
    return text


def start(reader, command, database):
    """It comes up, and answers; or, a worker, says that it has started."""
    address, pages = (f"http://127.0.0.1:{port}" for port in reader.ports.values())
    questions = {
        "make server": lambda _: answers(f"{address}/api/health"),
        "make worker": lambda said: re.search(r"Worker '.*' started!", said),
        ".venv/bin/bakeoff ui": lambda said: "Ctrl-C ends it" in said and answers(pages),
    }
    options = STAYING[command.bare].format(server=reader.ports[4200], pages=reader.ports[4201])
    settings = database if command.bare == "make server" else {}
    assert reader.start(f"{command.bare} {options}", questions[command.bare], **settings), reader.said()
    assert [] == not_printed(command.printed, reader.said())


def answers(url):
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def hold_that_compose_is_tested(command):
    """The test that is named gives the command."""
    assert command in COMPOSE, f"{command}: name the test in tests/compose that runs it"
    file, name, call = COMPOSE[command]
    source = (ROOT / "tests" / "compose" / file).read_text()
    (function,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    assert call in ast.get_source_segment(source, function)


def test_no_rule_is_for_a_command_that_is_gone():
    """What the documents say no more needs no rule."""
    bare = {command.bare for command in DOCUMENTED}
    assert set() == {*STAYING, *DRY, *COMPOSE} - bare
    assert [] == [rule for rule in GIVEN if rule not in {(each.document, each.bare) for each in DOCUMENTED}]


def test_the_readme_draws_the_store_as_it_is(follow):
    """The files of a version are those that the drawing names."""
    (drawing,) = [block for block in blocks(ROOT, "README.md", "") if "models/<name>/<version>/" in block]
    (drawn,) = [line.split()[1:] for line in drawing.splitlines() if line.startswith("models/<name>/<version>/")]
    reader = follow("README.md")
    if not (reader.folder / "models").exists():
        pytest.skip("the document's commands were left out")
    version = reader.folder / "models" / "classifier" / reader.versions("classifier")[-1]
    assert sorted(drawn) == sorted(path.name for path in version.iterdir())


def test_the_readme_shows_the_defaults(tmp_path):
    """Its config is the one that a run without a config has."""
    (shown,) = blocks(ROOT, "README.md", "yaml")
    (tmp_path / "shown.yaml").write_text(shown)
    assert TrainingConfig() == read_config(TrainingConfig, ["--config", str(tmp_path / "shown.yaml")], "test")
