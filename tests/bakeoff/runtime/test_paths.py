"""Paths that people give: addresses are no folders, and nothing is written among files of another kind."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

import bakeoff
from bakeoff.cli.main import main
from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.config.flags import read_config
from bakeoff.config.validation import validate
from bakeoff.errors import ConfigError, UserError
from bakeoff.prediction.outputs.output_folder import hidden_folder, output_folder, work_folder
from bakeoff.runtime.files import read_file
from bakeoff.runtime.objects.address import PACKAGES, Address
from bakeoff.runtime.paths import folder_time
from bakeoff.runtime.workspace import run_folder
from bakeoff.store.key_files import find_public_keys
from bakeoff.store.keys import PUBLIC_VARIABLE
from bakeoff.store.model_store import ModelStore
from bakeoff.training.preflight import check_places
from tests.bakeoff.conftest import predict

NO_PLACES = [
    ("s3://bucket/models", "is an address, and only files and folders of this machine are taken"),
    ("S3:/bucket", "is an address"),
    ("https://host/x.csv", "is an address"),
    ("gs://bucket", "is an address"),
    ("file:///tmp/x", "is an address"),
    ("jdbc:postgresql://host/db", "is an address"),
    ("user@host:/models", "is an address"),
    ("C:\\models", "is a path of Windows"),
    ("\\\\server\\models", "is a path of Windows"),
    ("", "it is empty"),
    (" ", "it is empty"),
    ("a\0b", "holds a zero byte"),
    ("~nobody-of-that-name/x", "there is no such home folder"),
    ("a" * 256, "is too long for a path: 255 bytes a name"),
    ("é" * 200, "is too long for a path"),
    ("a/" * 2100, "is too long for a path"),
]
FIELDS = [
    (TrainingConfig, "workspace"),
    (TrainingConfig, "signing.private_key"),
    (PredictionConfig, "signing.public_key"),
]
STORES = [(TrainingConfig, "store"), (PredictionConfig, "store")]
ALSO_OBJECTS = [(TrainingConfig, "dataset.path"), (PredictionConfig, "input"), (PredictionConfig, "output")]
ADDRESSES = {"s3://bucket/models", "gs://bucket", "file:///tmp/x"}
NOWHERE = [
    *((text, sentence) for text, sentence in NO_PLACES if text not in ADDRESSES),
    ("https://host/x.csv", "only s3://, gs://, az:// or file://, and paths on this machine, are taken"),
    ("s3://", "is no address of a bucket and folder"),
    ("s3://bucket/../x.csv", "is no address of a bucket and folder"),
    ("s3://bucket/x.csv?versionId=1", "is no address of a bucket and folder"),
    ("s3://key:secret@bucket/x.csv", "'s3://…@bucket/x.csv' contains credentials"),
    ("simplecache::s3://bucket/x.csv", "is no address of an object store"),
]


@pytest.mark.parametrize(
    ("model", "field", "text", "sentence"),
    [
        *((*field, *place) for field in FIELDS for place in NO_PLACES),
        *((*field, *place) for field in ALSO_OBJECTS + STORES for place in NOWHERE),
    ],
)
def test_what_is_no_place_of_this_machine_is_refused(model, field, text, sentence):
    """In every field that holds a path, in one line that names the field."""
    with pytest.raises(ConfigError) as caught:
        read_config(model, [f"--{field}={text}"], "x")
    assert str(caught.value).startswith(f"{field}: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("model", "field"), ALSO_OBJECTS + STORES)
def test_files_in_memory_are_for_tests(model, field, monkeypatch):
    """They would end with the process."""
    monkeypatch.delitem(PACKAGES, "memory")
    with pytest.raises(ConfigError, match=f"{field}: 'memory://bucket/x' is an address, and only s3://, gs://, az://"):
        read_config(model, [f"--{field}=memory://bucket/x"], "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/new/", "s3://bucket/new"),
        ("gs://bucket/x.csv", "gs://bucket/x.csv"),
        ("az://container", "az://container"),
        ("file:///tmp/x.csv", "/tmp/x.csv"),
    ],
)
@pytest.mark.parametrize("field", ["input", "output"])
def test_tables_and_outputs_may_be_in_object_stores(field, text, expected):
    """A file's address becomes its path."""
    assert expected == getattr(validate(PredictionConfig, {field: text}), field)


@pytest.mark.parametrize("model", [TrainingConfig, PredictionConfig])
def test_a_store_may_be_in_an_object_store(model, monkeypatch):
    """It is an address, in JSON a text; a file's address becomes its path, and roots hold."""
    config = validate(model, {"store": "s3://bucket/models/"})
    assert Address("s3", "bucket/models") == config.store
    assert "s3://bucket/models" == config.model_dump(mode="json")["store"]
    assert config == validate(model, config.model_dump())
    assert Path("/data/models") == validate(model, {"store": "file:///data/models"}).store
    monkeypatch.setenv("BAKEOFF_ROOTS", "/:s3://bucket/other")
    with pytest.raises(ConfigError, match="store: 's3://bucket/models' lies outside of /, s3://bucket/other"):
        validate(model, {"store": "s3://bucket/models"})
    with pytest.raises(ConfigError, match="lies outside of"):
        ModelStore("s3://bucket/models", "m")


def test_an_output_in_a_store_in_a_bucket_is_refused():
    """As in a folder; nothing is asked of the bucket."""
    config = validate(PredictionConfig, {"store": "s3://bucket/models", "output": "s3://bucket/models/out"})
    with pytest.raises(ConfigError, match="output 's3://bucket/models/out' lies in the store 's3://bucket/models'"):
        output_folder(config)


@pytest.mark.parametrize("text", ["s3://bucket/x.csv", "s3://bucket/incoming", "/data/x.csv"])
def test_roots_may_be_addresses(text, monkeypatch):
    """Without one among them, no object store is read or written."""
    monkeypatch.setenv("BAKEOFF_ROOTS", "/data:s3://bucket/in:/tmp")
    assert "s3://bucket/in/x.csv" == validate(PredictionConfig, {"input": "s3://bucket/in/x.csv"}).input
    with pytest.raises(ConfigError, match="input: 's3://bucket/incoming' lies outside of /data, s3://bucket/in, /tmp"):
        validate(PredictionConfig, {"input": "s3://bucket/incoming"})
    monkeypatch.setenv("BAKEOFF_ROOTS", "/data")
    if text.startswith("/"):
        assert text == validate(PredictionConfig, {"input": text}).input
    else:
        with pytest.raises(ConfigError, match="lies outside of /data"):
            validate(PredictionConfig, {"input": text})


@pytest.mark.parametrize("path", [Path("s3://bucket/models"), Path("https://host/models")])
def test_a_path_object_made_of_an_address_is_refused_too(path):
    """Which has lost one of its slashes."""
    with pytest.raises(ConfigError, match="store: .* is an address"):
        validate(TrainingConfig, {"store": path})
    with pytest.raises(ConfigError, match="store: .* is an address"):
        bakeoff.load(store=path)


def test_an_address_is_shown_without_its_password():
    """What is refused ends in logs."""
    with pytest.raises(ConfigError) as caught:
        validate(TrainingConfig, {"store": "postgresql://user:secret@host/db"})
    assert "store: 'postgresql://…@host/db' is an address" == str(caught.value).split(",")[0]


@pytest.mark.parametrize("text", ["models", "./a:b", "/data/s3:/x", "12:30", "a b", "modèles", "..", "x/~/y"])
def test_a_path_is_taken_as_it_is(text):
    """Colons and blanks are letters like others where no address begins with them."""
    assert Path(text) == validate(TrainingConfig, {"store": text}).store


def test_the_home_folder_may_be_given_by_a_tilde(monkeypatch):
    """A shell leaves it alone behind an equals sign, and YAML does."""
    monkeypatch.setenv("HOME", "/home/somebody")
    assert Path("/home/somebody/models") == validate(TrainingConfig, {"store": "~/models"}).store
    assert "/home/somebody/x.csv" == validate(PredictionConfig, {"input": "~/x.csv"}).input


OF_STORES = [["models", "list", "--store"], ["ui", "--store"]]
OF_PATHS = [["models", "promote", "latest", "--private-key"], ["report", "--workspace"], ["keys", "generate"]]


@pytest.mark.parametrize(
    ("command", "text", "sentence"),
    [
        *((command, *place) for command in OF_PATHS for place in NO_PLACES),
        *((command, *place) for command in OF_STORES for place in NOWHERE),
    ],
)
def test_commands_refuse_it_as_well(command, text, sentence, capsys, tmp_path, monkeypatch):
    """By status 2, with nothing made."""
    monkeypatch.chdir(tmp_path)
    assert 2 == main([*command, text])
    out, err = capsys.readouterr()
    assert ("", 1) == (out, err.count("\n"))
    assert sentence in err
    assert [] == list(tmp_path.iterdir())


def test_a_key_that_the_environment_names_by_an_address_is_refused(monkeypatch):
    """Naming the variable."""
    monkeypatch.setenv(PUBLIC_VARIABLE, "https://host/public.pem")
    with pytest.raises(ConfigError, match=f"by {PUBLIC_VARIABLE}.* is an address"):
        find_public_keys(None)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A folder of rows, a file, and links to a folder, where the command runs."""
    monkeypatch.chdir(tmp_path)
    for name in ("rows", "models"):
        (tmp_path / name).mkdir()
    (tmp_path / "rows" / "rows.csv").write_text("a,y\n1,u\n2,v\n")
    (tmp_path / "to_models").symlink_to("models")
    (tmp_path / "to_rows").symlink_to(tmp_path / "rows")
    return tmp_path


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"store": "models", "workspace": "models"}, "workspace 'models' is the store 'models'"),
        ({"store": "models", "workspace": "models/"}, "is the store"),
        ({"store": "models", "workspace": "to_models"}, "is the store"),
        ({"store": "models", "workspace": "rows/../models/x/.."}, "is the store"),
        ({"store": "to_models", "workspace": "models/work"}, "workspace 'models/work' lies in the store 'to_models'"),
        ({"store": ".", "workspace": "work"}, "lies in the store"),
        ({"path": "rows", "workspace": "rows"}, "workspace 'rows' is the input 'rows'"),
        ({"path": "rows", "workspace": "to_rows/work"}, "lies in the input"),
        ({"path": "to_rows", "store": "rows/models"}, "store 'rows/models' lies in the input 'to_rows'"),
        ({"path": "rows", "store": "rows"}, "is the input"),
        ({"path": "."}, "store 'models' lies in the input"),
    ],
)
def test_a_run_does_not_write_among_other_files(places, values, sentence):
    """However the paths are spelled; refused before anything is written."""
    before = sorted(map(str, places.rglob("*")))
    values = dict(values)
    if path := values.pop("path", None):
        values["dataset"] = {"source": "file", "path": path, "target": "y"}
    with pytest.raises(ConfigError, match=f"{sentence}.*; choose a folder outside it"):
        check_places(validate(TrainingConfig, values))
    assert before == sorted(map(str, places.rglob("*")))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"store": "work/models", "workspace": "work"},
        {"store": ".", "workspace": ".bakeoff"},
        {"store": "models", "workspace": "models2"},
        {"dataset": {"source": "file", "path": "rows", "target": "y"}, "workspace": "rows/.bakeoff"},
        {"dataset": {"source": "file", "path": "rows/rows.csv", "target": "y"}, "store": "rows/models"},
    ],
)
def test_a_run_may_write_beside_other_files(places, values):
    """And in a hidden folder, over which readers pass."""
    check_places(validate(TrainingConfig, values))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"output": "models"}, "output 'models' is the store 'models'"),
        ({"output": "to_models/classifier/out"}, "output 'to_models/classifier/out' lies in the store 'models'"),
        ({"output": "models/../models/.out"}, "lies in the store"),
        ({"input": "rows", "output": "rows/out"}, "output 'rows/out' lies in the input 'rows'"),
        ({"input": "to_rows", "output": "rows"}, "is the input"),
        ({"input": "rows/rows.csv", "output": "rows/rows.csv"}, "is the input"),
        ({"input": "."}, "output 'predictions' lies in the input '.'"),
        ({"store": "."}, "output 'predictions' lies in the store '.'"),
    ],
)
def test_an_output_among_other_files_is_refused(places, values, sentence):
    """The next run would take it for rows, or for a model."""
    with pytest.raises(ConfigError, match=f"{sentence}.*; choose a folder outside it"):
        output_folder(validate(PredictionConfig, values))


def test_a_link_in_the_place_of_the_folder_that_a_result_is_made_in_is_refused(version, tmp_path):
    """What it leads to would be cleared for the result."""
    config = PredictionConfig(store=version.parents[1], output=str(tmp_path / "out"))
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "notes.txt").write_text("precious")
    hidden_folder(tmp_path, f"output {tmp_path / 'out'}").symlink_to(theirs)
    with pytest.raises(UserError, match="where the result is to be made, is a link; remove it"):
        predict(config)
    assert "precious" == (theirs / "notes.txt").read_text()


def test_a_folder_that_the_system_lets_nobody_make_is_one_line():
    """As in /proc, which says that it may be written to."""
    with pytest.raises(UserError, match="the workspace's folder '/proc/work/bakeoff-kept' can't be made: No such file"):
        run_folder(Path("/proc/work")).__enter__()
    config = PredictionConfig(output="/proc/out")
    with pytest.raises(UserError, match="the folder beside the output, '/proc/.*' can't be made: No such file"):
        work_folder(config, Path("/proc/out")).__enter__()


def test_a_folder_has_the_time_of_its_name(tmp_path):
    """Else that of a file in it."""
    named, other = tmp_path / "20261122T101500Z", tmp_path / "other"
    for folder in (named, other):
        folder.mkdir()
        (folder / "file").touch()
        os.utime(folder / "file", (86_400, 86_400))
    assert datetime(2026, 11, 22, 10, 15, tzinfo=UTC) == folder_time(named, named / "file")
    assert datetime(1970, 1, 2, tzinfo=UTC) == folder_time(other, other / "file")


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A folder beyond the only root, which is the current folder; with a file."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (inside / "link").symlink_to(outside)
    monkeypatch.chdir(inside)
    monkeypatch.setenv("BAKEOFF_ROOTS", f"{inside}:{tmp_path / 'data'}")
    return outside


def _nested(field, value):
    first, _, rest = field.partition(".")
    return {first: _nested(rest, value) if rest else value}


@pytest.mark.parametrize(("model", "field"), FIELDS)
@pytest.mark.parametrize(
    "path", ["{outside}", "..", "../outside/new", "link", "link/new", "../inside2", "new/../../outside"]
)
def test_no_path_leads_out_of_the_roots(outside, model, field, path):
    """Absolute, by dots, through a link, or by a name that begins like a root's."""
    values = _nested(field, path.format(outside=outside))
    if field == "dataset.path":
        values["dataset"]["target"] = "y"
    with pytest.raises(ConfigError, match=f"{field}: .* lies outside of .*inside:?.*BAKEOFF_ROOTS"):
        validate(model, values)


def test_paths_within_the_roots_are_taken(outside):
    """By any spelling; without roots, everywhere."""
    assert Path("new/../models") == validate(TrainingConfig, {"store": "new/../models"}).store
    assert outside.parent / "data" / "x" == validate(TrainingConfig, {"store": f"{outside.parent}/data/x"}).store


def test_a_default_path_is_checked_where_the_run_starts(outside, monkeypatch):
    """`models` and `predictions` are below the folder that the run starts in."""
    monkeypatch.chdir(outside)
    with pytest.raises(ConfigError, match="'models' lies outside of"):
        check_places(TrainingConfig())
    with pytest.raises(ConfigError, match="'predictions' lies outside of"):
        output_folder(PredictionConfig(store=outside.parent / "inside" / "models"))
    assert [outside / "secret"] == list(outside.iterdir())


def test_a_folder_that_becomes_a_link_later_leads_nowhere(outside, monkeypatch):
    """Between check and opening."""
    config = validate(TrainingConfig, {"workspace": "work"})
    Path("work").symlink_to(outside)
    with pytest.raises(ConfigError, match="lies outside of"), run_folder(config.workspace):
        pass
    folder = Path("folder")
    folder.mkdir()
    (folder / "secret").write_text("mine")
    open_by_system = os.open

    def swap_and_open(*arguments):
        folder.rename("moved")
        folder.symlink_to(outside)
        return open_by_system(*arguments)

    monkeypatch.setattr("bakeoff.runtime.files.os.open", swap_and_open)
    with pytest.raises(ConfigError, match="lies outside of"):
        read_file(folder / "secret", 100)
    assert [outside / "secret"] == list(outside.iterdir())


def test_a_link_in_an_input_folder_is_not_followed_out(outside):
    """A folder of tables is as trusted as whoever may write it."""
    Path("tables").mkdir()
    (Path("tables") / "one.csv").symlink_to(outside / "secret")
    with pytest.raises(ConfigError, match="one.csv' lies outside of"):
        read_file(Path("tables/one.csv"), 100)


def test_the_commands_keep_within_the_roots(outside, capsys):
    """Exit status 2, and one line."""
    assert 2 == main(["models", "list", "--store", str(outside)])
    assert "lies outside of" in capsys.readouterr().err
