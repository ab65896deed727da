"""Measure what the orchestrator costs: the training flow's time minus that of the same calls without Prefect.

    python -m benchmarks.overhead [ROUNDS] [ROWS …]

Both sides run ROUNDS times (default 5), alternately, at 10,000 and 200,000 rows, each in a process of its own that is
timed from when everything is imported. Without Prefect the same steps run in the same processes, with the same
concurrency, in the same order. The flow uses one running Prefect server.

Requirement: at most 1.5 s at 10,000 rows, at most 2 % at 200,000.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.jobs import run_job
from tests.support.prefect_stack import Stack

SIZES = (10_000, 200_000)
SIDES = ("calls", "flow")
MOST_SECONDS = 1.5
MOST_SHARE = 0.02


def main() -> int:
    """Print the table, and the figures as JSON on the last line; the exit status is 1 if the requirement is not met."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    sizes = tuple(map(int, sys.argv[2:])) or SIZES
    seconds_by_size: dict[int, dict[str, list[float]]] = {rows: {side: [] for side in SIDES} for rows in sizes}
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        for _ in range(rounds):
            for rows, sides in seconds_by_size.items():
                for side, times in sides.items():
                    command = [sys.executable, "-m", "benchmarks.overhead", "--child", side, str(rows), name]
                    job = run_job(command, PREFECT_API_URL=stack.url, PREFECT_HOME=name)
                    times.append(float(job.output.splitlines()[-1]))
    print(f"{'rows':>9} {'calls, s':>9} {'flow, s':>9} {'over, s':>9} {'share':>7}")
    held = {}
    for rows, sides in seconds_by_size.items():
        calls, flow = (statistics.median(sides[side]) for side in SIDES)
        over = flow - calls
        held[rows] = over <= MOST_SECONDS if rows <= SIZES[0] else over <= MOST_SHARE * calls
        verdict = "" if held[rows] else "  NOT HELD"
        print(f"{rows:>9,} {calls:>9.2f} {flow:>9.2f} {over:>9.2f} {over / calls:>7.1%}{verdict}")
    print(json.dumps({"rounds": rounds, "seconds": seconds_by_size, "held": held}))
    return int(not all(held.values()))


def child(side: str, rows: str, folder: str) -> None:
    """Run one side in this process; prints its seconds."""
    from bakeoff.config import TrainingConfig
    from bakeoff.runtime.processes import run_in_process
    from bakeoff.runtime.workers import start_fork_server

    start_fork_server("bakeoff.training.preflight:preload")
    where = {"store": f"{folder}/{side}", "workspace": f"{folder}/work-{side}"}
    config = TrainingConfig.model_validate({**where, "retrain": "always", "dataset": {"n_samples": int(rows)}})
    run: Callable[[Any], object] = race
    if side == "flow":
        from flows.local.command_line import preload_prefect
        from flows.training import training
        from tasks.runs.heartbeat import disable_prefect_heartbeats

        def run(config: TrainingConfig) -> object:
            with disable_prefect_heartbeats():
                return training(config)

        preload_prefect()
    run_in_process("bakeoff.training.preflight:warm_up")  # after it everything is imported
    time.sleep(2)
    started = time.perf_counter()
    run(config)
    seconds = time.perf_counter() - started
    print(seconds, flush=True)


def race(config: Any) -> str:
    """Run the training flow's steps as calls of the library; returns the version's folder."""
    from bakeoff.estimators.contestant import Contestant
    from bakeoff.estimators.fit_time import ProblemSize
    from bakeoff.runtime.processes import run_in_process
    from bakeoff.runtime.threads import cpu_count
    from bakeoff.runtime.workspace import run_folder
    from bakeoff.training.leaderboard import score_contestant
    from bakeoff.training.preflight import check_places

    check_places(config)
    with run_folder(config.workspace) as run, ThreadPoolExecutor(cpu_count()) as pool:
        ref = run_in_process("bakeoff.data.prepare:prepare_cached", config, run)
        contestants = [Contestant.of(config, name, ProblemSize.of(ref)) for name in config.classifiers]
        contestants.sort(key=lambda contestant: contestant.predicted_seconds or 0.0, reverse=True)
        fits: dict[str, Future[Any]] = {}
        folds: dict[str, list[Future[Any]]] = {}
        for contestant in contestants:
            fits[contestant.name] = pool.submit(run_in_process, "bakeoff.training.fit:fit_cached", ref, contestant, run)
            folds[contestant.name] = [
                pool.submit(
                    run_in_process,
                    "bakeoff.training.cross_validate:score_fold_cached",
                    ref,
                    contestant,
                    config.cross_validation,
                    fold,
                    run,
                )
                for fold in range(1, config.cross_validation.n_splits + 1)
            ]

        def end(contestant: Contestant) -> tuple[Any, Any, Any]:
            scores = [fold.result() for fold in folds[contestant.name]]
            model = run_in_process(
                "bakeoff.training.calibrate:calibrate_classifier",
                ref,
                contestant,
                config,
                fits[contestant.name].result(),
                scores,
                run.path,
            )
            resamples = config.selection.resamples
            test = run_in_process(
                "bakeoff.training.evaluate:evaluate_classifier", ref, contestant, model, resamples, run.path
            )
            return model, score_contestant(contestant, scores, model, test, None), test

        ends = {contestant.name: pool.submit(end, contestant) for contestant in contestants}
        cards = [ends[name].result()[1] for name in config.classifiers]
        selection = run_in_process("bakeoff.training.pick:pick_winner", config, ref, cards)
        winner = ends[selection.winner].result()[0]
        version = run_in_process(
            "bakeoff.training.export:export_version", config, ref, cards, selection, winner, run.path
        )
        run_in_process("bakeoff.training.promote:promote_if_better", config, ref, version.name, None)
        return str(version)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        raise SystemExit(main())
