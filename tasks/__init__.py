"""The steps of both flows as Prefect tasks, one file each: how it runs and what it shows; `bakeoff` does the work."""

PRELOAD = "bakeoff.training.preflight:preload"  # the generator that imports what steps need, for the fork server
