"""Time `bakeoff models …` over many versions, as whole processes, and a plain script that only reads the cards.

    python -m benchmarks.store_commands [VERSIONS] [ROUNDS]

All run alternately, ROUNDS times (default 7), over VERSIONS versions (default 1,000), every fiftieth of which was
champion.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bakeoff.store.key_files import find_keys, generate_keys
from bakeoff.store.model_store import ModelStore
from benchmarks.store_crash import export_small

PLAIN = """
import json, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).glob("*/card.json")):
    card = json.loads(path.read_bytes())
    print(card["version"], card["classifier"], card["classifiers"][card["classifier"]]["cv_mean"], card["created"])
"""
COMMANDS = ("list", "list --json", "show", "log", "prune", "verify")


def seconds(command: list[str]) -> float:
    """Return the wall time of a process that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Print one table, and the medians in seconds as JSON on the last line."""
    versions = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        private, public, _ = generate_keys(Path(folder) / "keys")
        store = ModelStore(folder, "classifier", find_keys(private, public))
        for number in range(versions):
            export_small(store)
            if number % 50 == 0:
                store.promote("latest", "better")
        bakeoff = [sys.executable, "-m", "bakeoff.cli.main", "models"]
        commands = {"plain script, reads the cards": [sys.executable, "-c", PLAIN, str(store.folder)]}
        for words in COMMANDS:
            commands[f"bakeoff models {words}"] = [*bakeoff, *words.split(), "--store", folder]
        commands["bakeoff models list --public-key"] = [
            *bakeoff,
            "list",
            "--store",
            folder,
            "--public-key",
            str(public),
        ]
        times: dict[str, list[float]] = {label: [] for label in commands}
        for _ in range(rounds):
            for label, command in commands.items():
                times[label].append(seconds(command))
    medians = {label: statistics.median(each) for label, each in times.items()}
    print(f"{f'{versions:,} versions':<36}{'median':>9}   each")
    for label, each in times.items():
        print(f"{label:<36}{medians[label]:>7.3f} s   {'  '.join(f'{value:.2f}' for value in each)}")
    print(json.dumps({"versions": versions, "rounds": rounds, "medians": medians}))


if __name__ == "__main__":
    main()
