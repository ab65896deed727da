"""Run the loop over many synthetic days with two true shifts: is each answered, and is anything promoted without need?

    python -m benchmarks.loop [DAYS]      # default 200; six minutes

Each day's rows are scored without their classes, as the prediction flow does; a verdict `drifted` trains on that day's
rows with their classes, unless drift has trained within `COOLDOWN` days, and the new version is promoted by the rule of
the training flow. Fees and visits are recorded differently from a third of the days on, and as before from two thirds.

Requirements: the champion after each shift was promoted within two days of it, and at most one other version was.
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.local.prediction import score_and_publish
from bakeoff.local.training import finished_race
from bakeoff.store.model_store import ModelStore
from deployments.demo.config import DemoConfig
from deployments.demo.stream import TARGET, make_day

COOLDOWN = 3  # days
SOON = 2  # days after a shift


def main() -> int:
    """Print a line for each retraining, and the figures as JSON on the last line; 1 if a requirement is not met."""
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    shifts = (days // 3, 2 * days // 3)
    logging.getLogger("bakeoff").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        verdicts, retrained = run_days(Path(name), days, shifts)
    promoted = [day for day, outcome in retrained if outcome == "promote"]
    answered = [any(shift <= day <= shift + SOON for day in promoted) for shift in shifts]
    unneeded = [day for day in promoted if not any(shift <= day <= shift + SOON for shift in shifts)]
    counts = {verdict: verdicts.count(verdict) for verdict in ("stable", "watch", "drifted")}
    print(f"{days} days, shifts on {shifts}: {counts}; promoted on {promoted}, of these unneeded {unneeded}")
    held = {"shifts answered": all(answered), "unneeded": len(unneeded) <= 1}
    print(json.dumps({"days": days, "shifts": shifts, "verdicts": counts, "retrained": retrained, "held": held}))
    return int(not all(held.values()))


def run_days(folder: Path, days: int, shifts: tuple[int, int]) -> tuple[list[str], list[tuple[int, str]]]:
    """Run the loop; returns each day's verdict, and of each retraining the day and what was decided."""
    verdicts, retrained = [], []
    _train(folder, 0, shifts)
    for day in range(1, days + 1):
        table = folder / "day.csv"
        _rows(day, shifts).drop(columns=TARGET).to_csv(table, index=False)
        config = PredictionConfig(name="members", store=folder / "models", input=str(table), output=f"{folder}/{day}")
        summary = json.loads((score_and_publish(config) / "summary.json").read_text())
        verdicts.append(summary["drift"]["verdict"])
        if verdicts[-1] == "drifted" and (not retrained or day - retrained[-1][0] > COOLDOWN):
            retrained.append((day, _train(folder, day, shifts)))
            print(f"day {day}: drifted, retrained: {retrained[-1][1]}", flush=True)
    return verdicts, retrained


def _rows(day: int, shifts: tuple[int, int]):
    drifted = shifts[0] <= day < shifts[1]
    return make_day(DemoConfig.model_construct(rows=2000, random_state=7, drift_day=day if drifted else day + 1), day)


def _train(folder: Path, day: int, shifts: tuple[int, int]) -> str:
    """Train on a day's rows with their classes; returns the event that the journal then ends with."""
    _rows(day, shifts).to_csv(folder / "labelled.csv", index=False)
    dataset = {"source": "file", "path": folder / "labelled.csv", "target": TARGET}
    places = {"store": folder / "models", "workspace": folder / "work"}
    config = TrainingConfig.model_validate({"name": "members", "dataset": dataset, **places})
    with finished_race(config) as race:
        race.export(race.config, "benchmarks.loop")
    return str(ModelStore(folder / "models", "members").history().entries[-1]["event"])


if __name__ == "__main__":
    sys.exit(main())
