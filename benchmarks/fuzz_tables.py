"""Predict thousands of corrupted tables, and check the outcome of each.

    python -m benchmarks.fuzz_tables [INPUTS] [SEED]

INPUTS (default 12,000) files are made from valid ones by random changes: CSV, plain and compressed, and Parquet.
Requirements for each: it ends within LIMIT seconds; it is refused in one line, with nothing written, or every row is
predicted or rejected, exactly once. If one line of a CSV was changed, all other lines must be predicted as before.
"""

import contextlib
import gzip
import io
import json
import random
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from bakeoff.config import PredictionConfig
from bakeoff.errors import UserError
from bakeoff.prediction.outputs.output_folder import work_folder
from bakeoff.prediction.predict import score_table
from bakeoff.prediction.preflight import check_prediction
from bakeoff.prediction.publish import publish_predictions
from bakeoff.store.load import find_version
from tests.bakeoff.conftest import ORDERS, run_race

LIMIT = 20
LINES = 60
BITS: list[bytes] = [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\xe9", b'""', b'","', b"'", b";", b"\t", b" ", b"-"]
BITS += [b"1e999", b"nan", b"\xef\xbb\xbf", b"\xc3\xa9", b"0x1f", b"true", b"A10003", b"\xed\xa0\x80", b"2024-01-01"]


class WrongError(Exception):
    """A requirement is not met."""


def main(inputs: int = 12_000, seed: int = 0) -> int:
    """Print the outcomes; the exit status is 1 if a requirement is not met."""
    generator, outcomes, wrong = random.Random(seed), Counter[tuple[str, str]](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_race(folder / "work", dataset=ORDERS).export(folder / "models")
        good = pd.read_csv("examples/orders.csv").head(LINES)
        expected = predict(folder, write(folder / "rows.csv", good.to_csv(index=False).encode()))[0]
        slowest, started = 0.0, time.monotonic()
        for number in range(inputs):
            kind = generator.choice(list(KINDS))
            path, lines = KINDS[kind](generator, good, folder)
            began = time.monotonic()
            try:
                outcome = check_input(folder, path, lines, expected)
            except Exception as error:
                outcome = "WRONG"
                kept = Path(tempfile.gettempdir(), f"fuzz-{seed}-{number}{''.join(path.suffixes)}")
                kept.write_bytes(path.read_bytes())
                wrong.append(f"{kind} {kept}: {''.join(traceback.format_exception_only(error)).strip()}")
                print(wrong[-1], flush=True)
            slowest = max(slowest, time.monotonic() - began)
            outcomes[kind, outcome] += 1
    kinds = sorted({outcome for _, outcome in outcomes})
    print(f"{'input':<16}" + "".join(f"{outcome:>26}" for outcome in kinds))
    for kind in KINDS:
        print(f"{kind:<16}" + "".join(f"{outcomes[kind, outcome]:>26,}" for outcome in kinds))
    print(f"{inputs:,} inputs in {time.monotonic() - started:.0f} s, the slowest {slowest:.2f} s; {len(wrong)} wrong")
    counts = {f"{kind}: {outcome}": count for (kind, outcome), count in outcomes.items()}
    print(json.dumps({"inputs": inputs, "outcomes": counts, "slowest": slowest, "wrong": wrong}))
    return int(bool(wrong))


def check_input(folder: Path, path: Path, lines: set[int] | None, expected: pd.DataFrame) -> str:
    """Predict one input and check the requirements.

    Args:
        folder: the folder with the model.
        path: the input.
        lines: the changed lines of the table, if only their rows may differ.
        expected: the predictions of the valid table.

    Returns:
        The outcome, as a column of the printed table.
    """
    before = {entry.name for entry in folder.iterdir()}
    try:
        with deadline():
            predictions, rejected, summary = predict(folder, path)
    except UserError as error:
        if "\n" in str(error) or len(str(error)) > 2000:
            raise WrongError(f"not one line: {str(error)[:300]!r}") from error
        if {entry.name for entry in folder.iterdir()} != before:
            raise WrongError("files were left behind") from error
        if lines is not None and len(lines) < LINES:
            raise WrongError(f"refused, though most lines are good: {error}") from error
        return "refused in a line"
    rows = sorted([*predictions["row"], *(rejected["row"] if rejected is not None else [])])
    if rows != list(range(summary["rows"])) or summary["rows"] != summary["predicted"] + summary["rejected"]:
        raise WrongError(f"rows are lost or doubled: {summary}")
    if lines is not None:
        untouched = expected.drop(index=[line for line in lines if line < LINES]).set_index("order_id")
        actual = predictions[~predictions["order_id"].duplicated(keep=False)].set_index("order_id")
        missing = untouched.index.difference(actual.index)
        if len(missing):
            raise WrongError(f"good rows are lost: {list(missing)[:5]} (damaged: {sorted(lines)})")
        shares = [name for name in untouched.columns if name.startswith("probability_")]
        same = (actual.loc[untouched.index, shares] - untouched[shares]).abs().max().max() < 1e-12
        if not same:
            raise WrongError("good rows are predicted differently")
    return "some rows rejected" if summary["rejected"] else "all rows predicted"


def predict(folder: Path, path: Path) -> tuple[pd.DataFrame, pd.DataFrame | None, dict[str, Any]]:
    """Run the flow's steps as plain calls; returns predictions, rejected rows and summary."""
    output = folder / "out"
    config = PredictionConfig(store=folder / "models", input=str(path), output=str(output), keep=("order_id",))
    check_prediction(config)
    with work_folder(config, output) as work:
        ref = find_version(config)
        publish_predictions(config, ref, score_table(config, ref, work), output)
    rejected = output / "rejected.parquet"
    results = (
        pd.read_parquet(output / "predictions.parquet"),
        pd.read_parquet(rejected) if rejected.exists() else None,
        json.loads((output / "summary.json").read_text()),
    )
    for file in output.iterdir():
        file.unlink()
    output.rmdir()
    return results


@contextlib.contextmanager
def deadline() -> Iterator[None]:
    """Raise an error instead of hanging."""

    def late(*_: Any) -> None:
        raise WrongError(f"not done within {LIMIT} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)


def one_line(generator: random.Random, good: pd.DataFrame, folder: Path) -> tuple[Path, set[int] | None]:
    """Change one line of a CSV, except its order id; a line end may disappear or be added."""
    lines = good.to_csv(index=False).encode().splitlines(keepends=True)
    number = generator.randrange(LINES)
    line, touched = lines[number + 1], {number}
    first = line.index(b",") + 1
    for _ in range(generator.choice([1, 1, 2, 3])):
        line = line[:first] + changed(generator, line[first:])
    if not line.endswith((b"\n", b"\r")):
        touched.add(number + 1)  # the two lines merge
    lines[number + 1] = line
    # Two quotes may merge everything between them into one cell, so that any row may differ.
    return write(folder / "rows.csv", b"".join(lines)), None if line.count(b'"') > 1 else touched


def any_bytes(generator: random.Random, good: pd.DataFrame, folder: Path) -> tuple[Path, set[int] | None]:
    """Change any bytes of a CSV, header included."""
    data = good.to_csv(index=False).encode()
    for _ in range(generator.choice([1, 2, 5, 20])):
        data = changed(generator, data)
    return write(folder / "rows.csv", data), None


def packed(generator: random.Random, good: pd.DataFrame, folder: Path) -> tuple[Path, set[int] | None]:
    """Change a gzip file."""
    data = gzip.compress(good.to_csv(index=False).encode(), mtime=0)
    for _ in range(generator.choice([1, 1, 3])):
        data = changed(generator, data)
    return write(folder / "rows.csv.gz", data), None


def parquet(generator: random.Random, good: pd.DataFrame, folder: Path) -> tuple[Path, set[int] | None]:
    """Change a Parquet file."""
    buffer = io.BytesIO()
    good.to_parquet(buffer, compression=generator.choice([None, "snappy", "gzip", "zstd"]), row_group_size=25)
    data = buffer.getvalue()
    for _ in range(generator.choice([1, 1, 3])):
        data = changed(generator, data)
    return write(folder / "rows.parquet", data), None


def cells(generator: random.Random, good: pd.DataFrame, folder: Path) -> tuple[Path, set[int] | None]:
    """Make a well-formed table with odd cells, except in the order ids."""
    table, touched = good.astype(object), set[int]()
    names = [name for name in table.columns if name != "order_id"]
    for _ in range(generator.randrange(1, 30)):
        row = generator.randrange(LINES)
        table.loc[row, generator.choice(names)] = generator.choice(ODD)
        touched.add(row)
    return write(folder / "rows.csv", table.to_csv(index=False).encode("utf-8", errors="surrogatepass")), touched


ODD: list[Any] = ["", None, "x", 'a "quoted" one', "two\nlines", ",", "é", "1e400", "-inf", "NaN", "1,5", "0x10", " 7 "]
ODD += ["true", 0, 1.5, 10**30, "\u2028", "x" * 70_000, "2024-01-01", "\ud800", "'", "=1+1", "%", "NULL"]
KINDS: dict[str, Callable[[random.Random, pd.DataFrame, Path], tuple[Path, set[int] | None]]] = {
    "one line": one_line,
    "odd cells": cells,
    "any bytes": any_bytes,
    "gzip": packed,
    "Parquet": parquet,
}


def changed(generator: random.Random, data: bytes) -> bytes:
    """Make one change: flip, insert, remove or repeat bytes, or truncate the data."""
    at = generator.randrange(max(len(data), 1))
    end = min(len(data), at + generator.choice([1, 1, 2, 8, 64]))
    return generator.choice([
        lambda: data[:at] + bytes([generator.randrange(256)]) + data[at + 1 :],
        lambda: data[:at] + generator.choice(BITS) + data[at:],
        lambda: data[:at] + generator.choice(BITS) + data[end:],
        lambda: data[:at] + data[end:],
        lambda: data[:end] + data[at:],
        lambda: data[:at] + generator.randbytes(end - at) + data[end:],
        lambda: data[:at],
    ])()  # fmt: skip


def write(path: Path, content: bytes) -> Path:
    """Write the content to the path, and return the path."""
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    raise SystemExit(main(*(int(re.sub(r"\D", "", text)) for text in sys.argv[1:])))
